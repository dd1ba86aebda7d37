//! The program, what publishes and what consumes, as processes.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// Longer than anything takes on a processor that is imitated.
pub const PATIENCE: Duration = Duration::from_secs(30);

pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < end, "it did not {what}");
        // Nothing tells.
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A run directory.
pub struct Place(TempDir);

impl Place {
    pub fn new() -> Place {
        Place(tempfile::tempdir().expect("a directory"))
    }

    pub fn socket(&self) -> PathBuf {
        self.0.path().join("engine.sock")
    }

    pub fn cuframes(&self, line: &str) -> Command {
        let mut command = Command::new("cuframes");
        command.args(line.split_whitespace());
        command.env("CUFRAMES_RUNTIME_DIR", self.0.path());
        command
    }

    /// An engine, which listens.
    pub fn lend(&self, line: &str, preload: Option<&str>) -> Engine {
        let socket = self.socket();
        let line = format!(
            "lend --no-gateway --stats --json --interval-ms 50 -q --socket {} {line}",
            socket.display()
        );
        let mut command = self.cuframes(&line);
        preload_to(&mut command, preload);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("it starts");
        until("listen", || {
            let ended = child.try_wait().expect("it is ours");
            assert!(ended.is_none(), "the engine ended: {ended:?}");
            listens(&socket)
        });
        let said = BufReader::new(child.stdout.take().expect("a pipe"));
        Engine { child, said }
    }

    /// What an engine says that does not start.
    pub fn refused(&self, line: &str) -> (Option<i32>, String) {
        let line = format!(
            "lend --no-gateway --socket {} {line}",
            self.socket().display()
        );
        let output = self.cuframes(&line).output().expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), said)
    }

    /// A publisher whose frames the test writes.
    pub fn publish(&self, key: &str, size: (u32, u32)) -> Publisher {
        let (width, height) = size;
        let mut command = self.cuframes(&format!(
            "publish --key {key} --size {width}x{height} --fps 1000 --format nv12 --slots 8 -q -"
        ));
        let mut child = command.stdin(Stdio::piped()).spawn().expect("it starts");
        let stdin = child.stdin.take().expect("a pipe");
        until("publish", || self.info(key).status.success());
        Publisher {
            stdin: Some(stdin),
            child,
        }
    }

    fn info(&self, key: &str) -> Output {
        let mut command = self.cuframes(&format!("info {key} --json"));
        command.stderr(Stdio::null()).output().expect("it starts")
    }

    pub fn await_subscribers(&self, key: &str, number: usize) {
        until("subscribe", || {
            let info: Value = serde_json::from_slice(&self.info(key).stdout).unwrap_or_default();
            info["subscribers"].as_array().map_or(0, Vec::len) == number
        });
    }

    /// A consumer that does not say hello.
    pub fn plain(&self, size: usize, frames: usize, preload: Option<&str>) -> Python {
        self.python("plain.py", size, frames, preload)
    }

    /// A consumer by the library in Python.
    pub fn library(&self, size: usize, frames: usize) -> Python {
        self.python("library.py", size, frames, None)
    }

    fn python(&self, file: &str, size: usize, frames: usize, preload: Option<&str>) -> Python {
        let mut command = Command::new("python3");
        command.arg(format!("/share/{file}")).arg(self.socket());
        command.args([size, frames].map(|number| number.to_string()));
        preload_to(&mut command, preload);
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 is there");
        let stdout = child.stdout.take().expect("a pipe");
        Python {
            said: BufReader::new(stdout),
            child,
            size,
        }
    }
}

fn preload_to(command: &mut Command, preload: Option<&str>) {
    if let Some(library) = preload {
        command.env("LD_PRELOAD", library);
    }
}

/// Whether somebody listens there, which is not as soon as the file is there.
fn listens(path: &Path) -> bool {
    let table = fs::read_to_string("/proc/net/unix").expect("it is there");
    let path = path.display().to_string();
    let is_listening = |line: &str| line.ends_with(&path) && line.contains(" 00010000 ");
    table.lines().any(is_listening)
}

pub struct Engine {
    child: Child,
    said: BufReader<ChildStdout>,
}

impl Engine {
    /// Whether it has the file open, there or not.
    pub fn has_open(&self, path: &str) -> bool {
        let open = fs::read_dir(format!("/proc/{}/fd", self.child.id())).expect("it runs");
        // One that was closed meanwhile is none.
        let mut names = open.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
        names.any(|name| name.to_string_lossy().starts_with(path))
    }

    /// Waits until it has counted so many.
    pub fn counts(&mut self, name: &str, number: usize) {
        loop {
            let mut line = String::new();
            let read = self.said.read_line(&mut line).expect("text");
            assert!(read > 0, "the engine ended");
            let report: Value = serde_json::from_str(&line).expect("JSON");
            if report[name] == number {
                return;
            }
        }
    }

    /// Ends it, and what it counted.
    pub fn stop(mut self) -> Value {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, Signal::INT).expect("it is there");
        let mut said = String::new();
        self.said.read_to_string(&mut said).expect("text");
        let last = said.lines().last().expect("a report");
        let last: Value = serde_json::from_str(last).expect("JSON");
        assert_eq!(last["event"], "ended");
        last
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

pub struct Publisher {
    stdin: Option<ChildStdin>,
    child: Child,
}

impl Publisher {
    pub fn write(&mut self, picture: &[u8]) {
        let stdin = self.stdin.as_mut().expect("it is open");
        stdin.write_all(picture).expect("it reads");
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        // It ends with what it reads, and leaves nothing then.
        drop(self.stdin.take());
        let _ = self.child.wait();
    }
}

pub struct Python {
    child: Child,
    said: BufReader<ChildStdout>,
    size: usize,
}

impl Python {
    /// The message of the next frame, and its bytes.
    pub fn next(&mut self) -> (Value, Vec<u8>) {
        let mut line = String::new();
        self.said.read_line(&mut line).expect("a line");
        let message = serde_json::from_str(&line).expect("a message");
        let mut bytes = vec![0; self.size];
        self.said.read_exact(&mut bytes).expect("its bytes");
        (message, bytes)
    }

    /// Waits for its end, after the last of its frames.
    pub fn done(mut self) {
        let ended = self.child.wait().expect("it is ours");
        assert!(ended.success(), "{ended}");
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

fn end(child: &mut Child) {
    // It may have ended.
    let _ = child.kill();
    let _ = child.wait();
}
