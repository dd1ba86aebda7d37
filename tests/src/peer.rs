//! A helper process: told what to do by lines, and telling what it did by lines.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};

use crate::WATCHDOG;
use crate::line::Line;

/// A helper process. It is killed when this is dropped.
#[derive(Debug)]
pub struct Peer {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<Line>,
    what: String,
}

impl Peer {
    /// The program that all helpers are which need no GPU.
    pub fn program() -> PathBuf {
        Peer::program_named("peer")
    }

    /// The program of that name.
    pub fn program_named(name: &str) -> PathBuf {
        let test = std::env::current_exe().expect("a test knows its path");
        // Tests lie in deps, one floor below the programs.
        let dirs = test.ancestors().skip(1);
        let mut found = dirs.map(|dir| dir.join(name)).filter(|path| path.is_file());
        found.next().expect("the programs of the helpers are built")
    }

    /// Starts one.
    pub fn start(
        run_dir: &Path,
        role: &str,
        key: &str,
        options: &[&str],
        failpoint: Option<&str>,
    ) -> Peer {
        let mut command = Command::new(Peer::program());
        command.arg(role).arg(key).args(options);
        command.env("CUFRAMES_RUNTIME_DIR", run_dir);
        if let Some(failpoint) = failpoint {
            command.env("CUFRAMES_FAILPOINT", failpoint);
        }
        let what = format!("{role} {} {failpoint:?}", options.join(" "));
        Peer::spawn(command, what)
    }

    /// Starts a helper by `command`; `what` names it in messages.
    pub fn spawn(mut command: Command, what: String) -> Peer {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the helper starts");
        let output = child.stdout.take().expect("its output is a pipe");
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(Line::new(line)).is_err() {
                    break;
                }
            }
        });
        Peer {
            input: child.stdin.take(),
            child,
            lines,
            what,
        }
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Tells it to do something. One that was killed does not hear it.
    pub fn tell(&mut self, command: &str) {
        if let Some(input) = &mut self.input {
            let _ = writeln!(input, "{command}");
        }
    }

    /// Tells it to do something, and gives the line with its answer.
    pub fn ask(&mut self, command: &str, word: &str) -> Line {
        self.tell(command);
        self.expect(word)
    }

    /// The next line, or `None` if it has ended.
    ///
    /// # Panics
    /// If nothing comes for as long as the watchdog allows.
    pub fn next(&self) -> Option<Line> {
        match self.lines.recv_timeout(WATCHDOG) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("hang: {}", self.what),
        }
    }

    /// The next line, which must be about `word`.
    pub fn expect(&self, word: &str) -> Line {
        match self.next() {
            Some(line) if line.word() == word => line,
            other => panic!("{}: {word} expected, got {other:?}", self.what),
        }
    }

    /// Everything up to a line about `word`: that line is returned, the others are given to
    /// `before`.
    pub fn until(&self, word: &str, mut before: impl FnMut(&Line)) -> Line {
        loop {
            match self.next() {
                Some(line) if line.word() == word => return line,
                Some(line) => before(&line),
                None => panic!("{}: ended without {word}", self.what),
            }
        }
    }

    /// Every line that is still to come, to the end of the process.
    pub fn rest(&self) -> Vec<Line> {
        std::iter::from_fn(|| self.next()).collect()
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        // One that has ended already needs none.
        let _ = kill_process(Pid::from_child(&self.child), signal);
    }

    /// Kills it and waits until it is gone.
    pub fn kill(mut self) -> Vec<Line> {
        self.signal(Signal::KILL);
        self.reap();
        self.rest()
    }

    /// Closes its input, at which it ends.
    pub fn close(&mut self) {
        drop(self.input.take());
    }

    /// Lets it end by closing its input, and waits for that.
    pub fn wait(mut self) -> ExitStatus {
        self.close();
        self.reap()
    }

    /// Waits until it has ended by itself.
    ///
    /// # Panics
    /// If it does not within the watchdog's time.
    pub fn reap(&mut self) -> ExitStatus {
        if let Ok(Some(status)) = self.child.try_wait() {
            return status;
        }
        let pid = Pid::from_child(&self.child);
        let process = pidfd_open(pid, PidfdFlags::empty()).expect("our child has a descriptor");
        let limit = Timespec::try_from(WATCHDOG).expect("ten seconds are a time");
        let ended = poll(&mut [PollFd::new(&process, PollFlags::IN)], Some(&limit));
        assert_eq!(ended, Ok(1), "hang at its end: {}", self.what);
        self.child.wait().expect("our child can be waited for")
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Most have ended; the others are not to outlive the test.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
