//! Values of arguments: sizes, rates, times, modes.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use cuframes::{Format, FrameLayout};

/// A rational number greater than 0: frames per second, or the seconds of a time base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ratio {
    /// Numerator.
    pub num: u32,
    /// Denominator.
    pub den: u32,
}

impl FromStr for Ratio {
    type Err = String;

    /// Takes `25`, `30000/1001` and `29.97`.
    fn from_str(text: &str) -> Result<Ratio, String> {
        let wrong =
            || format!("'{text}' is not a number greater than 0, as in 25, 30000/1001 or 12.5");
        let (num, den) = if let Some((num, den)) = text.split_once('/') {
            (num.parse::<u64>().ok(), den.parse::<u64>().ok())
        } else if let Some((whole, part)) = text.split_once('.') {
            let digits = u32::try_from(part.len()).unwrap_or(u32::MAX);
            let plain = part.bytes().all(|b| b.is_ascii_digit());
            let num = format!("{whole}{part}").parse::<u64>().ok();
            (num.filter(|_| plain), 10u64.checked_pow(digits))
        } else {
            (text.parse::<u64>().ok(), Some(1))
        };
        let (num, den) = num
            .zip(den)
            .filter(|&(n, d)| n > 0 && d > 0)
            .ok_or_else(wrong)?;
        let common = greatest_common_divisor(num, den);
        let small = |n: u64| u32::try_from(n / common).map_err(|_| wrong());
        Ok(Ratio {
            num: small(num)?,
            den: small(den)?,
        })
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.num, self.den)
    }
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 {
        a
    } else {
        greatest_common_divisor(b, a % b)
    }
}

/// Width and height in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Size, String> {
        let (width, height) = text
            .split_once('x')
            .and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)))
            .ok_or_else(|| format!("'{text}' is not a size; it is WIDTHxHEIGHT, as in 640x480"))?;
        // Which sizes there are does not depend on the format, but for the very largest.
        FrameLayout::new(Format::R8, width, height).map_err(|error| error.to_string())?;
        Ok(Size { width, height })
    }
}

/// Size and rate of the test pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TestPattern {
    /// Of the picture.
    pub size: Size,
    /// Frames per second.
    pub fps: Ratio,
}

impl FromStr for TestPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<TestPattern, String> {
        let (size, fps) = text.split_once('@').ok_or_else(|| {
            format!("'{text}' is not a test pattern; it is WIDTHxHEIGHT@FPS, as in 640x480@25")
        })?;
        Ok(TestPattern {
            size: size.parse()?,
            fps: fps.parse()?,
        })
    }
}

/// An option of FFmpeg's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputOption {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

impl FromStr for InputOption {
    type Err = String;

    fn from_str(text: &str) -> Result<InputOption, String> {
        match text.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok(InputOption {
                name: name.to_owned(),
                value: value.to_owned(),
            }),
            _ => Err("it is NAME=VALUE, as in video_size=640x480".to_owned()),
        }
    }
}

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bytes(pub u64);

impl FromStr for Bytes {
    type Err = String;

    /// Takes `4096`, `512K`, `16M` and `1G`, in powers of 1024.
    fn from_str(text: &str) -> Result<Bytes, String> {
        let units = [("K", 10), ("M", 20), ("G", 30)];
        let unit = units
            .iter()
            .find_map(|&(unit, shift)| Some((text.strip_suffix(unit)?, shift)));
        let (digits, shift) = unit.unwrap_or((text, 0));
        let count = digits.parse::<u64>().ok();
        let bytes = count.and_then(|count| count.checked_mul(1 << shift));
        bytes
            .map(Bytes)
            .ok_or_else(|| format!("'{text}' is not a number of bytes, as in 4096, 512K or 16M"))
    }
}

/// Seconds, with decimals.
pub fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: Option<f64> = text.parse().ok();
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| format!("'{text}' is not a number of seconds, as in 5 or 0.25"))
}

/// A time that may be over, or never is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience(pub Option<Duration>);

impl FromStr for Patience {
    type Err = String;

    fn from_str(text: &str) -> Result<Patience, String> {
        match text {
            "never" => Ok(Patience(None)),
            _ => seconds(text)
                .map(|limit| Patience(Some(limit)))
                .map_err(|error| format!("{error}, or never")),
        }
    }
}

/// An octal file mode.
pub fn mode(text: &str) -> Result<u32, String> {
    let digits = text.strip_prefix("0o").unwrap_or(text);
    u32::from_str_radix(digits, 8)
        .ok()
        .filter(|&mode| mode <= 0o777)
        .ok_or_else(|| format!("'{text}' is not an octal file mode, as in 660"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratio(text: &str) -> Option<(u32, u32)> {
        text.parse().ok().map(|Ratio { num, den }| (num, den))
    }

    #[test]
    fn bytes() {
        for (text, bytes) in [
            ("4096", 4096),
            ("512K", 512 << 10),
            ("16M", 16 << 20),
            ("1G", 1 << 30),
        ] {
            assert_eq!(text.parse(), Ok(Bytes(bytes)));
        }
        for text in ["", "M", "-1", "1.5M", "1m", "99999999999G"] {
            assert!(text.parse::<Bytes>().is_err(), "{text}");
        }
    }

    #[test]
    fn rates() {
        assert_eq!(ratio("25"), Some((25, 1)));
        assert_eq!(ratio("30000/1001"), Some((30_000, 1001)));
        assert_eq!(ratio("50/2"), Some((25, 1)));
        assert_eq!(ratio("12.5"), Some((25, 2)));
        assert_eq!(ratio("29.97"), Some((2997, 100)));
        assert_eq!(ratio("1/1000000000"), Some((1, 1_000_000_000)));
        for wrong in [
            "",
            "0",
            "0/1",
            "1/0",
            "-1",
            "1/-1",
            "x",
            ".",
            "1.x",
            "nan",
            "1e3",
            "5000000000",
        ] {
            assert_eq!(ratio(wrong), None, "{wrong}");
        }
        assert_eq!(ratio(&format!("0.{}1", "0".repeat(60))), None);
    }

    #[test]
    fn sizes() {
        let size = |text: &str| {
            text.parse()
                .ok()
                .map(|Size { width, height }| (width, height))
        };
        assert_eq!(size("640x480"), Some((640, 480)));
        assert_eq!(size("1x32768"), Some((1, 32_768)));
        for wrong in [
            "", "640", "0x480", "640x0", "65536x1", "1x32769", "-1x1", "640X480",
        ] {
            assert_eq!(size(wrong), None, "{wrong}");
        }
        assert!("640x480".parse::<TestPattern>().is_err());
        assert!("640x480@0".parse::<TestPattern>().is_err());
        assert!("640x480@30".parse::<TestPattern>().is_ok());
    }

    #[test]
    fn times_and_modes() {
        assert_eq!(seconds("0.25"), Ok(Duration::from_millis(250)));
        for wrong in ["", "-1", "nan", "inf", "1e30", "5s"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
        assert_eq!("never".parse(), Ok(Patience(None)));
        assert_eq!("2".parse(), Ok(Patience(Some(Duration::from_secs(2)))));
        assert_eq!(mode("660"), Ok(0o660));
        assert_eq!(mode("0660"), Ok(0o660));
        assert_eq!(mode("0o600"), Ok(0o600));
        for wrong in ["", "8", "1777", "rw"] {
            assert!(mode(wrong).is_err(), "{wrong}");
        }
    }
}
