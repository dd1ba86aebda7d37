//! Options as `name=value`.

use std::collections::HashMap;
use std::str::FromStr;
use std::time::Duration;

/// The options that were given.
pub struct Options(HashMap<String, String>);

impl Options {
    /// Takes arguments of the form `name=value`.
    pub fn new(arguments: impl Iterator<Item = String>) -> Self {
        let pairs = arguments.filter_map(|argument| {
            let (name, value) = argument.split_once('=')?;
            Some((name.to_owned(), value.to_owned()))
        });
        Options(pairs.collect())
    }

    /// The value of `name`, or `default`.
    pub fn get<T: FromStr>(&self, name: &str, default: T) -> T {
        let given = self.0.get(name).and_then(|value| value.parse().ok());
        given.unwrap_or(default)
    }

    /// The text of `name`.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A time in milliseconds, if it was given.
    pub fn time(&self, name: &str) -> Option<Duration> {
        let millis = self.0.get(name)?.parse().ok()?;
        Some(Duration::from_millis(millis))
    }
}

/// The number in a command; 0 if there is none.
pub fn number(text: &str) -> u64 {
    text.parse().unwrap_or(0)
}
