//! Starting our side, and reading what either side tells.

use std::process::{Command, Output, Stdio};
use std::thread::{self, JoinHandle};

use serde_json::Value;
use zerobuffer_peer::{Ended, PATIENCE, Tidy, await_reader, leftovers, unique};

/// Campaigns run at a tenth of their counts unless CUFRAMES_FULL is set.
pub fn count(full: u64) -> u64 {
    match std::env::var_os("CUFRAMES_FULL") {
        Some(_) => full,
        None => full.div_ceil(10),
    }
}

/// A buffer's name that nobody else has. The peer's reader leaves its semaphores behind (fault
/// B5), so that something may be left of it, and goes with this.
pub struct Buffer {
    pub name: String,
    _tidy: Tidy,
}

impl Buffer {
    pub fn new() -> Buffer {
        let name = unique("interop");
        let _tidy = Tidy::new(&name);
        Buffer { name, _tidy }
    }

    /// Starts our program; its first argument is a command, and the buffer's name follows.
    pub fn ours(&self, command: &str, arguments: &str) -> Ours {
        Ours::start(self.program(command, arguments))
    }

    /// The same, of a program that breaks one of our rules.
    #[cfg(feature = "faults")]
    pub fn ours_with_fault(&self, fault: &str, command: &str, arguments: &str) -> Ours {
        let mut program = self.program(command, arguments);
        program.env("ZEROBUFFER_FAULT", fault);
        Ours::start(program)
    }

    fn program(&self, command: &str, arguments: &str) -> Command {
        let mut program = Command::new(env!("CARGO_BIN_EXE_zerobuffer"));
        program
            .args([command, &self.name, "--json-output"])
            .args(arguments.split_whitespace())
            .env_remove("RUST_LOG")
            .stdin(Stdio::null());
        program
    }

    /// Starts our reader, and waits until a writer can connect.
    pub fn our_reader(&self, arguments: &str) -> Ours {
        let reader = self.ours("reader", arguments);
        self.await_reader();
        reader
    }

    pub fn await_reader(&self) {
        await_reader(&self.name, PATIENCE);
    }

    /// Our reader, other than the peer's, leaves nothing.
    pub fn assert_nothing_left(&self) {
        let left = leftovers(&self.name);
        assert!(left.is_empty(), "{left:?}");
    }
}

/// Our program, running.
pub struct Ours(JoinHandle<Output>);

impl Ours {
    fn start(mut program: Command) -> Ours {
        // It is read as it comes: a process that nobody reads from waits for that.
        Ours(thread::spawn(move || {
            program.output().expect("the program starts")
        }))
    }

    /// How it ended, and what it told.
    pub fn finish(self) -> (Option<i32>, Value) {
        let output = self.0.join().expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr);
        let report = serde_json::from_slice(&output.stdout);
        let report = report.unwrap_or_else(|error| panic!("{error}: {said}"));
        (output.status.code(), report)
    }

    /// What it told when all went well.
    pub fn report(self) -> Value {
        let (code, report) = self.finish();
        assert_eq!(code, Some(0), "{report}");
        report
    }
}

/// What the peer's own command line told.
pub fn told(peer: &Ended) -> Value {
    let report = serde_json::from_str(&peer.stdout);
    report.unwrap_or_else(|error| panic!("{error}: {peer:?}"))
}
