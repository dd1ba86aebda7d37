//! A process of the peer: its command line, or one of our scripts that drive its classes.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::venv::python;

/// Whoever says nothing for so long hangs.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A running process of the peer. Dropped, it is killed.
///
/// Its output is read as it comes, so that a peer that says much does not wait for the test.
pub struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    errors: Option<JoinHandle<String>>,
    what: String,
}

/// How a process ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// Its exit code, or nothing if a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// The lines that were not read yet.
    pub stdout: String,
    /// Everything.
    pub stderr: String,
}

impl Process {
    /// The peer's own writer: `python -m zerobuffer.cross_platform.writer`.
    pub fn writer(arguments: &[&str]) -> Process {
        Process::module("zerobuffer.cross_platform.writer", arguments)
    }

    /// The peer's own reader: `python -m zerobuffer.cross_platform.reader`.
    pub fn reader(arguments: &[&str]) -> Process {
        Process::module("zerobuffer.cross_platform.reader", arguments)
    }

    fn module(module: &str, arguments: &[&str]) -> Process {
        let all = ["-m", module].into_iter().chain(arguments.iter().copied());
        Process::start(all)
    }

    /// One of the scripts in `python/` of this package, by its file name; they say there which
    /// lines they understand.
    pub fn script(file: &str, arguments: &[&str]) -> Process {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("python");
        Process::program(&folder.join(file), arguments)
    }

    /// Any other script that uses the peer.
    pub fn program(file: &Path, arguments: &[&str]) -> Process {
        let arguments = arguments.iter().map(OsStr::new);
        Process::start(std::iter::once(file.as_os_str()).chain(arguments))
    }

    fn start(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Process {
        let mut command = Command::new(python());
        // Lines come when they are printed, and no compiled files are left in the sources.
        command.args(["-u", "-B"]).args(arguments);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let what = format!("{command:?}");
        let mut child = command.spawn().expect("the peer starts");
        let (told, lines) = channel();
        let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if told.send(line).is_err() {
                    break;
                }
            }
        });
        let mut stderr = child.stderr.take().expect("a pipe");
        let errors = thread::spawn(move || {
            let mut bytes = Vec::new();
            // What cannot be read is not there.
            let _ = stderr.read_to_end(&mut bytes);
            String::from_utf8_lossy(&bytes).into_owned()
        });
        Process {
            stdin: child.stdin.take(),
            child,
            lines,
            errors: Some(errors),
            what,
        }
    }

    /// Its number.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its next line.
    ///
    /// # Panics
    /// If it ends without one, or says nothing for [`PATIENCE`].
    pub fn line(&mut self) -> String {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => line,
            Err(why) => {
                let what = match why {
                    RecvTimeoutError::Timeout => "says nothing",
                    RecvTimeoutError::Disconnected => "ended without another line",
                };
                self.give_up(what)
            }
        }
    }

    /// Takes the next line, which is this one.
    ///
    /// # Panics
    /// If it is another one.
    pub fn expect(&mut self, line: &str) {
        let told = self.line();
        assert_eq!(told, line, "{}", self.what);
    }

    /// Writes a line to its standard input.
    ///
    /// # Panics
    /// If it does not read any more.
    pub fn send(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().expect("standard input is open");
        let sent = stdin.write_all(format!("{line}\n").as_bytes());
        if let Err(error) = sent {
            self.give_up(&format!("does not read: {error}"));
        }
    }

    /// Writes a line, and takes the next one that comes.
    pub fn ask(&mut self, line: &str) -> String {
        self.send(line);
        self.line()
    }

    /// Kills it as `kill -9` does, and waits until it is gone: one that nobody waited for would
    /// look alive.
    pub fn kill(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Closes its standard input, waits until it ends, and returns what it said.
    ///
    /// # Panics
    /// If it says nothing for [`PATIENCE`] and does not end.
    pub fn finish(mut self) -> Ended {
        self.stdin = None;
        let mut stdout = String::new();
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => stdout += &format!("{line}\n"),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    self.give_up(&format!("does not end: {stdout}"));
                }
            }
        }
        let status: ExitStatus = self.child.wait().expect("it ends");
        Ended {
            code: status.code(),
            signal: status.signal(),
            stdout,
            stderr: self.errors(),
        }
    }

    fn give_up(&mut self, why: &str) -> ! {
        self.kill();
        let errors = self.errors();
        panic!("{} {why}: {errors}", self.what);
    }

    /// What it wrote to standard error, once it is gone.
    fn errors(&mut self) -> String {
        let thread = self.errors.take();
        thread.map_or_else(String::new, |thread| thread.join().unwrap_or_default())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
