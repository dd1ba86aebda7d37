//! What helper processes say: one line for each thing, a word and then `name=value`.

use std::fmt;
use std::str::FromStr;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line(String);

impl Line {
    /// A line as it was read.
    pub fn new(text: impl Into<String>) -> Self {
        Line(text.into())
    }

    /// Its first word: what it is about.
    pub fn word(&self) -> &str {
        self.0.split(' ').next().unwrap_or_default()
    }

    /// The value of `name`.
    ///
    /// # Panics
    /// If there is none, or it is not of this type.
    pub fn get<T: FromStr>(&self, name: &str) -> T {
        let value = self.text(name);
        let parsed = value.and_then(|value| value.parse().ok());
        parsed.unwrap_or_else(|| panic!("no usable {name} in: {self}"))
    }

    /// The text of `name`, if there is one.
    pub fn text(&self, name: &str) -> Option<&str> {
        let fields = self.0.split(' ').skip(1);
        let mut pairs = fields.filter_map(|field| field.split_once('='));
        pairs.find(|&(found, _)| found == name).map(|pair| pair.1)
    }

    /// True if the field `name` is 1.
    pub fn is(&self, name: &str) -> bool {
        self.text(name) == Some("1")
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
