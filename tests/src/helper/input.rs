//! Commands, one a line, read on a thread of their own so that work can look for them.

use std::sync::mpsc::{self, Receiver, TryRecvError};

/// The commands that came.
pub struct Input(Receiver<String>);

impl Input {
    /// Begins to read standard input.
    pub fn start() -> Self {
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || {
            for line in std::io::stdin().lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Input(receiver)
    }

    /// The next command; `None` at the end of the input.
    pub fn wait(&self) -> Option<String> {
        self.0.recv().ok()
    }

    /// What has come while something else was done.
    pub fn look(&self) -> Looked {
        match self.0.try_recv() {
            Ok(command) => Looked::Command(command),
            Err(TryRecvError::Empty) => Looked::Nothing,
            Err(TryRecvError::Disconnected) => Looked::End,
        }
    }
}

/// What a look at the input brought.
pub enum Looked {
    /// A command.
    Command(String),
    /// Nothing yet.
    Nothing,
    /// The end of the input.
    End,
}
