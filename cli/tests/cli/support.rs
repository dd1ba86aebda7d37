//! Starting the program, and waiting for it no longer than it can take.

use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// Whoever is not done by then hangs.
const WATCHDOG: Duration = Duration::from_secs(10);

/// The program. Tests that were built elsewhere are told where it is.
pub fn program() -> PathBuf {
    let told = std::env::var_os("CUFRAMES_PROGRAM");
    told.unwrap_or_else(|| env!("CARGO_BIN_EXE_cuframes").into())
        .into()
}

/// A run directory and a key that nobody else has.
pub struct Place {
    pub dir: TempDir,
    pub key: String,
}

impl Place {
    pub fn new() -> Place {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        Place {
            dir: tempfile::tempdir().expect("a directory"),
            key: format!("cli-{}-{number}", std::process::id()),
        }
    }

    /// The program with arguments separated by blanks; KEY stands for the key.
    pub fn command(&self, line: &str) -> Command {
        let mut command = Command::new(program());
        let arguments = line.split_whitespace();
        command
            .args(arguments.map(|part| if part == "KEY" { &self.key } else { part }))
            .env("CUFRAMES_RUNTIME_DIR", self.dir.path())
            .env_remove("CUFRAMES_LOG")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub fn start(&self, line: &str) -> Running {
        Running::of(self.command(line).spawn().expect("the program starts"))
    }

    /// Starts it, and writes `input` to its standard input from another thread.
    pub fn start_with(&self, line: &str, input: Vec<u8>) -> Running {
        let mut child = self
            .command(line)
            .stdin(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        std::thread::spawn(move || {
            // It may end without reading all of it.
            let _ = stdin.write_all(&input);
        });
        Running::of(child)
    }

    /// Waits until somebody has joined.
    pub fn wait_for_subscriber(&self) {
        until("join", || {
            let output = self.run("info KEY --json");
            output.status.success() && parse(&output.stdout)["subscribers"][0].is_object()
        });
    }

    pub fn run(&self, line: &str) -> Output {
        self.start(line).output()
    }

    /// Runs it, and reads its output as JSON.
    pub fn json(&self, line: &str) -> Value {
        let output = self.run(line);
        assert_code(&output, 0);
        parse(&output.stdout)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // A publisher that was killed, as the last one of many tests is, left its segments: those
        // of the key, and of keys that begin with it and a dash.
        let name = format!("cuframes-{}", self.key);
        let (ours, more) = (format!("{name}."), format!("{name}-"));
        for entry in std::fs::read_dir("/dev/shm")
            .into_iter()
            .flatten()
            .flatten()
        {
            let found = entry.file_name();
            let found = found.to_string_lossy();
            if found == name || found.starts_with(&ours) || found.starts_with(&more) {
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }
}

/// A process that ends with the test.
pub struct Running(Option<Child>);

impl Running {
    pub fn of(child: Child) -> Running {
        Running(Some(child))
    }

    fn child(&self) -> &Child {
        self.0.as_ref().expect("it is not waited for yet")
    }

    pub fn pid(&self) -> u32 {
        self.child().id()
    }

    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(self.child());
        kill_process(pid, signal).expect("the process is there");
    }

    pub fn close_stdout(&mut self) {
        let child = self.0.as_mut().expect("it is not waited for yet");
        drop(child.stdout.take());
    }

    /// Reads exactly so many bytes of its output.
    pub fn read(&mut self, bytes: usize) -> Vec<u8> {
        let stdout = self.0.as_mut().and_then(|child| child.stdout.as_mut());
        let mut read = vec![0; bytes];
        stdout
            .expect("a pipe")
            .read_exact(&mut read)
            .expect("so many bytes");
        read
    }

    /// Waits until the process has a handler for `signal`; nothing tells but the kernel's file.
    pub fn wait_until_it_catches(&self, signal: Signal) {
        let file = format!("/proc/{}/status", self.pid());
        until(&format!("catch {signal:?}"), || {
            let status = std::fs::read_to_string(&file).expect("its status");
            let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
            let caught = caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
            caught.is_some_and(|mask| mask >> (signal.as_raw() - 1) & 1 == 1)
        });
    }

    /// What it wrote and how it ended. Panics if it hangs.
    pub fn output(mut self) -> Output {
        let child = self.0.take().expect("it is not waited for yet");
        let pid = Pid::from_child(&child);
        let (sender, ended) = mpsc::channel();
        std::thread::spawn(move || sender.send(child.wait_with_output()));
        match ended.recv_timeout(WATCHDOG) {
            Ok(output) => output.expect("an end"),
            Err(_) => {
                let _ = kill_process(pid, Signal::KILL);
                let output = ended.recv().expect("an end").expect("an end");
                panic!("hangs; {}", text(&output.stderr));
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Running {
    /// Reads a line of its output.
    pub fn read_line(&mut self) -> String {
        let stdout = self.0.as_mut().and_then(|child| child.stdout.as_mut());
        line_of(stdout.expect("a pipe"))
    }

    /// Reads a line of what it says on standard error.
    #[cfg(feature = "media")]
    pub fn read_stderr_line(&mut self) -> String {
        let stderr = self.0.as_mut().and_then(|child| child.stderr.as_mut());
        line_of(stderr.expect("a pipe"))
    }
}

/// A line, and not a byte more.
fn line_of(from: &mut impl Read) -> String {
    let mut line = Vec::new();
    let mut byte = [0];
    while line.last() != Some(&b'\n') {
        from.read_exact(&mut byte).expect("it says more");
        line.extend(byte);
    }
    text(&line)
}

/// Looks again and again, for want of an event.
pub fn until(what: &str, mut done: impl FnMut() -> bool) {
    let started = Instant::now();
    while !done() {
        assert!(started.elapsed() < WATCHDOG, "does not {what}");
        std::thread::yield_now();
    }
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

pub fn parse(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_else(|e| panic!("{e}: {}", text(bytes)))
}

/// Checks the exit code; returns what was said on standard error.
pub fn assert_code(output: &Output, code: i32) -> String {
    let said = text(&output.stderr);
    assert_eq!(
        output.status.code(),
        Some(code),
        "{}: {said}",
        output.status
    );
    said
}

pub fn assert_signal(status: ExitStatus, signal: Signal) {
    assert_eq!(status.signal(), Some(signal.as_raw()), "{status}");
}

/// Bytes that look like nothing in particular, the same ones for the same seed.
pub fn noise(bytes: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2).wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..bytes).map(|_| next()).collect()
}
