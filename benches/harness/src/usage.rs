//! What a process has used.

use crate::Result;

/// Nanoseconds of processor time of all threads that a process has now.
pub fn processor_time(pid: u32) -> Result<u64> {
    let mut sum = 0;
    for task in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        let told = std::fs::read_to_string(task?.path().join("schedstat"))?;
        let used = told.split_ascii_whitespace().next();
        sum += used.ok_or("an empty schedstat")?.parse::<u64>()?;
    }
    Ok(sum)
}
