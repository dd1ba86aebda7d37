//! Starting the program, and waiting for it no longer than it can take.

use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use zerobuffer_peer::{Tidy, await_reader, leftovers, unique};

/// Whoever is not done by then hangs.
pub const WATCHDOG: Duration = Duration::from_secs(60);

/// A buffer's name that nobody else has. When it goes, nothing may be left of it: the program
/// tidies up, and a test that kills it says so.
pub struct Buffer {
    pub name: String,
    _tidy: Tidy,
}

impl Buffer {
    pub fn new() -> Buffer {
        let name = unique("cli");
        let _tidy = Tidy::new(&name);
        Buffer { name, _tidy }
    }

    /// The program with arguments separated by blanks; NAME stands for the buffer.
    pub fn command(&self, line: &str) -> Command {
        let arguments = line.split_whitespace();
        let mut command = Command::new(env!("CARGO_BIN_EXE_zerobuffer"));
        command
            .args(arguments.map(|part| part.replace("NAME", &self.name)))
            .env_remove("RUST_LOG")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub fn start(&self, line: &str) -> Running {
        Running::of(self.command(line).spawn().expect("the program starts"))
    }

    /// Starts what makes this buffer, and waits until it has. Unless the line has a size, it is a
    /// small one: the memory of a large one is zeroed for each test.
    pub fn start_reader(&self, line: &str) -> Running {
        let sized = line.contains("--buffer-size");
        let size = if sized { "" } else { " --buffer-size 4MB" };
        let running = self.start(&(line.to_owned() + size));
        await_reader(&self.name, WATCHDOG);
        running
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

    pub fn assert_nothing_left(&self) {
        let left = leftovers(&self.name);
        assert!(left.is_empty(), "{left:?}");
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

    pub fn pid(&self) -> u64 {
        self.child().id().into()
    }

    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(self.child());
        kill_process(pid, signal).expect("the process is there");
    }

    pub fn close_stdout(&mut self) {
        let child = self.0.as_mut().expect("it is not waited for yet");
        drop(child.stdout.take());
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

    /// Its output as JSON, of a run that ends well.
    pub fn json(self) -> Value {
        let output = self.output();
        assert_code(&output, 0);
        parse(&output.stdout)
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
        "{}: {said}{}",
        output.status,
        text(&output.stdout)
    );
    said
}

pub fn assert_signal(output: &Output, signal: Signal) {
    let status = output.status;
    assert_eq!(status.signal(), Some(signal.as_raw()), "{status}");
}
