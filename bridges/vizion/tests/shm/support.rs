//! Names, processes that talk by lines, and what is left behind.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

/// Whoever says nothing for so long hangs.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A name of this test alone; whatever has it is removed in the end.
pub struct Name(pub String);

impl Name {
    pub fn new(what: &str) -> Name {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        Name(format!("/vz-test-{}-{next}-{what}", std::process::id()))
    }

    pub fn path(&self) -> PathBuf {
        PathBuf::from(format!("/dev/shm{}", self.0))
    }

    #[track_caller]
    pub fn assert_gone(&self) {
        assert!(!self.path().exists(), "{} is left behind", self.0);
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(self.path());
    }
}

/// A process that answers by lines. Dropped, it is killed.
pub struct Process {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    said: Vec<String>,
}

impl Process {
    pub fn start(command: &mut Command) -> Process {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let output = BufReader::new(child.stdout.take().expect("its output is a pipe"));
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Process {
            input: child.stdin.take(),
            child,
            lines,
            said: Vec::new(),
        }
    }

    /// What it says next, or `None` if it has ended.
    #[track_caller]
    pub fn line(&mut self) -> Option<String> {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => {
                self.said.push(line.clone());
                Some(line)
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => None,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                let last = self.said.iter().rev().take(3).collect::<Vec<_>>();
                panic!("hangs after {last:?}")
            }
        }
    }

    /// Waits until it says something that begins so.
    #[track_caller]
    pub fn until(&mut self, begin: &str) -> String {
        while let Some(line) = self.line() {
            if line.starts_with(begin) {
                return line;
            }
        }
        panic!("ended without '{begin}'")
    }

    pub fn tell(&mut self, line: &str) {
        let input = self.input.as_mut().expect("its input is a pipe");
        writeln!(input, "{line}").expect("it listens");
    }

    pub fn pid(&self) -> rustix::process::Pid {
        rustix::process::Pid::from_child(&self.child)
    }

    pub fn signal(&self, signal: rustix::process::Signal) {
        rustix::process::kill_process(self.pid(), signal).expect("our child");
    }

    pub fn kill(&mut self) {
        self.child.kill().expect("our child");
        self.child.wait().expect("our child");
    }

    pub fn end(&mut self) -> ExitStatus {
        drop(self.input.take());
        while self.line().is_some() {}
        self.child.wait().expect("our child")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Counts of a campaign: a tenth, or all.
pub fn count(full: u32) -> u32 {
    match std::env::var_os("CUFRAMES_FULL") {
        Some(_) => full,
        None => full / 10,
    }
}
