//! Files and cameras: what Debian's ffmpeg decodes of the same input is what arrives.

mod addresses;
pub mod camera;
mod events;
mod files;
mod gpu;
mod many;
mod options;
mod packets;
mod service;
mod trouble;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::{Place, Running, assert_code, parse, text};

/// For one reader that may miss nothing.
pub const TO_ONE: &str = "--policy strict_wait --strict-timeout 9 --wait-subscribers 1";

/// Runs ffmpeg, which has to be happy.
pub fn ffmpeg(arguments: &[&str]) -> Vec<u8> {
    let output = Command::new("ffmpeg")
        .args(["-nostdin", "-y", "-v", "error"])
        .args(arguments)
        .output()
        .expect("ffmpeg, which is the reference, is installed");
    assert!(output.status.success(), "{}", text(&output.stderr));
    output.stdout
}

/// A film of ffmpeg's test source in a file of the place.
pub fn film(place: &Place, name: &str, source: &str, coding: &str) -> PathBuf {
    let file = place.dir.path().join(name);
    let path = file.to_str().expect("a name");
    let source = format!("testsrc2={source}");
    let mut arguments = vec!["-f", "lavfi", "-i", &source];
    arguments.extend(coding.split_whitespace());
    arguments.push(path);
    ffmpeg(&arguments);
    file
}

/// Time in units of a 90000th second, and checksum.
pub type Sum = (String, String);

pub fn sums(lines: &[u8]) -> Vec<Sum> {
    let lines = text(lines);
    let lines = lines.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let fields: Vec<&str> = line.split(',').map(str::trim).collect();
            (fields[2].to_owned(), fields[5].to_owned())
        })
        .collect()
}

/// What ffmpeg makes of `input`.
pub fn reference(input: &[&str], output: &[&str]) -> Vec<Sum> {
    let mut arguments = vec!["-copyts"];
    arguments.extend(input);
    arguments.extend(["-map", "v:0", "-fps_mode", "passthrough"]);
    arguments.extend(["-enc_time_base", "1:90000"]);
    arguments.extend(output);
    arguments.extend(["-f", "framemd5", "-"]);
    sums(&ffmpeg(&arguments))
}

pub fn of_file(file: &Path) -> Vec<Sum> {
    reference(&["-i", file.to_str().expect("a name")], &[])
}

/// What a publisher wrote with --json: one event per line.
pub fn events(lines: &[u8]) -> Vec<Value> {
    let lines = text(lines);
    lines.lines().map(|line| parse(line.as_bytes())).collect()
}

/// The event at the end.
pub fn summary(lines: &[u8]) -> Value {
    let last = events(lines).pop().expect("an event");
    assert_eq!(last["event"], "ended", "{last}");
    last
}

/// Publishes `input`, which has no blanks, to one reader: what it got, the publisher's
/// summary, and what it said.
pub fn published(place: &Place, input: &str, options: &str) -> (Vec<Sum>, Value, String) {
    let line = format!("publish --key KEY --json {TO_ONE} {options} {input}");
    let publisher = place.start(&line);
    let sums = read(place);
    let output = publisher.output();
    let said = assert_code(&output, 0);
    (sums, summary(&output.stdout), said)
}

/// Reads to the end.
pub fn read(place: &Place) -> Vec<Sum> {
    read_with(place, "")
}

/// Reads to the end, with options.
pub fn read_with(place: &Place, options: &str) -> Vec<Sum> {
    let line = "sub KEY --strict --framemd5 --time-base 1/90000 --connect-timeout 9";
    let read = place.run(&format!("{line} {options}"));
    assert_code(&read, 0);
    sums(&read.stdout)
}

/// Starts to publish and leaves it so.
pub fn publishing(place: &Place, input: &str, options: &str) -> Running {
    place.start(&format!("publish --key KEY --json {options} {input}"))
}
