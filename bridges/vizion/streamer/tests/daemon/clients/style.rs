//! The four styles of client that VizionStreamer's documentation shows.

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use tempfile::TempDir;

use crate::support::directory;

/// How a client asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// `echo | socat -`
    Socat,
    /// `echo | nc -U`
    Netcat,
    /// A program in Python.
    Python,
    /// A program in C++.
    Cpp,
}

/// A client of a daemon.
pub enum Client {
    /// A shell's line for each request.
    Shell { line: &'static str, socket: PathBuf },
    /// A process for all of them.
    Process(Process),
}

impl Client {
    pub fn of(style: Style, socket: &Path) -> Client {
        let socket = socket.to_owned();
        match style {
            Style::Socat => Client::Shell {
                line: r#"echo "$1" | socat - UNIX-CONNECT:"$2""#,
                socket,
            },
            Style::Netcat => Client::Shell {
                line: r#"echo "$1" | nc -U "$2""#,
                socket,
            },
            Style::Python => {
                let mut command = Command::new("python3");
                command.arg(source("client.py")).arg(&socket);
                Client::Process(Process::start(command, directory()))
            }
            Style::Cpp => {
                let directory = directory();
                let program = directory.path().join("client");
                compile(&source("client.cpp"), &program);
                let mut command = Command::new(program);
                command.arg(&socket);
                Client::Process(Process::start(command, directory))
            }
        }
    }

    /// The line that it gets for a request.
    pub fn ask(&mut self, request: &str) -> String {
        match self {
            Client::Shell { line, socket } => {
                let mut shell = Command::new("timeout");
                shell.args(["30", "bash", "-c", *line, "client", request]);
                let output = shell.arg(socket).stdin(Stdio::null()).output();
                let output = output.expect("a shell");
                assert!(output.status.success(), "{request}: {output:?}");
                let answer = String::from_utf8(output.stdout).expect("text");
                let answer = answer.strip_suffix('\n').expect("a line");
                assert!(!answer.contains('\n'), "{answer}");
                answer.to_owned()
            }
            Client::Process(process) => process.ask(request),
        }
    }
}

/// A client that is a process, which ends with it.
pub struct Process {
    child: Child,
    requests: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    _directory: TempDir,
}

impl Process {
    fn start(mut command: Command, directory: TempDir) -> Process {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the client starts");
        let requests = child.stdin.take().expect("a pipe");
        let answers = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        Process {
            child,
            requests,
            answers,
            _directory: directory,
        }
    }

    fn ask(&mut self, request: &str) -> String {
        writeln!(self.requests, "{request}").expect("the client lives");
        self.answers.next().expect("an answer").expect("text")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn source(name: &str) -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    tests.join("daemon/clients").join(name)
}

fn compile(source: &Path, program: &Path) {
    let mut compiler = Command::new("g++");
    compiler.args(["-std=c++11", "-Wall", "-Wextra", "-Werror", "-o"]);
    let compiled = compiler.arg(program).arg(source).status();
    assert!(compiled.expect("a compiler").success());
}
