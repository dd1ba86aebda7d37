//! Values of arguments.

use std::str::FromStr;
use std::time::Duration;

use serde_json::Value;

/// More than zero seconds, and fractions of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seconds(pub Duration);

impl FromStr for Seconds {
    type Err = String;

    fn from_str(text: &str) -> Result<Seconds, String> {
        let seconds = text.parse().ok().map(Duration::try_from_secs_f64);
        match seconds {
            Some(Ok(time)) if !time.is_zero() => Ok(Seconds(time)),
            _ => Err(format!(
                "'{text}' is not a number of seconds, as in 1 or 0.5"
            )),
        }
    }
}

/// eHDR, on or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// On.
    On,
    /// Off.
    Off,
}

impl FromStr for Switch {
    type Err = String;

    fn from_str(text: &str) -> Result<Switch, String> {
        match text {
            "on" | "0" => Ok(Switch::On),
            "off" | "1" => Ok(Switch::Off),
            _ => Err("it is on (which the socket calls 0) or off (1)".to_owned()),
        }
    }
}

/// A name and its value. What reads like a number, true or false is one; the rest is text.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// What gets a value.
    pub name: String,
    /// The value.
    pub value: Value,
}

impl FromStr for Assignment {
    type Err = String;

    fn from_str(text: &str) -> Result<Assignment, String> {
        match text.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok(Assignment {
                name: name.to_owned(),
                value: match serde_json::from_str(value) {
                    Ok(json @ (Value::Number(_) | Value::Bool(_))) => json,
                    _ => Value::from(value),
                },
            }),
            _ => Err(format!("'{text}' is no NAME=VALUE, as in gain=10")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_have_fractions() {
        let parse = |text: &str| text.parse().map(|Seconds(time)| time);
        assert_eq!(parse("1"), Ok(Duration::from_secs(1)));
        assert_eq!(parse("0.25"), Ok(Duration::from_millis(250)));
        for text in ["", "0", "-1", "1s", "inf", "nan", "1e30"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn on_is_zero() {
        for (text, switch) in [("on", Switch::On), ("0", Switch::On)] {
            assert_eq!(text.parse(), Ok(switch));
        }
        for (text, switch) in [("off", Switch::Off), ("1", Switch::Off)] {
            assert_eq!(text.parse(), Ok(switch));
        }
        assert!("2".parse::<Switch>().is_err());
    }

    #[test]
    fn values_are_numbers_or_text() {
        let value = |text: &str| text.parse().map(|one: Assignment| one.value);
        assert_eq!(value("gain=-3"), Ok(Value::from(-3)));
        assert_eq!(value("a=true"), Ok(Value::from(true)));
        assert_eq!(value("a=b=c"), Ok(Value::from("b=c")));
        assert_eq!(value("a="), Ok(Value::from("")));
        assert_eq!(value("a=[1]"), Ok(Value::from("[1]")));
        assert!(value("gain").is_err() && value("=1").is_err());
    }
}
