//! Values of arguments: sizes, times, patterns, transforms.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use clap::ValueEnum;

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bytes(pub u64);

impl Bytes {
    /// At least one.
    pub fn some(text: &str) -> Result<Bytes, String> {
        match text.parse()? {
            Bytes(0) => Err("a frame has at least one byte".to_owned()),
            bytes => Ok(bytes),
        }
    }
}

const UNITS: [(&str, u32); 4] = [("K", 10), ("M", 20), ("G", 30), ("T", 40)];

impl FromStr for Bytes {
    type Err = String;

    /// Takes `4096`, `64K`, `256MB` and `1GiB`, all in powers of 1024.
    fn from_str(text: &str) -> Result<Bytes, String> {
        let wrong = || format!("'{text}' is not a number of bytes, as in 4096, 64K or 256MB");
        let end = text.find(|c: char| !c.is_ascii_digit());
        let (digits, unit) = text.split_at(end.unwrap_or(text.len()));
        let unit = unit.to_ascii_uppercase();
        let letter = unit.strip_suffix("IB").or(unit.strip_suffix('B'));
        let letter = letter.unwrap_or(&unit);
        let shift = match letter {
            "" if unit == "IB" => return Err(wrong()),
            "" => 0,
            letter => {
                let known = UNITS.iter().find(|(name, _)| *name == letter);
                known.ok_or_else(wrong)?.1
            }
        };
        let count = digits.parse::<u64>().map_err(|_| wrong())?;
        count.checked_mul(1 << shift).map(Bytes).ok_or_else(wrong)
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = |shift: u32| self.0 > 0 && self.0.is_multiple_of(1 << shift);
        match UNITS.iter().rev().find(|(_, shift)| fits(*shift)) {
            Some((unit, shift)) if self.0 >> 20 > 0 => write!(out, "{}{unit}B", self.0 >> shift),
            _ => write!(out, "{}", self.0),
        }
    }
}

/// Milliseconds, of which 0 means for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience(pub u64);

impl Patience {
    /// The time, if it ends.
    pub fn limit(self) -> Option<Duration> {
        (self.0 != 0).then(|| Duration::from_millis(self.0))
    }
}

impl FromStr for Patience {
    type Err = String;

    fn from_str(text: &str) -> Result<Patience, String> {
        let milliseconds = text.parse().map(Patience);
        milliseconds.map_err(|_| format!("'{text}' is not a number of milliseconds"))
    }
}

impl fmt::Display for Patience {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// What a frame holds. Frame k is the one with sequence number k + 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Pattern {
    /// Byte i of frame k is (k + i) mod 256, in every language
    Sequential,
    /// Noise that only this program knows: the 64-bit words of SplitMix64 seeded with k. Between
    /// languages compare by --checksum, since each has its own
    Random,
    /// Every byte is 0
    Zero,
    /// Every byte is 255
    Ones,
    /// Whatever lies there: nothing is written, nothing is compared
    None,
}

/// What a relay does to the bytes of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Transform {
    /// Nothing
    None,
    /// The last byte comes first
    Reverse,
    /// Each byte is changed by exclusive or with --xor-key
    Xor,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_units() {
        for (text, bytes) in [
            ("0", 0),
            ("4096", 4096),
            ("100B", 100),
            ("64K", 64 << 10),
            ("64kb", 64 << 10),
            ("256MB", 256 << 20),
            ("256MiB", 256 << 20),
            ("1g", 1 << 30),
            ("1T", 1 << 40),
        ] {
            assert_eq!(text.parse(), Ok(Bytes(bytes)), "{text}");
        }
        for text in ["", "M", "-1", "1.5M", "1X", "1iB", "1MBB", "99999999T"] {
            assert!(text.parse::<Bytes>().is_err(), "{text}");
        }
        assert!(Bytes::some("0K").is_err());
    }

    #[test]
    fn bytes_are_shown_as_they_can_be_written() {
        for (bytes, text) in [
            (0, "0"),
            (4096, "4096"),
            (256 << 20, "256MB"),
            (1 << 30, "1GB"),
            ((1 << 20) + 1, "1048577"),
        ] {
            assert_eq!(Bytes(bytes).to_string(), text);
            assert_eq!(text.parse(), Ok(Bytes(bytes)));
        }
    }

    #[test]
    fn no_time_is_all_the_time() {
        assert_eq!("0".parse().map(Patience::limit), Ok(None));
        let second = Some(Duration::from_secs(1));
        assert_eq!("1000".parse().map(Patience::limit), Ok(second));
        assert!("1s".parse::<Patience>().is_err());
    }
}
