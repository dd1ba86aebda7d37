//! What the metadata of a buffer says about its frames.

use cuframes::meta::StreamInfo;
use cuframes::{Format, FrameLayout};
use cuframes_cli::args::Rows;
use serde_json::{Value, json};

use super::caps::Caps;
use super::packing::Packing;

/// The element that is named as the source of the frames.
const ELEMENT: &str = "cuframes";

/// A picture, and how it lies in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Description {
    /// Format, size and rate.
    pub caps: Caps,
    /// `None`: it was not told, so that the size of a frame has to tell it.
    packing: Option<Packing>,
}

impl Description {
    /// Of the frames of a key.
    pub fn of(layout: &FrameLayout, stream: &StreamInfo, rows: Rows) -> Description {
        let caps = Caps {
            format: layout.format,
            width: layout.width,
            height: layout.height,
            fps: stream.fps,
            sar: stream.sar,
        };
        Description::with(caps, rows)
    }

    fn with(caps: Caps, rows: Rows) -> Description {
        let packing = Packing::new(rows, caps.format, caps.width, caps.height);
        Description {
            caps,
            packing: Some(packing),
        }
    }

    /// Of caps that say nothing about rows.
    pub fn by_caps(text: &str) -> Result<Description, String> {
        let caps = Caps::parse(text)?;
        FrameLayout::new(caps.format, caps.width, caps.height)
            .map_err(|error| error.to_string())?;
        Ok(Description {
            caps,
            packing: None,
        })
    }

    /// Whether frames that `other` describes are what this one says.
    pub fn carries(&self, other: &Description) -> bool {
        let picture = |caps: &Caps| (caps.format, caps.width, caps.height);
        picture(&self.caps) == picture(&other.caps)
            && self.packing(other.size()) == other.packing(other.size())
    }

    /// How a frame of `size` bytes is laid out; `None`: it is not one of these.
    pub fn packing(&self, size: usize) -> Option<Packing> {
        let Caps {
            format,
            width,
            height,
            ..
        } = self.caps;
        let guesses = || {
            [Rows::Packed, Rows::Gstreamer].map(|rows| Packing::new(rows, format, width, height))
        };
        let known = match self.packing {
            Some(packing) => vec![packing],
            None => guesses().to_vec(),
        };
        known.into_iter().find(|packing| packing.size == size)
    }

    /// Bytes of a frame: for caps alone, the most that it can have.
    pub fn size(&self) -> usize {
        let Caps {
            format,
            width,
            height,
            ..
        } = self.caps;
        let most = || Packing::new(Rows::Gstreamer, format, width, height);
        self.packing.unwrap_or_else(most).size
    }

    /// As metadata.
    pub fn to_json(self) -> String {
        let Caps {
            format,
            width,
            height,
            ..
        } = self.caps;
        let packing = self
            .packing
            .unwrap_or_else(|| Packing::new(Rows::Packed, format, width, height));
        let planes: Vec<Value> = packing
            .planes()
            .iter()
            .map(|plane| {
                json!({
                    "offset": plane.offset,
                    "pitch": plane.pitch,
                    "rows": plane.rows,
                    "bytes": plane.row_bytes,
                })
            })
            .collect();
        let text = json!({
            "type": "video",
            "version": "1.0",
            "caps": self.caps.text(),
            "element_name": ELEMENT,
            "cuframes": {
                "fourcc": format.fourcc_name(),
                "width": width,
                "height": height,
                "planes": planes,
                "size": packing.size,
            },
        });
        text.to_string()
    }

    /// Reads metadata: of this program, with its planes; of others, with caps in a JSON object,
    /// or with nothing but caps.
    pub fn parse(metadata: &[u8]) -> Result<Description, String> {
        let text = std::str::from_utf8(metadata).map_err(|_| "it is not text".to_owned())?;
        // GStreamer's elements in C count the NUL behind a string, some of them.
        let text = text.trim_end_matches('\0').trim();
        if text.starts_with("video/") {
            return Description::by_caps(text);
        }
        let json: Value =
            serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}"))?;
        let caps = json["caps"].as_str().ok_or("it has no string \"caps\"")?;
        let mut description = Description::by_caps(caps)?;
        if let Some(own) = json.get("cuframes") {
            description.packing = Some(planes(own, &description.caps)?);
        }
        Ok(description)
    }
}

/// The planes of a description of our own, which has to agree with the caps.
fn planes(own: &Value, caps: &Caps) -> Result<Packing, String> {
    let fourcc = own["fourcc"].as_str().unwrap_or_default();
    let format: Option<Format> = fourcc.parse().ok();
    let said = (format, own["width"].as_u64(), own["height"].as_u64());
    let of_caps = (
        Some(caps.format),
        Some(caps.width.into()),
        Some(caps.height.into()),
    );
    if said != of_caps {
        return Err("its \"cuframes\" and its \"caps\" describe different pictures".to_owned());
    }
    let places: Option<Vec<(u64, u64)>> = own["planes"].as_array().and_then(|planes| {
        let place = |plane: &Value| Some((plane["offset"].as_u64()?, plane["pitch"].as_u64()?));
        planes.iter().map(place).collect()
    });
    places
        .zip(own["size"].as_u64())
        .and_then(|(places, size)| {
            Packing::told(caps.format, (caps.width, caps.height), &places, size)
        })
        .ok_or_else(|| "the planes of its \"cuframes\" do not make up such a picture".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn description(rows: Rows) -> Description {
        let layout = FrameLayout::new(Format::Yu12, 33, 17).expect("a layout");
        let stream = StreamInfo {
            fps: (25, 1),
            ..StreamInfo::default()
        };
        Description::of(&layout, &stream, rows)
    }

    #[test]
    fn what_is_written_can_be_read() {
        for rows in [Rows::Packed, Rows::Gstreamer] {
            let description = description(rows);
            let text = description.to_json();
            assert_eq!(
                Description::parse(text.as_bytes()),
                Ok(description),
                "{text}"
            );
        }
        let text = description(Rows::Packed).to_json();
        let json: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(json["type"], "video");
        assert_eq!(json["version"], "1.0");
        assert_eq!(json["element_name"], "cuframes");
        assert_eq!(
            json["caps"],
            "video/x-raw, format=I420, width=33, height=17, framerate=25/1"
        );
        assert_eq!(json["cuframes"]["size"], 867);
        let chroma = json!({"offset": 714, "pitch": 17, "rows": 9, "bytes": 17});
        assert_eq!(json["cuframes"]["planes"][2], chroma);
    }

    #[test]
    fn metadata_of_others_leaves_the_rows_to_the_size() {
        let caps = "video/x-raw, format=(string)RGB, width=(int)33, height=(int)17";
        let json = json!({"type": "video", "caps": caps, "element_name": "zerosink0"}).to_string();
        for text in [caps.to_owned(), format!("{caps}\0"), json] {
            let description = Description::parse(text.as_bytes()).expect("a description");
            let pitch = |size| {
                description
                    .packing(size)
                    .map(|packing| packing.planes()[0].pitch)
            };
            assert_eq!(pitch(99 * 17), Some(99));
            assert_eq!(pitch(100 * 17), Some(100));
            assert_eq!(pitch(99 * 17 + 1), None);
            assert_eq!(description.size(), 1700);
        }
    }

    #[test]
    fn metadata_that_makes_no_sense_is_refused() {
        let good = description(Rows::Packed).to_json();
        let replaced = |from: &str, to: &str| good.replace(from, to);
        for (text, word) in [
            (String::new(), "not JSON"),
            ("{}".to_owned(), "caps"),
            (replaced("YU12", "NV12"), "different pictures"),
            (
                replaced("\"width\":33", "\"width\":34"),
                "different pictures",
            ),
            (replaced("\"size\":867", "\"size\":866"), "planes"),
            (replaced("\"pitch\":17", "\"pitch\":16"), "planes"),
            (replaced("height=17", "height=99999"), "1 to 32768"),
        ] {
            assert_ne!(text, good, "{word}");
            let refused = Description::parse(text.as_bytes()).expect_err(&text);
            assert!(refused.contains(word), "{text}: {refused}");
        }
        assert!(Description::parse(&[0xff, 0xfe]).is_err());
    }
}
