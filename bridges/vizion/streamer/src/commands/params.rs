//! The parameters of a command.

use std::num::IntErrorKind;

use serde_json::{Map, Value};

use crate::streamer::{Code, Refusal};

/// Characters of a wrong value that are said again.
const QUOTED: usize = 40;

/// The parameters of a command. One that is null is as good as missing.
#[derive(Clone, Copy, Debug)]
pub struct Params<'a>(&'a Map<String, Value>);

impl<'a> Params<'a> {
    pub fn of(members: &'a Map<String, Value>) -> Params<'a> {
        Params(members)
    }

    /// Every parameter.
    pub fn all(self) -> impl Iterator<Item = (&'a str, &'a Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    fn get(self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A text, if it is there.
    pub fn text_if_any(self, name: &str) -> Result<Option<&'a str>, Refusal> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(wrong(name, other, "text")),
        }
    }

    /// A text.
    pub fn text(self, name: &str) -> Result<&'a str, Refusal> {
        self.text_if_any(name)?.ok_or_else(|| missing(name))
    }

    /// A whole number, if it is there.
    pub fn number_if_any<T: TryFrom<i128>>(self, name: &str) -> Result<Option<T>, Refusal> {
        self.get(name).map(|value| number(name, value)).transpose()
    }

    /// A whole number.
    pub fn number<T: TryFrom<i128>>(self, name: &str) -> Result<T, Refusal> {
        self.number_if_any(name)?.ok_or_else(|| missing(name))
    }
}

/// The whole number that a value is, also as text.
pub fn number<T: TryFrom<i128>>(name: &str, value: &Value) -> Result<T, Refusal> {
    let out_of_range = || {
        let what = format!("parameter '{name}' is out of range: {}", quoted(value));
        Refusal::new(Code::OutOfRange, what)
    };
    let number = match value {
        Value::Number(number) => {
            let whole = number.as_i128();
            // 5.0 is a whole number, too.
            let float = number.as_f64().filter(|float| float.fract() == 0.0);
            whole.or(float.map(|float| float as i128))
        }
        Value::String(text) => match text.trim().parse::<i128>() {
            Ok(number) => Some(number),
            Err(error) => match error.kind() {
                IntErrorKind::PosOverflow | IntErrorKind::NegOverflow => return Err(out_of_range()),
                _ => None,
            },
        },
        _ => None,
    };
    let number = number.ok_or_else(|| wrong(name, value, "a whole number"))?;
    T::try_from(number).map_err(|_| out_of_range())
}

fn missing(name: &str) -> Refusal {
    Refusal::new(Code::Invalid, format!("parameter '{name}' is missing"))
}

fn wrong(name: &str, value: &Value, wanted: &str) -> Refusal {
    let what = format!("parameter '{name}' is not {wanted}: {}", quoted(value));
    Refusal::new(Code::Invalid, what)
}

/// A value as JSON, or its beginning.
fn quoted(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(QUOTED) {
        None => text,
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn params(value: Value) -> Map<String, Value> {
        value.as_object().cloned().expect("an object")
    }

    #[test]
    fn numbers_are_numbers_or_text() {
        for (value, wanted) in [
            (json!(50), 50),
            (json!("50"), 50),
            (json!(" -7\n"), -7),
            (json!("+3"), 3),
            (json!(5.0), 5),
            (json!(i64::MIN), i64::MIN),
        ] {
            let given = params(json!({ "value": value }));
            assert_eq!(Params::of(&given).number("value"), Ok(wanted), "{value}");
        }
    }

    #[test]
    fn what_is_no_number_says_so() {
        for (value, said) in [
            (json!(null), "parameter 'value' is missing"),
            (
                json!("abc"),
                "parameter 'value' is not a whole number: \"abc\"",
            ),
            (json!(""), "parameter 'value' is not a whole number: \"\""),
            (
                json!("0x10"),
                "parameter 'value' is not a whole number: \"0x10\"",
            ),
            (
                json!("5 5"),
                "parameter 'value' is not a whole number: \"5 5\"",
            ),
            (json!(1.5), "parameter 'value' is not a whole number: 1.5"),
            (json!(true), "parameter 'value' is not a whole number: true"),
            (json!([1]), "parameter 'value' is not a whole number: [1]"),
            (json!(-1), "parameter 'value' is out of range: -1"),
            (
                json!("4294967296"),
                "parameter 'value' is out of range: \"4294967296\"",
            ),
            (json!(1e300), "parameter 'value' is out of range: 1e+300"),
        ] {
            let given = params(json!({ "value": value }));
            let refusal = Params::of(&given).number::<u32>("value").expect_err("none");
            assert_eq!(refusal.to_string(), said);
        }
        let digits = params(json!({ "value": "9".repeat(60_000) }));
        let refusal = Params::of(&digits)
            .number::<u64>("value")
            .expect_err("none");
        let said = format!("parameter 'value' is out of range: \"{}...", "9".repeat(39));
        assert_eq!(
            (refusal.to_string(), refusal.code()),
            (said, "out_of_range")
        );
    }

    #[test]
    fn text_is_text() {
        let given = params(json!({ "a": "b", "c": 5, "d": null }));
        let given = Params::of(&given);
        assert_eq!(given.text("a"), Ok("b"));
        let said = |name| given.text(name).expect_err("no text").to_string();
        assert_eq!(said("c"), "parameter 'c' is not text: 5");
        assert_eq!(said("d"), "parameter 'd' is missing");
        assert_eq!(given.text_if_any("e"), Ok(None));
    }
}
