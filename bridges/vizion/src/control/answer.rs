//! What the daemon says to a request.

use serde_json::{Map, Value};

use super::MAX_ANSWER;

/// Characters that a message can have. The longest in JSON takes six bytes for each, and leaves
/// room for a `request_id`.
const MAX_MESSAGE: usize = 512;

/// An answer. Its members come in the order in which they are added.
///
/// ```
/// use vizion::control::Answer;
/// let answer = Answer::success("Gain set successfully").with("value", 7);
/// let line = "{\"status\":\"success\",\"message\":\"Gain set successfully\",\"value\":7}\n";
/// assert_eq!(answer.to_line(), line);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Answer(Map<String, Value>);

impl Answer {
    /// Success that needs no words: what was asked for follows.
    pub fn data() -> Answer {
        Answer(Map::new()).with("status", "success")
    }

    /// Success in these words.
    pub fn success(message: &str) -> Answer {
        Answer::data().with("message", shortened(message))
    }

    /// Why it was not done.
    pub fn error(message: &str) -> Answer {
        let answer = Answer(Map::new()).with("status", "error");
        answer.with("message", shortened(message))
    }

    /// Adds a member.
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Answer {
        self.0.insert(key.to_owned(), value.into());
        self
    }

    /// A member.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    /// As it is sent: compact, one line. What does not fit is an error that says so, since half an
    /// answer is none.
    #[must_use]
    pub fn to_line(&self) -> String {
        let line = self.line();
        if line.len() <= MAX_ANSWER {
            return line;
        }
        let length = line.len();
        let error = Answer::error(&format!(
            "the answer has {length} bytes, and {MAX_ANSWER} fit; ask for less of it"
        ));
        let error = error.with("code", "too_long");
        match self.get("request_id") {
            Some(id) => error.with("request_id", id.clone()).line(),
            None => error.line(),
        }
    }

    fn line(&self) -> String {
        let mut line = Value::Object(self.0.clone()).to_string();
        line.push('\n');
        line
    }
}

/// The text, or as much of it as an answer has room for.
fn shortened(message: &str) -> String {
    match message.char_indices().nth(MAX_MESSAGE) {
        None => message.to_owned(),
        Some((end, _)) => {
            let beginning = message.get(..end).unwrap_or_default();
            format!("{beginning}...")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_keep_their_order() {
        let answer = Answer::success("Shared memory enabled")
            .with("name", "/vizion_frame")
            .with("size", 8_294_528);
        let line = concat!(
            r#"{"status":"success","message":"Shared memory enabled","#,
            r#""name":"/vizion_frame","size":8294528}"#,
            "\n"
        );
        assert_eq!(answer.to_line(), line);
        assert_eq!(Answer::data().to_line(), "{\"status\":\"success\"}\n");
    }

    #[test]
    fn a_line_is_one_line() {
        let line = Answer::error("a\nb\u{0}\"").to_line();
        assert_eq!(
            line,
            "{\"status\":\"error\",\"message\":\"a\\nb\\u0000\\\"\"}\n"
        );
    }

    #[test]
    fn what_does_not_fit_is_an_error_and_not_cut() {
        let frame = Answer::data().with("text", "").to_line().len();
        let of = |length: usize| Answer::data().with("text", "x".repeat(length - frame));
        assert_eq!(of(MAX_ANSWER).to_line().len(), MAX_ANSWER);
        let line = of(MAX_ANSWER + 1).with("request_id", 3).to_line();
        let wanted = concat!(
            r#"{"status":"error","message":"the answer has 4111 bytes, and 4095 fit; "#,
            r#"ask for less of it","code":"too_long","request_id":3}"#,
            "\n"
        );
        assert_eq!(line, wanted);
    }

    #[test]
    fn the_longest_message_fits() {
        for character in ["\u{1}", "x", "\u{1f4f7}"] {
            let answer = Answer::error(&character.repeat(10_000))
                .with("code", "invalid")
                .with("request_id", "x".repeat(254));
            let line = answer.to_line();
            assert!(line.len() <= MAX_ANSWER && line.contains("..."), "{line}");
        }
    }
}
