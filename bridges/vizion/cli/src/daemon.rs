//! The daemon, as the commands see it.

use program::output::{print, print_json};
use serde_json::{Map, Value};
use vizion::control::{Answer, Client, ClientError};

use crate::args::DaemonArguments;
use crate::exit::Failure;
use crate::report::{members, plain};
use crate::request::Request;

/// A connection, and how answers are told.
pub struct Daemon {
    client: Client,
    /// Answers are printed as they are.
    pub json: bool,
}

impl Daemon {
    /// Connects.
    pub fn of(arguments: &DaemonArguments) -> Result<Daemon, Failure> {
        Ok(Daemon {
            client: Client::connect(&arguments.socket)?,
            json: arguments.json,
        })
    }

    /// Asks, and returns the answer's members. A refusal is an answer too, so `--json` has it.
    pub fn ask(&mut self, request: Request) -> Result<Map<String, Value>, Failure> {
        let answer = self.client.ask(&request.command, request.params);
        if let (true, Err(ClientError::Refused { message, code, .. })) = (self.json, &answer) {
            let mut error = Answer::error(message);
            if let Some(code) = code {
                error = error.with("code", code.as_str());
            }
            print(&error.to_line())?;
        }
        Ok(answer?)
    }

    /// Prints an answer: its message, then the rest.
    pub fn tell(&self, answer: &Map<String, Value>) -> Result<(), Failure> {
        if self.json {
            return self.tell_json(answer);
        }
        let message = answer.get("message").and_then(Value::as_str);
        let message = message.map(|text| plain(text) + "\n").unwrap_or_default();
        Ok(print(&(message + &members(answer)))?)
    }

    /// Prints an answer as it is.
    pub fn tell_json(&self, answer: &Map<String, Value>) -> Result<(), Failure> {
        Ok(print_json(answer)?)
    }
}
