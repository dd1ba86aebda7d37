//! A daemon that follows a script, and the program beside it.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::thread::{self, JoinHandle};

use serde_json::{Value, json};
use tempfile::TempDir;

/// A daemon that gives these answers, one after the other, to whoever connects. With the last one
/// it ends.
pub struct Daemon {
    pub directory: TempDir,
    requests: JoinHandle<Vec<Value>>,
}

impl Daemon {
    pub fn with(answers: Vec<Value>) -> Daemon {
        Daemon::start(answers, false)
    }

    /// It takes one request more, and closes without an answer to it.
    pub fn dying_after(answers: Vec<Value>) -> Daemon {
        Daemon::start(answers, true)
    }

    fn start(answers: Vec<Value>, dies: bool) -> Daemon {
        let directory = tempfile::tempdir().expect("a directory");
        let listener = UnixListener::bind(directory.path().join("s")).expect("a socket");
        let last = dies.then_some(None);
        let script: VecDeque<_> = answers.into_iter().map(Some).chain(last).collect();
        let requests = thread::spawn(move || follow(script, &listener));
        Daemon {
            directory,
            requests,
        }
    }

    pub fn socket(&self) -> PathBuf {
        self.directory.path().join("s")
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program(arguments);
        command.env("VIZION_SOCKET", self.socket());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the program runs")
    }

    /// The requests that came: their commands and parameters.
    pub fn requests(self) -> Vec<(String, Value)> {
        let requests = self.requests.join().expect("the daemon");
        let parts = requests.into_iter().map(|request| {
            assert_eq!(request["keep_alive"], json!(true), "{request}");
            let command = request["command"].as_str().expect("a name").to_owned();
            (command, request.get("params").cloned().unwrap_or(json!({})))
        });
        parts.collect()
    }
}

/// Answers requests until the script is at its end, and returns them.
fn follow(mut script: VecDeque<Option<Value>>, listener: &UnixListener) -> Vec<Value> {
    let mut requests = Vec::new();
    while !script.is_empty() {
        let (mut stream, _) = listener.accept().expect("a client");
        let mut lines = BufReader::new(stream.try_clone().expect("a descriptor")).lines();
        while !script.is_empty()
            && let Some(line) = lines.next()
        {
            let line = line.expect("a line");
            let request: Value = serde_json::from_str(&line).expect("a request");
            let id = request["request_id"].clone();
            requests.push(request);
            let Some(mut answer) = script.pop_front().flatten() else {
                break;
            };
            answer["request_id"] = id;
            // In one piece, as a daemon does: who has its answer may be gone.
            let line = format!("{answer}\n");
            stream
                .write_all(line.as_bytes())
                .expect("the client listens");
        }
    }
    requests
}

/// The program, with a working directory and a socket that are not those of the machine.
pub fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vizion"));
    command
        .args(arguments)
        .env("VIZION_SOCKET", "/nowhere/s")
        .stdin(Stdio::null());
    command
}

pub fn success() -> Value {
    json!({ "status": "success", "message": "done" })
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Checks the exit code; returns what was said on standard output.
pub fn assert_code(output: &Output, code: i32) -> String {
    let said = text(&output.stdout);
    let complained = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{complained}{said}");
    said
}
