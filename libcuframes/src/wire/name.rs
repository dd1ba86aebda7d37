//! Keys and consumer names: what may become part of a path or a log line.

use super::WireError;
use core::fmt;

/// Most bytes of a key.
pub const MAX_KEY: usize = 63;
/// Most bytes of a consumer name; the wire field has one more for the NUL.
pub const MAX_NAME: usize = 31;
/// Ending of the packet segment's name, which no key may have.
const PACKETS_SUFFIX: &str = "-packets";

/// Checks a key: 1 to 63 bytes of `A-Z a-z 0-9 . _ -`, no dot first, not ending in `-packets`.
///
/// ```
/// use cuframes::wire::validate_key;
/// assert!(validate_key("cam1.front").is_ok());
/// assert!(validate_key("../etc").is_err());
/// ```
pub fn validate_key(key: &str) -> Result<(), WireError> {
    let problem = if let Some(problem) = problem_of(key.as_bytes(), MAX_KEY) {
        problem
    } else if key.starts_with('.') {
        "starts with a dot".to_owned()
    } else if key.ends_with(PACKETS_SUFFIX) {
        "ends in -packets, which is the name of another key's packet segment".to_owned()
    } else {
        return Ok(());
    };
    Err(WireError::Key {
        key: quoted(key.as_bytes()),
        problem,
    })
}

/// What is wrong with the bytes of a key or name, if anything.
fn problem_of(bytes: &[u8], most: usize) -> Option<String> {
    if bytes.is_empty() {
        return Some("is empty".to_owned());
    }
    if bytes.len() > most {
        return Some(format!(
            "has {} bytes, {most} at most are allowed",
            bytes.len()
        ));
    }
    let allowed = |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    let place = bytes.iter().position(|b| !allowed(&b))?;
    Some(format!(
        "has a character that is not allowed at byte {place}"
    ))
}

/// Quotes bytes for a message, without control characters and cut to a readable length.
fn quoted(bytes: &[u8]) -> String {
    const READABLE: usize = 80;
    let text = String::from_utf8_lossy(bytes);
    let mut short: String = text.chars().take(READABLE).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("{short:?}")
}

/// The name under which a subscriber is known to its publisher: 1 to 31 bytes of
/// `A-Z a-z 0-9 . _ -`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ConsumerName {
    bytes: [u8; MAX_NAME],
    length: u8,
}

impl ConsumerName {
    /// Checks and takes a name.
    pub fn new(name: &str) -> Result<ConsumerName, WireError> {
        Self::from_bytes(name.as_bytes())
    }

    /// Reads the NUL-padded field of HELLO_REQ and of the subscriber page.
    pub fn from_wire(field: &[u8; 32]) -> Result<ConsumerName, WireError> {
        let length = field.iter().position(|&b| b == 0).unwrap_or(field.len());
        let (name, padding) = field.split_at(length);
        if padding.iter().any(|&b| b != 0) {
            let problem = "has bytes behind its end".to_owned();
            return Err(WireError::Name {
                name: quoted(name),
                problem,
            });
        }
        Self::from_bytes(name)
    }

    fn from_bytes(name: &[u8]) -> Result<ConsumerName, WireError> {
        let refuse = |problem| WireError::Name {
            name: quoted(name),
            problem,
        };
        if let Some(problem) = problem_of(name, MAX_NAME) {
            return Err(refuse(problem));
        }
        let mut bytes = [0; MAX_NAME];
        for (to, from) in bytes.iter_mut().zip(name) {
            *to = *from;
        }
        let length = u8::try_from(name.len()).map_err(|_| refuse("is too long".to_owned()))?;
        Ok(ConsumerName { bytes, length })
    }

    /// The NUL-padded field.
    #[must_use]
    pub fn to_wire(&self) -> [u8; 32] {
        let mut field = [0; 32];
        for (to, from) in field.iter_mut().zip(self.bytes) {
            *to = from;
        }
        field
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let bytes = self
            .bytes
            .get(..usize::from(self.length))
            .unwrap_or_default();
        // Only ASCII gets in, so this is never the empty fallback.
        core::str::from_utf8(bytes).unwrap_or_default()
    }
}

impl fmt::Display for ConsumerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for ConsumerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConsumerName({:?})", self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::ErrorCode;

    #[test]
    fn keys_that_are_allowed() {
        for key in [
            "a",
            "cam1",
            "A.b_c-9",
            "-",
            "packets",
            "x-packets2",
            &"k".repeat(63),
        ] {
            assert_eq!(validate_key(key), Ok(()), "{key}");
        }
    }

    #[test]
    fn keys_that_are_refused_say_why() {
        let long = "k".repeat(64);
        let cases = [
            ("", "is empty"),
            (long.as_str(), "has 64 bytes, 63 at most"),
            (".hidden", "starts with a dot"),
            ("..", "starts with a dot"),
            ("cam-packets", "ends in -packets"),
            ("-packets", "ends in -packets"),
            ("a/b", "at byte 1"),
            ("caméra", "at byte 3"),
            ("a b", "at byte 1"),
            ("nul\0", "at byte 3"),
        ];
        for (key, expected) in cases {
            let error = validate_key(key).expect_err(key);
            assert_eq!(error.code(), ErrorCode::InvalidArgument);
            let text = error.to_string();
            assert!(text.contains(expected), "{text}");
            assert!(!text.chars().any(char::is_control), "{text:?}");
        }
    }

    #[test]
    fn a_huge_key_makes_a_short_message() {
        let error = validate_key(&"é".repeat(100_000)).expect_err("too long");
        assert!(error.to_string().len() < 500);
    }

    #[test]
    fn names_go_through_the_wire_and_back() {
        for text in ["a", "viewer-12345", &"n".repeat(31)] {
            let name = ConsumerName::new(text).expect(text);
            assert_eq!(name.as_str(), text);
            assert_eq!(ConsumerName::from_wire(&name.to_wire()), Ok(name));
            assert_eq!(name.to_wire()[text.len()..], [0; 32][text.len()..]);
        }
        assert!(
            ConsumerName::new(".dot").is_ok(),
            "a name is no file, it may start with a dot"
        );
    }

    #[test]
    fn names_that_are_refused() {
        assert!(ConsumerName::new("").is_err());
        assert!(ConsumerName::new(&"n".repeat(32)).is_err());
        assert!(ConsumerName::new("a b").is_err());
        assert!(ConsumerName::from_wire(&[0; 32]).is_err(), "empty");
        assert!(ConsumerName::from_wire(&[b'a'; 32]).is_err(), "no NUL");
        let mut tail = [0; 32];
        tail[0] = b'a';
        tail[5] = b'b';
        let error = ConsumerName::from_wire(&tail).expect_err("bytes behind the NUL");
        assert!(error.to_string().contains("behind its end"), "{error}");
    }
}
