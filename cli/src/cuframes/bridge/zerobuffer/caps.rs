//! What GStreamer says of raw video: `video/x-raw, format=NV12, width=640, height=480`.

use cuframes::Format;
use cuframes_cli::args::Ratio;

/// The picture that a string of caps describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// Of its pixels.
    pub format: Format,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// Frames per second; (0, 0) if they are not told.
    pub fps: (u32, u32),
    /// Width to height of a pixel; (0, 0) if it is not told.
    pub sar: (u32, u32),
}

const MEDIA: &str = "video/x-raw";

/// Formats with GStreamer's names for them.
const NAMES: [(Format, &str); 12] = [
    (Format::Nv12, "NV12"),
    (Format::P010, "P010_10LE"),
    (Format::Yu12, "I420"),
    (Format::Yuyv, "YUY2"),
    (Format::Uyvy, "UYVY"),
    (Format::Rg24, "BGR"),
    (Format::Bg24, "RGB"),
    (Format::Ar24, "BGRA"),
    (Format::Ab24, "RGBA"),
    (Format::Xr24, "BGRx"),
    (Format::Xb24, "RGBx"),
    (Format::R8, "GRAY8"),
];

impl Caps {
    /// As GStreamer writes it.
    pub fn text(&self) -> String {
        let mut text = format!(
            "{MEDIA}, format={}, width={}, height={}, framerate={}",
            name(self.format),
            self.width,
            self.height,
            fraction(self.fps, "0/1")
        );
        if self.sar.0 != 0 && self.sar.1 != 0 {
            text += &format!(", pixel-aspect-ratio={}", fraction(self.sar, "1/1"));
        }
        text
    }

    /// Reads one description of one picture: no lists, no ranges, no other memory.
    pub fn parse(text: &str) -> Result<Caps, String> {
        let mut parts = split(text).into_iter();
        match parts.next().unwrap_or_default().trim() {
            MEDIA => {}
            other => return Err(format!("'{other}' is not {MEDIA}")),
        }
        let (mut format, mut width, mut height) = (None, None, None);
        let (mut fps, mut sar) = ((0, 0), (0, 0));
        for part in parts {
            let (field, value) = field(part)?;
            match field {
                "format" => format = Some(by_name(value)?),
                "width" => width = Some(pixels(field, value)?),
                "height" => height = Some(pixels(field, value)?),
                "framerate" => fps = ratio(field, value)?,
                "pixel-aspect-ratio" => sar = ratio(field, value)?,
                _ => {}
            }
        }
        let missing = |field: &str| format!("it has no {field}");
        Ok(Caps {
            format: format.ok_or_else(|| missing("format"))?,
            width: width.ok_or_else(|| missing("width"))?,
            height: height.ok_or_else(|| missing("height"))?,
            fps,
            sar,
        })
    }
}

fn name(format: Format) -> &'static str {
    let mut names = NAMES.iter();
    names
        .find(|(known, _)| *known == format)
        .map_or("", |(_, name)| name)
}

fn by_name(name: &str) -> Result<Format, String> {
    let found = NAMES.iter().find(|(_, known)| *known == name);
    found.map(|(format, _)| *format).ok_or_else(|| {
        let known = NAMES.map(|(_, name)| name).join(", ");
        format!("it has the format '{name}'; those that a key can have are {known}")
    })
}

/// Splits at commas outside of quotes, and of the lists that brackets hold.
fn split(text: &str) -> Vec<&str> {
    let (mut quoted, mut depth) = (false, 0i32);
    text.split(|letter| {
        match letter {
            '"' => quoted = !quoted,
            '{' | '[' | '<' if !quoted => depth += 1,
            '}' | ']' | '>' if !quoted => depth -= 1,
            _ => {}
        }
        letter == ',' && !quoted && depth == 0
    })
    .collect()
}

/// Name and value of `width=(int)640`, without type and quotes.
fn field(part: &str) -> Result<(&str, &str), String> {
    let part = part.trim().trim_end_matches(';');
    let (field, value) = part
        .split_once('=')
        .ok_or_else(|| format!("'{part}' is not a field and its value"))?;
    let value = value.trim();
    let value = match value
        .strip_prefix('(')
        .and_then(|rest| rest.split_once(')'))
    {
        Some((_, value)) => value.trim(),
        None => value,
    };
    Ok((field.trim(), value.trim_matches('"')))
}

fn pixels(field: &str, value: &str) -> Result<u32, String> {
    value
        .parse()
        .map_err(|_| format!("its {field} is '{value}', which is no number of pixels"))
}

/// A fraction; GStreamer's 0/1 is a rate that varies.
fn ratio(field: &str, value: &str) -> Result<(u32, u32), String> {
    if value.starts_with("0/") {
        return Ok((0, 0));
    }
    let ratio: Result<Ratio, String> = value.parse();
    ratio
        .map(|ratio| (ratio.num, ratio.den))
        .map_err(|_| format!("its {field} is '{value}', which is no fraction"))
}

fn fraction((num, den): (u32, u32), unknown: &str) -> String {
    match num == 0 || den == 0 {
        true => unknown.to_owned(),
        false => format!("{num}/{den}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_can_be_read() {
        for (format, _) in NAMES {
            for (fps, sar) in [
                ((25, 1), (0, 0)),
                ((30_000, 1001), (4, 3)),
                ((0, 0), (1, 1)),
            ] {
                let caps = Caps {
                    format,
                    width: 33,
                    height: 17,
                    fps,
                    sar,
                };
                assert_eq!(Caps::parse(&caps.text()), Ok(caps), "{}", caps.text());
            }
        }
        assert!(
            Format::ALL
                .into_iter()
                .all(|format| !name(format).is_empty())
        );
    }

    #[test]
    fn what_gstreamer_writes_can_be_read() {
        let caps = Caps::parse(
            "video/x-raw, format=(string)NV12, width=(int)1920, height=(int)1080, \
             interlace-mode=(string)progressive, multiview-mode=(string)mono, \
             multiview-flags=(GstVideoMultiviewFlagsSet)0:ffffffff:/right-view-first/left-flipped, \
             pixel-aspect-ratio=(fraction)1/1, colorimetry=(string)\"bt709, and more\", \
             framerate=(fraction)30/1",
        );
        let caps = caps.expect("caps");
        assert_eq!(
            (caps.format, caps.width, caps.height),
            (Format::Nv12, 1920, 1080)
        );
        assert_eq!((caps.fps, caps.sar), ((30, 1), (1, 1)));
        let bare = Caps::parse("video/x-raw,format=BGR,width=640,height=480").expect("caps");
        assert_eq!(
            (bare.format, bare.fps, bare.sar),
            (Format::Rg24, (0, 0), (0, 0))
        );
    }

    #[test]
    fn what_is_no_picture_is_refused_by_name() {
        for (text, word) in [
            ("", "''"),
            ("image/jpeg, width=640, height=480", "image/jpeg"),
            (
                "video/x-raw(memory:CUDAMemory), format=NV12, width=4, height=4",
                "CUDAMemory",
            ),
            ("video/x-raw, format=NV12, width=640", "no height"),
            ("video/x-raw, width=640, height=480", "no format"),
            ("video/x-raw, format=NV21, width=4, height=4", "NV21"),
            (
                "video/x-raw, format=NV12, width=[ 1, 640 ], height=4",
                "[ 1, 640 ]",
            ),
            (
                "video/x-raw, format={ NV12, I420 }, width=4, height=4",
                "{ NV12, I420 }",
            ),
            ("video/x-raw, format=NV12, width=-4, height=4", "-4"),
            (
                "video/x-raw, format=NV12, width=4, height=4, framerate=x",
                "framerate",
            ),
            ("video/x-raw, format=NV12, width", "'width'"),
        ] {
            let refused = Caps::parse(text).expect_err(text);
            assert!(refused.contains(word), "{text}: {refused}");
        }
    }
}
