//! Frames of shared memory, written by a writer of the test.

use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::{Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use vizion::{FrameInfo, FrameWriter, PixelFormat, Rows};

use crate::support::{assert_code, program, text};

const INFO: FrameInfo = FrameInfo {
    width: 4,
    height: 2,
    format: PixelFormat::Bgr,
    timestamp_ns: 1_763_757_600_000_000_005,
};
const SIZE: usize = 4 * 2 * 3;

/// A name that nobody else has.
fn name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("/vz-cli-{}-{count}", std::process::id())
}

fn writer(name: &str) -> FrameWriter {
    FrameWriter::create(name, 4096).expect("a writer")
}

/// Frame `number` has its number in every byte.
fn write(writer: &mut FrameWriter, number: u8) {
    let bytes = [number; SIZE];
    writer
        .write(&INFO, &[Rows::packed(&bytes)])
        .expect("it fits");
}

fn read(words: &[&str]) -> Output {
    program(&[&["read"], words].concat())
        .output()
        .expect("it runs")
}

#[test]
fn a_frame_is_a_line_a_sum_or_its_bytes() {
    let name = name();
    let mut writer = writer(&name);
    for number in [1, 2, 3] {
        write(&mut writer, number);
    }
    let one = |words: &[&str]| {
        let output = read(&[&[name.as_str(), "-n", "1"], words].concat());
        let said = assert_code(&output, 0);
        (said, text(&output.stderr), output.stdout)
    };
    let line = "3  4x2 BGR  24 bytes  1763757600.000000005";
    let summary = "1 frames read, 0 missed\n";
    assert_eq!(one(&[]).0, format!("{line}\n"));
    assert_eq!(one(&[]).1, summary);
    // md5sum's sum of 24 bytes of 3.
    let sum = "5390bdece225b38b30059c599b3f4bc0";
    assert_eq!(one(&["--md5"]).0, format!("{line}  {sum}\n"));
    assert_eq!(one(&["--raw"]).2, [3; SIZE]);
    let (json, quiet, _) = one(&["--md5", "--json"]);
    assert_eq!(quiet, "");
    let wanted = format!(
        "{{\"sequence\":3,\"width\":4,\"height\":2,\"format\":\"BGR\",\"size\":24,\
         \"timestamp_ns\":1763757600000000005,\"md5\":\"{sum}\"}}\n"
    );
    assert_eq!(json, wanted);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("frames");
    let path = file.to_str().expect("text");
    assert_eq!(one(&["--raw", "-o", path]).0, "");
    assert_eq!(std::fs::read(&file).expect("the file"), [3; SIZE]);
}

#[test]
fn frames_are_followed_until_the_writer_closes() {
    let name = name();
    let mut writer = writer(&name);
    write(&mut writer, 1);
    let mut command = program(&["read", &name, "--json", "--timeout", "60"]);
    let mut child = command.stdout(Stdio::piped()).spawn().expect("it starts");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let mut next = || -> u64 {
        let line = lines.next().expect("a line").expect("text");
        let frame: Value = serde_json::from_str(&line).expect("JSON");
        frame["sequence"].as_u64().expect("a number")
    };
    for number in 1..=20 {
        assert_eq!(next(), number);
        write(&mut writer, 1);
    }
    // The last frame may be gone with its memory before it is read.
    assert_eq!(next(), 21);
    drop(writer);
    assert!(child.wait().expect("an end").success());
}

#[test]
fn fewer_frames_than_asked_for_are_an_error() {
    let name = name();
    let mut writer = writer(&name);
    write(&mut writer, 1);
    let words = ["read", &name, "-n", "5", "--timeout", "60"];
    let mut child = program(&words)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut line = String::new();
    let stdout = child.stdout.as_mut().expect("a pipe");
    BufReader::new(stdout).read_line(&mut line).expect("a line");
    drop(writer);
    let output = child.wait_with_output().expect("an end");
    assert_code(&output, 5);
    let said = text(&output.stderr);
    assert!(said.contains("after 1 of 5 frames"), "{said}");
}

#[test]
fn what_is_not_there_or_says_nothing_is_told() {
    let name = name();
    let output = read(&[&name]);
    assert_eq!(assert_code(&output, 3), "");
    let said = text(&output.stderr);
    assert!(said.contains("enable it in the writer first"), "{said}");
    let output = read(&[&name, "--follow", "--timeout", "0.05"]);
    assert_code(&output, 6);
    let _writer = writer(&name);
    let output = read(&[&name, "--timeout", "0.05"]);
    assert_code(&output, 6);
    let said = text(&output.stderr);
    assert!(said.contains("does it stream?"), "{said}");
    assert_code(&read(&["a/b"]), 2);
    assert_code(&read(&["--raw", "--md5"]), 2);
    assert_code(&read(&["-o", "file"]), 2);
}

#[test]
fn a_file_of_something_else_is_told() {
    let name = name();
    let path = format!("/dev/shm{name}");
    std::fs::write(&path, [7; 4096]).expect("a file");
    let output = read(&[&name, "--timeout", "0.05"]);
    std::fs::remove_file(&path).expect("the file");
    assert_eq!(assert_code(&output, 8), "");
}

#[test]
fn sigint_ends_it_after_its_summary() {
    let name = name();
    let mut writer = writer(&name);
    write(&mut writer, 1);
    let mut command = program(&["read", &name, "--timeout", "60"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut line = String::new();
    let stdout = child.stdout.as_mut().expect("a pipe");
    BufReader::new(stdout).read_line(&mut line).expect("a line");
    kill_process(Pid::from_child(&child), Signal::INT).expect("it is there");
    let output = child.wait_with_output().expect("an end");
    assert_eq!(output.status.signal(), Some(Signal::INT.as_raw()));
    assert_eq!(text(&output.stderr), "1 frames read, 0 missed\n");
}

#[test]
fn the_next_writer_is_followed() {
    let name = name();
    let mut first = writer(&name);
    for number in 1..=5 {
        write(&mut first, number);
    }
    let words = ["read", &name, "-n", "2", "--follow", "--timeout", "60"];
    let mut child = program(&words)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let mut next = || lines.next().expect("a line").expect("text");
    assert!(next().starts_with("5  4x2 BGR"));
    drop(first);
    let mut second = writer(&name);
    write(&mut second, 2);
    assert!(next().starts_with("1  4x2 BGR"));
    assert_code(&child.wait_with_output().expect("an end"), 0);
}

#[test]
fn a_writer_that_is_late_is_waited_for() {
    let name = name();
    let words = ["read", &name, "-n", "1", "--follow", "--timeout", "60"];
    let mut command = program(&words);
    let child = command.stdout(Stdio::piped()).spawn().expect("it starts");
    let mut writer = writer(&name);
    write(&mut writer, 1);
    let output = child.wait_with_output().expect("an end");
    assert!(assert_code(&output, 0).starts_with("1  4x2 BGR"));
}
