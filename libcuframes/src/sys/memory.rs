//! How much memory there is to be had.

use std::io;

/// Fails if `bytes` are more than the machine can give without ending other processes. The
/// kernel would not say so: a memfd grows until the machine is out of memory.
pub fn check_available(bytes: u64) -> io::Result<()> {
    // Without the file nobody knows, and the kernel has to decide.
    let meminfo = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    match available(&meminfo) {
        Some(available) if bytes > available => Err(io::ErrorKind::OutOfMemory.into()),
        _ => Ok(()),
    }
}

/// The bytes that the line MemAvailable tells.
fn available(meminfo: &str) -> Option<u64> {
    let lines = &mut meminfo.lines();
    let value = lines.find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes: u64 = value.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_machine_has_not_is_refused() {
        check_available(4096).expect("a page");
        let refused = check_available(u64::MAX).expect_err("more than any machine has");
        assert_eq!(refused.kind(), io::ErrorKind::OutOfMemory);
    }

    #[test]
    fn what_the_kernel_tells_is_understood() {
        let told = "MemTotal:  200 kB\nMemFree: 10 kB\nMemAvailable:   150 kB\n";
        assert_eq!(available(told), Some(150 * 1024));
        for strange in [
            "",
            "MemAvailable: x kB",
            "MemAvailable: 5",
            "MemTotal: 5 kB",
        ] {
            assert_eq!(available(strange), None, "{strange}");
        }
    }
}
