//! Names of recordings: the time at which they begin, and a number where there is one already.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Local};

/// A container that packets are recorded into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    Mp4,
    Matroska,
    Ts,
}

impl Container {
    /// FFmpeg's name.
    pub fn muxer(self) -> &'static str {
        match self {
            Container::Mp4 => "mp4",
            Container::Matroska => "matroska",
            Container::Ts => "mpegts",
        }
    }
}

/// A piece of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// chrono's specifier, and how many digits it has, if that is always the same.
    Digits(&'static str, Option<usize>),
    /// A sign and four digits.
    Zone,
}

/// The pattern of the names of a recording.
#[derive(Clone, Debug)]
pub struct Names {
    folder: Vec<Piece>,
    stem: Vec<Piece>,
    extension: String,
    pub container: Container,
}

impl Names {
    /// The names that `output` stands for.
    pub fn new(output: &Path) -> Result<Names, String> {
        let text = output.to_str().ok_or("the file's name is not UTF-8")?;
        let (folder, name) = match text.rfind('/') {
            Some(slash) => text.split_at(slash + 1),
            None => ("", text),
        };
        let unknown = || format!("{text} has to end with .mp4, .mkv or .ts");
        let (stem, extension) = name.rsplit_once('.').ok_or_else(unknown)?;
        let container = match extension {
            "mp4" => Container::Mp4,
            "mkv" => Container::Matroska,
            "ts" => Container::Ts,
            _ => return Err(unknown()),
        };
        if stem.is_empty() {
            return Err(unknown());
        }
        Ok(Names {
            folder: pieces(folder)?,
            stem: pieces(stem)?,
            extension: extension.to_owned(),
            container,
        })
    }

    /// The folder of all recordings; `None` if it depends on the time.
    pub fn folder(&self) -> Option<PathBuf> {
        match &self.folder[..] {
            [] => Some(PathBuf::from(".")),
            [Piece::Text(folder)] => Some(PathBuf::from(folder)),
            _ => None,
        }
    }

    /// The name of a recording that begins at `time`, the `again`th with this name.
    pub fn at(&self, time: &DateTime<Local>, again: u32) -> PathBuf {
        let number = match again {
            0 => String::new(),
            again => format!("-{again}"),
        };
        let (folder, stem) = (written(&self.folder, time), written(&self.stem, time));
        PathBuf::from(format!("{folder}{stem}{number}.{}", self.extension))
    }

    /// The number behind the name of a file in the folder, 0 if it has none; `None` for files
    /// that are no recordings of this name.
    pub fn number(&self, name: &str) -> Option<u32> {
        let stem = name.strip_suffix(&self.extension)?.strip_suffix('.')?;
        if fits(&self.stem, stem) {
            return Some(0);
        }
        let (stem, number) = stem.rsplit_once('-')?;
        let plain = number.bytes().all(|byte| byte.is_ascii_digit()) && !number.starts_with('0');
        number
            .parse()
            .ok()
            .filter(|_| plain && fits(&self.stem, stem))
    }
}

fn pieces(text: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            plain.push(letter);
            continue;
        }
        let specifier = letters.next();
        let piece = match specifier {
            Some('%') => {
                plain.push('%');
                continue;
            }
            Some('Y') => Piece::Digits("%Y", Some(4)),
            Some('y') => Piece::Digits("%y", Some(2)),
            Some('m') => Piece::Digits("%m", Some(2)),
            Some('d') => Piece::Digits("%d", Some(2)),
            Some('H') => Piece::Digits("%H", Some(2)),
            Some('M') => Piece::Digits("%M", Some(2)),
            Some('S') => Piece::Digits("%S", Some(2)),
            Some('j') => Piece::Digits("%j", Some(3)),
            Some('s') => Piece::Digits("%s", None),
            Some('z') => Piece::Zone,
            Some('F') => {
                plain_end(&mut plain, &mut pieces);
                pieces.extend(self::pieces("%Y-%m-%d")?);
                continue;
            }
            other => {
                return Err(format!(
                    "%{} in {text} stands for nothing; there are %Y %m %d %H %M %S %y %j %s %F \
                     %z and %%",
                    other.map_or(String::new(), String::from)
                ));
            }
        };
        plain_end(&mut plain, &mut pieces);
        pieces.push(piece);
    }
    plain_end(&mut plain, &mut pieces);
    Ok(pieces)
}

fn plain_end(plain: &mut String, pieces: &mut Vec<Piece>) {
    if !plain.is_empty() {
        pieces.push(Piece::Text(std::mem::take(plain)));
    }
}

fn written(pieces: &[Piece], time: &DateTime<Local>) -> String {
    let mut text = String::new();
    for piece in pieces {
        // Writing to a string, by specifiers that chrono knows, does not fail.
        let _ = match piece {
            Piece::Text(plain) => text.write_str(plain),
            Piece::Digits(specifier, _) => write!(text, "{}", time.format(specifier)),
            Piece::Zone => write!(text, "{}", time.format("%z")),
        };
    }
    text
}

fn fits(pieces: &[Piece], text: &str) -> bool {
    let Some((piece, rest)) = pieces.split_first() else {
        return text.is_empty();
    };
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    match piece {
        Piece::Text(plain) => text
            .strip_prefix(plain.as_str())
            .is_some_and(|text| fits(rest, text)),
        Piece::Digits(_, Some(count)) => digits >= *count && fits(rest, &text[*count..]),
        Piece::Digits(_, None) => (1..=digits).any(|count| fits(rest, &text[count..])),
        Piece::Zone => {
            let number = text.strip_prefix(['+', '-']);
            number.is_some_and(|text| {
                text.len() >= 4
                    && text.bytes().take(4).all(|byte| byte.is_ascii_digit())
                    && fits(rest, &text[4..])
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Names {
        Names::new(Path::new(text)).expect("names")
    }

    #[test]
    fn times_and_numbers() {
        let time: DateTime<Local> = DateTime::from_timestamp(1_800_000_000, 0)
            .expect("a time")
            .into();
        let day = time.format("%Y-%m-%d").to_string();
        let at = |text: &str, again| names(text).at(&time, again);
        assert_eq!(at("a.mp4", 0), Path::new("a.mp4"));
        assert_eq!(at("/x.y/a.b.mkv", 2), Path::new("/x.y/a.b-2.mkv"));
        assert_eq!(
            at("%F/c-%s.ts", 0),
            Path::new(&format!("{day}/c-1800000000.ts"))
        );
        assert_eq!(at("100%%.ts", 0), Path::new("100%.ts"));
        assert_eq!(names("%F/c.ts").folder(), None);
        assert_eq!(names("x/c.ts").folder(), Some("x/".into()));
        assert_eq!(names("c%H.ts").folder(), Some(".".into()));
    }

    #[test]
    fn wrong_names() {
        for wrong in [
            "", "a", "a.avi", ".mp4", "x/.mp4", "a%.mp4", "a%Q.mp4", "%E/a.mp4", "a.MP4",
        ] {
            assert!(Names::new(Path::new(wrong)).is_err(), "{wrong}");
        }
    }

    /// What is removed must be ours.
    #[test]
    fn names_of_others_do_not_fit() {
        let cam = names("cam-%Y%m%d-%H%M%S.mp4");
        for ours in ["cam-20261121-143000.mp4", "cam-20261121-143000-12.mp4"] {
            assert!(cam.number(ours).is_some(), "{ours}");
        }
        for other in [
            "cam-20261121-143000.mkv",
            "cam-20261121-14300.mp4",
            "cam-20261121-143000-0.mp4",
            "cam-20261121-143000-.mp4",
            "cam-20261121-143000-x.mp4",
            "cam-20261121-1430000.mp4",
            "mycam-20261121-143000.mp4",
            "cam-holiday.mp4",
            "cam-20261121-143000.mp4.part",
            "cam-2026\u{661}121-143000.mp4",
        ] {
            assert_eq!(cam.number(other), None, "{other}");
        }
        let number = |pattern: &str, name: &str| names(pattern).number(name);
        assert_eq!(number("c%s.ts", "c1800000000.ts"), Some(0));
        assert_eq!(number("c%z.ts", "c+0100.ts"), Some(0));
        assert_eq!(number("c%z.ts", "c0100.ts"), None);
        assert_eq!(number("cam.mp4", "cam.mp4"), Some(0));
        assert_eq!(number("cam.mp4", "cam-3.mp4"), Some(3));
        assert_eq!(number("cam.mp4", "cam-3-4.mp4"), None);
    }
}
