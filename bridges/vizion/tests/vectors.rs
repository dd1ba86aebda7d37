//! The library agrees with the committed conformance vectors, which an independent implementation
//! wrote: what is read from a segment, what is refused, and what is written.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::Value;
use vizion::{FrameInfo, FrameReader, FrameWriter, Rows, ShmError};

/// Nothing more comes.
const AT_ONCE: Duration = Duration::ZERO;

fn list(name: &str) -> Vec<Value> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = package.join("../../conformance/vectors/vizion.json");
    let text = std::fs::read_to_string(path).expect("the vectors");
    let all: Value = serde_json::from_str(&text).expect("JSON");
    all[name].as_array().expect("a list").clone()
}

fn text<'a>(entry: &'a Value, field: &str) -> &'a str {
    entry[field].as_str().unwrap_or_else(|| panic!("{field}"))
}

/// Large numbers are written as text.
fn number(entry: &Value, field: &str) -> u64 {
    match &entry[field] {
        Value::String(digits) => digits.parse().expect("digits"),
        other => other.as_u64().unwrap_or_else(|| panic!("{field}")),
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    let pairs = (0..hex.len()).step_by(2);
    let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal");
    pairs.map(byte).collect()
}

/// A name, whose file is removed in the end.
struct Name(String);

impl Name {
    fn new() -> Name {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        Name(format!("/vz-vectors-{}-{next}", std::process::id()))
    }

    fn path(&self) -> PathBuf {
        PathBuf::from(format!("/dev/shm{}", self.0))
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(self.path());
    }
}

#[test]
fn segments_are_read_or_refused_as_they_should() {
    let (mut read, mut nothing, mut refused) = (0, 0, 0);
    for entry in list("segments") {
        let (name, which) = (Name::new(), text(&entry, "name"));
        let mut segment = bytes(text(&entry, "hex"));
        segment.resize(number(&entry, "size") as usize, 0);
        std::fs::write(name.path(), &segment).expect("a segment");
        let mut data = Vec::new();
        let opened = FrameReader::open(&name.0);
        let found = opened.and_then(|mut reader| reader.read(&mut data, AT_ONCE));
        let wanted = &entry["frame"];
        match found {
            Err(ShmError::Invalid { .. }) => {
                assert_eq!(entry["error"], "Invalid", "{which}");
                refused += 1;
            }
            Err(error) => panic!("{which}: {error}"),
            Ok(None) => {
                assert!(entry.get("error").is_none() && wanted.is_null(), "{which}");
                nothing += 1;
            }
            Ok(Some(header)) => {
                assert!(wanted.is_object(), "{which}");
                let told = [
                    u64::from(header.width),
                    u64::from(header.height),
                    header.data_size as u64,
                    header.data_at as u64,
                    header.timestamp_ns,
                    u64::from(header.frame_sequence),
                ];
                let fields = [
                    "width",
                    "height",
                    "data_size",
                    "data_at",
                    "timestamp_ns",
                    "frame_sequence",
                ];
                assert_eq!(told, fields.map(|field| number(wanted, field)), "{which}");
                assert_eq!(header.format.name(), text(wanted, "format"), "{which}");
                assert_eq!(data, bytes(text(wanted, "data")), "{which}");
                read += 1;
            }
        }
    }
    assert_eq!((read, nothing, refused), (35, 2, 13));
}

/// Fields of a header by their names.
fn places() -> Vec<(String, usize, usize)> {
    let header = list("layout").swap_remove(0);
    let fields = header["fields"].as_array().expect("fields").clone();
    let place = |field: &Value| {
        let number = |what| number(field, what) as usize;
        (
            text(field, "field").to_owned(),
            number("offset"),
            number("size"),
        )
    };
    fields.iter().map(place).collect()
}

#[test]
fn what_is_written_is_what_should_be() {
    let (name, places) = (Name::new(), places());
    let mut writer = FrameWriter::create(&name.0, 256).expect("is made");
    let mut compared = 0;
    for entry in list("written") {
        let info = FrameInfo {
            width: number(&entry, "width") as u32,
            height: number(&entry, "height") as u32,
            format: text(&entry, "format").parse().expect("a format"),
            timestamp_ns: number(&entry, "timestamp_ns"),
        };
        let data = bytes(text(&entry, "data"));
        let written = writer.write(&info, &[Rows::packed(&data)]);
        written.expect("is written, or dropped");
        let segment = std::fs::read(name.path()).expect("the segment");
        assert_eq!(segment.len(), 256);
        let wanted = bytes(text(&entry, "header"));
        let varies = entry["varies"].as_array().expect("a list");
        for (field, at, size) in &places {
            let (found, wanted) = (&segment[*at..at + size], &wanted[*at..at + size]);
            if varies.iter().any(|one| one == field) {
                assert!(found.iter().any(|&byte| byte != 0), "{field} is empty");
            } else {
                assert_eq!(found, wanted, "{field} of {info:?}");
            }
            compared += 1;
        }
        if data.len() <= 128 {
            assert_eq!(&segment[128..128 + data.len()], data);
        }
    }
    assert_eq!(
        (compared, writer.dropped(), writer.frames()),
        (5 * 21, 1, 4)
    );
}
