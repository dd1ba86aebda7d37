//! Recordings, as Debian's ffmpeg and ffprobe judge them: packet by packet.

mod cameras;
mod dump;
mod equality;
mod joins;
mod kills;
mod losses;
mod segments;
mod stage;
mod trouble;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::ingest::ffmpeg;
use crate::support::{Place, Running, assert_code, parse, text};

/// A packet of a file: times from the first picture on, in units of a 90000th second, and the
/// checksum of its bytes. Matroska has no decoding times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    pub dts: Option<i64>,
    pub pts: i64,
    pub key: bool,
    pub md5: String,
}

/// The video packets of a file, as ffprobe reads them.
pub fn packets(file: &Path) -> Vec<Packet> {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-of", "json", "-select_streams", "v"])
        .args(["-show_packets", "-show_data_hash", "md5"])
        .arg(file)
        .output()
        .expect("ffprobe, which is the judge, is installed");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let parsed = parse(&output.stdout);
    let list = parsed["packets"].as_array().cloned().unwrap_or_default();
    let ticks = |packet: &Value, name: &str| {
        let seconds: f64 = packet[name].as_str()?.parse().expect("a time");
        Some((seconds * 90_000.0).round() as i64)
    };
    let pts = |packet: &Value| ticks(packet, "pts_time").expect("a time");
    let first = list.first().map_or(0, pts);
    let packet = |packet: &Value| Packet {
        dts: ticks(packet, "dts_time").map(|time| time - first),
        pts: pts(packet) - first,
        key: packet["flags"]
            .as_str()
            .is_some_and(|flags| flags.starts_with('K')),
        md5: packet["data_hash"].as_str().expect("a checksum").to_owned(),
    };
    list.iter().map(packet).collect()
}

/// Packets that can be read now, also of a file that was just made.
pub fn so_far(file: &Path) -> usize {
    match file.metadata() {
        Ok(about) if about.len() > 2000 => packets(file).len(),
        _ => 0,
    }
}

/// Checksums of the pictures that ffmpeg decodes; it may not complain.
pub fn pictures(file: &Path) -> Vec<String> {
    let output = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-i"])
        .arg(file)
        .args(["-fps_mode", "passthrough", "-f", "framemd5", "-"])
        .output()
        .expect("ffmpeg");
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(text(&output.stderr), "", "{}", file.display());
    let lines = text(&output.stdout);
    let lines = lines.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            line.rsplit(',')
                .next()
                .expect("a checksum")
                .trim()
                .to_owned()
        })
        .collect()
}

/// The same packets as they are in a container of another kind.
pub fn remuxed(place: &Place, file: &Path, name: &str) -> PathBuf {
    let copy = place.dir.path().join(name);
    let (from, to) = (
        file.to_str().expect("a name"),
        copy.to_str().expect("a name"),
    );
    ffmpeg(&["-i", from, "-c", "copy", to]);
    copy
}

/// How often something is tried; a tenth of it unless all are asked for.
pub fn count(all: u64) -> u64 {
    match std::env::var("CUFRAMES_FULL").as_deref() {
        Ok("1") => all,
        _ => all / 10,
    }
}

/// A recorder that tells what it does, in lines of JSON.
pub fn recorder(place: &Place, output: &str, options: &str) -> Running {
    let file = place.dir.path().join(output);
    place.start(&format!(
        "record KEY -o {} --json {options}",
        file.display()
    ))
}

/// What a recorder that has ended told, after its exit code was checked.
pub fn told(recorder: Running, code: i32) -> Vec<Value> {
    let output = recorder.output();
    assert_code(&output, code);
    output
        .stdout
        .split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(parse)
        .collect()
}

/// The files of all lines of one kind.
pub fn files(told: &[Value], event: &str) -> Vec<PathBuf> {
    let lines = told.iter().filter(|line| line["event"] == event);
    lines
        .map(|line| line["file"].as_str().expect("a name").into())
        .collect()
}

/// The last line.
pub fn end(told: &[Value]) -> &Value {
    let last = told.last().expect("some lines");
    assert_eq!(last["event"], "ended");
    last
}
