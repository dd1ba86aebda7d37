//! A process that plays a part in a test: it is told what to do by lines, and answers by lines.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use super::role::{MARK, NAME, TEST};
use super::{patience, remove_all};

/// Such a process. When this is dropped it ends in good order; in a test that fails it is killed.
pub struct Actor {
    name: String,
    child: Child,
    input: Option<ChildStdin>,
    answers: Receiver<String>,
    told: Vec<String>,
}

impl Actor {
    /// The command of a process that plays [`role::play`](super::role::play) for `name`.
    pub fn command(name: &str) -> Command {
        let mut command = Command::new(std::env::current_exe().expect("own path"));
        command
            .args([TEST, "--exact", "--nocapture", "--test-threads=1"])
            .env(NAME, name);
        command
    }

    /// Starts `command`, which answers as a role does.
    pub fn spawn(mut command: Command) -> Actor {
        let mut environment = command.get_envs();
        let name = environment.find(|(variable, _)| *variable == NAME);
        let name = name.and_then(|(_, name)| name).expect("a buffer's name");
        let name = name.to_string_lossy().into_owned();
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("a process");
        let output = BufReader::new(child.stdout.take().expect("its output is a pipe"));
        let (sender, answers) = mpsc::channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                // The harness may have begun the line.
                let answer = line.split_once(MARK).map(|(_, answer)| answer.to_owned());
                if answer.is_some_and(|answer| sender.send(answer).is_err()) {
                    break;
                }
            }
        });
        Actor {
            name,
            input: child.stdin.take(),
            child,
            answers,
            told: Vec::new(),
        }
    }

    /// A process of ours for the buffer `name`.
    pub fn start(name: &str) -> Actor {
        Actor::spawn(Actor::command(name))
    }

    /// One that has created the buffer.
    #[track_caller]
    pub fn reader(name: &str, metadata_size: u64, payload_size: u64) -> Actor {
        let mut reader = Actor::start(name);
        reader.expect(&format!("create {metadata_size} {payload_size}"), "created");
        reader
    }

    /// One that is connected to the buffer.
    #[track_caller]
    pub fn writer(name: &str) -> Actor {
        let mut writer = Actor::start(name);
        writer.expect("connect", "connected");
        writer
    }

    /// Tells it to do something. One that was killed does not hear it.
    pub fn tell(&mut self, line: &str) {
        self.told.push(line.to_owned());
        if let Some(input) = &mut self.input {
            let _ = writeln!(input, "{line}");
        }
    }

    /// What it answers, or `None` if it has ended.
    #[track_caller]
    pub fn try_answer(&mut self) -> Option<String> {
        match self.answers.recv_timeout(patience()) {
            Ok(answer) => Some(answer),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("hang after {:?}", self.told),
        }
    }

    /// What it answers.
    #[track_caller]
    pub fn answer(&mut self) -> String {
        let answer = self.try_answer();
        answer.unwrap_or_else(|| panic!("ended without an answer to {:?}", self.told))
    }

    /// True if it has answered already.
    pub fn has_answered(&self) -> Option<String> {
        self.answers.try_recv().ok()
    }

    /// Tells it to do something, and waits until it has.
    #[track_caller]
    pub fn ask(&mut self, line: &str) -> String {
        self.tell(line);
        self.answer()
    }

    /// Tells it to do something, which ends with this answer.
    #[track_caller]
    pub fn expect(&mut self, line: &str, answer: &str) {
        let got = self.ask(line);
        assert_eq!(got, answer, "{line}");
    }

    /// Tells it to do something, which fails with an error of this kind.
    #[track_caller]
    pub fn refuse(&mut self, line: &str, kind: &str) -> String {
        let got = self.ask(line);
        assert!(got.starts_with(&format!("error {kind} ")), "{line}: {got}");
        got
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Kills it, without a wait.
    pub fn strike(&mut self) {
        let _ = self.child.kill();
    }

    /// Waits until it has ended.
    pub fn reap(&mut self) -> ExitStatus {
        self.child.wait().expect("our child can be waited for")
    }

    /// Kills it and waits until it is gone.
    pub fn kill(mut self) {
        self.strike();
        self.reap();
    }

    /// Lets it close what it has and end.
    #[track_caller]
    pub fn end(mut self) {
        drop(self.input.take());
        while self.try_answer().is_some() {}
        assert!(self.reap().success(), "after {:?}", self.told);
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        drop(self.input.take());
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            return;
        }
        let failed = std::thread::panicking();
        // It says nothing more, and then has ended; or it waits for something.
        while !failed && self.answers.recv_timeout(patience()).is_ok() {}
        let disconnected = Err(RecvTimeoutError::Disconnected);
        let ends = self.answers.recv_timeout(Duration::ZERO) == disconnected;
        if failed || !ends {
            self.strike();
            self.reap();
            remove_all(&self.name);
        }
        self.reap();
    }
}
