//! A process that ends when the one that started it does.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{self, Command};

use rustix::io::Errno;
use rustix::process::{Signal, getppid, set_parent_process_death_signal};

/// Lets the process that `command` starts get SIGTERM when the *thread* that starts it is gone,
/// which it is at the latest when this process is, however it ended.
pub fn end_with_its_starter(command: &mut Command) {
    let this = process::id();
    let before = move || {
        set_parent_process_death_signal(Some(Signal::TERM))?;
        // Whose parent was gone before has another one by now, and gets no signal.
        let parent = getppid().map(|pid| pid.as_raw_nonzero().get().cast_unsigned());
        match parent == Some(this) {
            true => Ok(()),
            false => Err(io::Error::from(Errno::SRCH)),
        }
    };
    // SAFETY: between fork and exec it makes two system calls, and neither allocates nor locks.
    unsafe { command.pre_exec(before) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;
    use std::process::Child;
    use std::thread;

    fn started_by_a_thread(prepare: fn(&mut Command)) -> Child {
        let start = move || {
            let mut command = Command::new("sleep");
            prepare(command.arg("600"));
            command.spawn().expect("a process")
        };
        thread::spawn(start).join().expect("it is started")
    }

    #[test]
    fn a_process_ends_with_the_thread_that_started_it_only_if_it_is_to() {
        let mut child = started_by_a_thread(end_with_its_starter);
        let status = child.wait().expect("it ends");
        assert_eq!(status.signal(), Some(Signal::TERM.as_raw()));
        let mut other = started_by_a_thread(|_| ());
        assert!(other.try_wait().expect("it was started").is_none());
        other.kill().expect("it runs");
        other.wait().expect("it ends");
    }
}
