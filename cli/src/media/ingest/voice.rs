//! What is said while an input is published: lines for people, or one JSON object per line.

use std::time::{SystemTime, UNIX_EPOCH};

use program::output::print_json;
use serde::Serialize;
use serde_json::{Value, json};

use cuframes_cli::args::PublishArguments;
use cuframes_cli::exit::Failure;
use cuframes_cli::summary::Summary;
use cuframes_cli::terminal::say;

/// Speaks for one key.
#[derive(Clone, Debug)]
pub struct Voice {
    key: String,
    json: bool,
    quiet: bool,
}

/// A line of JSON.
#[derive(Serialize)]
struct Event<T> {
    event: &'static str,
    /// Milliseconds since 1970.
    time_ms: u128,
    #[serde(flatten)]
    what: T,
}

impl Voice {
    /// As loud as the arguments want it.
    pub fn new(arguments: &PublishArguments) -> Voice {
        Voice {
            key: arguments.key().to_owned(),
            json: arguments.json,
            quiet: arguments.quiet,
        }
    }

    /// One that says nothing.
    #[cfg(test)]
    pub fn silent() -> Voice {
        Voice {
            key: String::new(),
            json: false,
            quiet: true,
        }
    }

    /// For whom it speaks.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Whether people are to be told.
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Whether programs are to be told.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Tells people.
    pub fn say(&self, what: &str) {
        if !self.quiet {
            say(&format!("{}: {what}", self.key));
        }
    }

    /// Tells programs; `what` is an object.
    pub fn event(&self, event: &'static str, mut what: Value) -> Result<(), Failure> {
        what["key"] = json!(self.key);
        self.print(event, what)
    }

    /// Tells both how it ended.
    pub fn ended(&self, summary: &Summary) -> Result<(), Failure> {
        self.print("ended", summary)?;
        match self.json || self.quiet {
            true => Ok(()),
            false => {
                say(&summary.sentence());
                Ok(())
            }
        }
    }

    fn print(&self, event: &'static str, what: impl Serialize) -> Result<(), Failure> {
        if !self.json {
            return Ok(());
        }
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        Ok(print_json(&Event {
            event,
            time_ms: since.unwrap_or_default().as_millis(),
            what,
        })?)
    }
}
