//! What is said meanwhile: lines for people, or one JSON object per line.

use std::cell::RefCell;
use std::time::{SystemTime, UNIX_EPOCH};

use cuframes_cli::exit::Failure;
use cuframes_cli::terminal::{Progress, say};
use program::output::print_json;
use serde::Serialize;
use serde_json::{Value, json};

/// What a bridge has counted.
pub trait Counts: Serialize {
    /// As many frames as wanted were carried.
    fn is_complete(&self) -> bool;
    /// All of it, for people.
    fn sentence(&self) -> String;
    /// The line that is shown meanwhile.
    fn progress(&self) -> String;
}

/// What a bridge connects.
#[derive(Clone, Debug)]
pub struct Route {
    /// The key, whichever end it is.
    pub key: String,
    /// What is at the other end, as programs are told.
    pub channel: &'static str,
    /// Its name.
    pub name: String,
    /// Frames come from the key.
    pub is_from_key: bool,
}

impl Route {
    /// Both ends, in the direction of the frames.
    fn text(&self) -> String {
        match self.is_from_key {
            true => format!("{} > {}", self.key, self.name),
            false => format!("{} > {}", self.name, self.key),
        }
    }
}

/// Speaks for one bridge.
pub struct Voice {
    route: Route,
    json: bool,
    quiet: bool,
    progress: RefCell<Progress>,
}

impl Voice {
    /// As loud as the arguments want it.
    pub fn new(route: Route, json: bool, quiet: bool) -> Voice {
        Voice {
            route,
            json,
            quiet,
            progress: RefCell::new(Progress::new(quiet)),
        }
    }

    /// The key, whichever end it is.
    pub fn key(&self) -> &str {
        &self.route.key
    }

    /// What is at the other end.
    pub fn name(&self) -> &str {
        &self.route.name
    }

    /// Tells people `sentence`, and programs `event`, of which `what` is an object.
    pub fn tell(&self, event: &str, sentence: &str, what: Value) -> Result<(), Failure> {
        if self.json {
            self.print(event, what)
        } else {
            if !self.quiet {
                say(&format!("{}: {sentence}", self.route.text()));
            }
            Ok(())
        }
    }

    /// Shows how it goes, on a terminal.
    pub fn show(&self, tally: &impl Counts) {
        let line = || format!("{}: {}", self.route.text(), tally.progress());
        self.progress.borrow_mut().show(line);
    }

    /// Tells how it ended.
    pub fn ended(&self, tally: &impl Counts, ended: &Result<(), Failure>) -> Result<(), Failure> {
        self.progress.borrow_mut().clear();
        let why = match ended {
            Ok(()) if tally.is_complete() => "frames".to_owned(),
            Ok(()) => "end_of_stream".to_owned(),
            Err(failure) => failure.name(),
        };
        let sentence = format!("{}: {why}", tally.sentence());
        let mut what = serde_json::to_value(tally).unwrap_or_default();
        what["ended"] = json!(why);
        self.tell("ended", &sentence, what)
    }

    fn print(&self, event: &str, mut what: Value) -> Result<(), Failure> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let time_ms = u64::try_from(since.unwrap_or_default().as_millis()).unwrap_or(u64::MAX);
        what["event"] = json!(event);
        what["time_ms"] = json!(time_ms);
        what["key"] = json!(self.route.key);
        what[self.route.channel] = json!(self.route.name);
        Ok(print_json(&what)?)
    }
}
