//! A server in a thread of its own, and clients of it.

use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use vizion::control::{Answer, Request};
use vizion_streamer::server::{Handler, Peer, Server, ServerOptions};

/// Whoever is not done by then hangs.
pub const WATCHDOG: Duration = Duration::from_secs(60);

/// Answers with the command, and with how many there were before.
struct Echo {
    answered: u64,
}

impl Handler for Echo {
    fn handle(&mut self, request: &Request, peer: Peer) -> Answer {
        let answer = Answer::data()
            .with("command", request.command.as_str())
            .with("number", self.answered)
            .with("uid", peer.uid);
        self.answered += 1;
        answer
    }
}

pub struct Running {
    pub path: PathBuf,
    _directory: TempDir,
    stop: UnixStream,
    thread: Option<JoinHandle<u64>>,
}

impl Running {
    pub fn start() -> Running {
        Running::with(ServerOptions::default())
    }

    pub fn with(options: ServerOptions) -> Running {
        let directory = TempDir::with_prefix(format!("vizion-{}-", std::process::id()));
        let directory = directory.expect("a directory");
        let path = directory.path().join("control.sock");
        let mut server = Server::bind(&path, options).expect("a server");
        let (stop, stopped) = UnixStream::pair().expect("a pair");
        let thread = thread::spawn(move || {
            let mut echo = Echo { answered: 0 };
            let ended = server.run(&mut echo, stopped.as_fd());
            ended.expect("the server runs");
            echo.answered
        });
        Running {
            path,
            _directory: directory,
            stop,
            thread: Some(thread),
        }
    }

    /// Ends it, and is how many requests it answered.
    pub fn stop(mut self) -> u64 {
        self.stop.write_all(b"!").expect("it is told");
        let thread = self.thread.take().expect("it runs");
        thread.join().expect("it ends")
    }

    pub fn connect(&self) -> UnixStream {
        let client = UnixStream::connect(&self.path).expect("a connection");
        client.set_read_timeout(Some(WATCHDOG)).expect("a limit");
        client
    }

    /// What a client gets that sends this, keeps its side open and reads to the end.
    pub fn exchange(&self, bytes: &[u8]) -> String {
        let mut client = self.connect();
        client.write_all(bytes).expect("it is sent");
        read_all(&mut client)
    }

    /// Runs a shell's command line, where SOCKET stands for the path.
    pub fn shell(&self, line: &str) -> Output {
        let path = self.path.to_str().expect("a path of text");
        Command::new("timeout")
            .args(["30", "bash", "-c", &line.replace("SOCKET", path)])
            .stdin(Stdio::null())
            .output()
            .expect("a shell")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A test that failed does not wait for it.
        let _ = self.stop.write_all(b"!");
    }
}

pub fn read_all(client: &mut UnixStream) -> String {
    let mut answer = String::new();
    client
        .read_to_string(&mut answer)
        .expect("an answer and the end");
    answer
}

/// The answer to the `number`th request.
pub fn echo(command: &str, number: u64) -> String {
    let uid = rustix::process::geteuid().as_raw();
    format!(
        "{{\"status\":\"success\",\"command\":\"{command}\",\"number\":{number},\"uid\":{uid}}}\n"
    )
}

pub fn request(command: &str) -> Vec<u8> {
    json!({ "command": command }).to_string().into_bytes()
}

/// The message of the one error that this is.
pub fn error_of(answer: &str) -> String {
    assert_eq!(answer.lines().count(), 1, "{answer}");
    let answer: Value = serde_json::from_str(answer).expect("JSON");
    assert_eq!(answer.get("status"), Some(&Value::from("error")));
    let message = answer.get("message").and_then(Value::as_str);
    message.expect("a message").to_owned()
}
