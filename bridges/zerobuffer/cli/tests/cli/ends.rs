//! How it ends: exit codes, signals, output that nobody reads.

use std::os::unix::process::CommandExt;
use std::time::Duration;

use rustix::process::Signal;
use zerobuffer::{BufferConfig, Reader, Writer};

use crate::support::{Buffer, assert_code, assert_signal, parse, text};

#[test]
fn a_buffer_that_is_not_there() {
    let buffer = Buffer::new();
    let said = assert_code(&buffer.run("writer NAME"), 3);
    assert!(said.starts_with("zerobuffer: no buffer"), "{said}");
    assert!(said.contains(&buffer.name), "{said}");
    let output = buffer.run("writer NAME --json-output");
    assert_code(&output, 3);
    let report = parse(&output.stdout);
    assert_eq!(report["frames_written"], 0);
    assert_eq!(report["errors"].as_array().map(Vec::len), Some(1));
    assert_code(&buffer.run("info NAME"), 3);
}

#[test]
fn names_and_sizes_that_cannot_be() {
    let buffer = Buffer::new();
    assert_code(&buffer.run("reader a/b"), 2);
    assert_code(&buffer.run("writer a/b"), 2);
    assert_code(&buffer.run("reader NAME --buffer-size 0"), 2);
    let config = BufferConfig::new(64, 1024);
    let _reader = Reader::create(&buffer.name, &config).expect("a buffer");
    let said = assert_code(&buffer.run("writer NAME -s 1009"), 2);
    assert!(said.contains("larger than the payload"), "{said}");
    assert_code(&buffer.run("writer NAME -n 1 -s 1008"), 0);
}

#[test]
fn a_buffer_that_there_is_no_room_for() {
    let buffer = Buffer::new();
    let output = buffer.run("reader NAME --buffer-size 1024T --json-output");
    let said = assert_code(&output, 11);
    assert!(said.contains("df -h /dev/shm"), "{said}");
    let report = parse(&output.stdout);
    assert_eq!(report["errors"].as_array().map(Vec::len), Some(1));
    buffer.assert_nothing_left();
}

#[test]
fn a_buffer_of_another_user() {
    let nobody = 65_534;
    let buffer = Buffer::new();
    let mut command = buffer.command("writer NAME -n 1");
    let probe = buffer.command("--version").uid(nobody).output();
    if !rustix::process::geteuid().is_root() || probe.is_err() {
        eprintln!("skipped: only root can be another user, who has to find the program");
        return;
    }
    let reading = buffer.start_reader("reader NAME --json-output");
    let output = command.uid(nobody).output().expect("it starts");
    let said = assert_code(&output, 4);
    assert!(said.contains(&buffer.name), "{said}");
    // The reader has not seen anybody.
    assert_code(&buffer.run("writer NAME -n 1"), 0);
    assert_eq!(reading.json()["frames_read"], 1);
}

#[test]
fn there_is_one_reader_and_one_writer() {
    let buffer = Buffer::new();
    let reading = buffer.start_reader("reader NAME -n 1");
    let said = assert_code(&buffer.run("reader NAME"), 9);
    assert!(said.contains("already has a reader"), "{said}");
    let mut writer = Writer::connect(&buffer.name).expect("the first one");
    let said = assert_code(&buffer.run("writer NAME"), 9);
    assert!(said.contains("already has a writer"), "{said}");
    // Nothing of this disturbed the first ones.
    writer.write(&[0; 1024]).expect("room");
    assert_code(&reading.output(), 0);
}

#[test]
fn a_writer_that_does_not_come_or_ends_too_early() {
    let buffer = Buffer::new();
    let output = buffer.run("reader NAME --timeout-ms 50 --json-output");
    let said = assert_code(&output, 6);
    assert!(said.contains("within 50 ms"), "{said}");
    assert_eq!(parse(&output.stdout)["frames_read"], 0);
    buffer.assert_nothing_left();
    let reading = buffer.start_reader("reader NAME -n 50 --json-output");
    assert_code(&buffer.run("writer NAME -n 20"), 0);
    let output = reading.output();
    let said = assert_code(&output, 5);
    assert!(said.contains("after 20 of 50 frames"), "{said}");
    assert_eq!(parse(&output.stdout)["frames_read"], 20);
}

#[test]
fn a_writer_that_falls_silent() {
    let buffer = Buffer::new();
    let reading = buffer.start_reader("reader NAME --timeout-ms 300 --json-output -s 4");
    let mut writer = Writer::connect(&buffer.name).expect("a writer");
    writer.write(b"once").expect("room");
    let output = reading.output();
    assert_code(&output, 6);
    assert_eq!(parse(&output.stdout)["frames_read"], 1);
}

#[test]
fn a_reader_that_does_not_read() {
    let buffer = Buffer::new();
    let config = BufferConfig::new(64, 4096);
    let reader = Reader::create(&buffer.name, &config).expect("a buffer");
    let output = buffer.run("writer NAME -s 1000 --json-output");
    let said = assert_code(&output, 6);
    assert!(said.contains("within 5000 ms"), "{said}");
    // A fifth frame would not even fit without the others.
    assert_eq!(parse(&output.stdout)["frames_written"], 4);
    drop(reader);
}

#[test]
fn a_reader_that_goes_away() {
    let buffer = Buffer::new();
    let config = BufferConfig::new(64, 4096);
    let mut reader = Reader::create(&buffer.name, &config).expect("a buffer");
    let writing = buffer.start("writer NAME -n 0 -s 1000 --json-output");
    let frame = reader.read(Duration::from_secs(20)).expect("a writer");
    assert_eq!(frame.expect("a frame").len(), 1000);
    drop(reader);
    let output = writing.output();
    let said = assert_code(&output, 5);
    assert!(said.contains("is gone"), "{said}");
    buffer.assert_nothing_left();
}

#[test]
fn signals_end_a_reader_that_waits() {
    for signal in [Signal::INT, Signal::TERM] {
        let buffer = Buffer::new();
        let reading = buffer.start_reader("reader NAME --timeout-ms 0 --json-output");
        // A frame that was read shows that it waits for the second one, or soon will.
        let mut writer = Writer::connect(&buffer.name).expect("a writer");
        writer.write(&[0; 1024]).expect("room");
        while writer.frames_unread() > 0 {
            std::thread::yield_now();
        }
        reading.signal(signal);
        let output = reading.output();
        assert_signal(&output, signal);
        assert_eq!(parse(&output.stdout)["frames_read"], 1);
        buffer.assert_nothing_left();
    }
}

#[test]
fn signals_end_a_writer_that_waits_for_space() {
    let buffer = Buffer::new();
    let config = BufferConfig::new(64, 4096);
    let mut reader = Reader::create(&buffer.name, &config).expect("a buffer");
    let writing = buffer.start("writer NAME -n 0 -s 1000 --json-output");
    let frame = reader.read(Duration::from_secs(20)).expect("a writer");
    writing.signal(Signal::INT);
    let output = writing.output();
    assert_signal(&output, Signal::INT);
    let report = parse(&output.stdout);
    let written = report["frames_written"].as_u64().expect("a count");
    drop(frame);
    let mut read = 1;
    // What it says it wrote is there, to the last frame.
    while let Ok(Some(_)) = reader.read(Duration::from_secs(20)) {
        read += 1;
    }
    assert_eq!(read, written);
}

#[test]
fn signals_end_a_relay_at_each_wait() {
    let (input, output) = (Buffer::new(), Buffer::new());
    let line = format!("relay NAME {} --timeout-ms 0 --json-output", output.name);
    let relaying = input.start_reader(&line);
    // The input is made after signals are caught: now it waits for the output.
    relaying.signal(Signal::TERM);
    let ended = relaying.output();
    assert_signal(&ended, Signal::TERM);
    assert_eq!(parse(&ended.stdout)["frames_relayed"], 0);
    let _reading = output.start_reader("reader NAME --timeout-ms 0");
    let relaying = input.start_reader(&line);
    relaying.signal(Signal::INT);
    assert_signal(&relaying.output(), Signal::INT);
    input.assert_nothing_left();
}

#[test]
fn output_that_nobody_reads_is_an_end() {
    let buffer = Buffer::new();
    let _reading = buffer.start_reader("reader NAME --timeout-ms 0 -s 0");
    let mut writing = buffer.start("writer NAME -n 0 --checksum");
    writing.close_stdout();
    let output = writing.output();
    assert_signal(&output, Signal::PIPE);
    assert_eq!(text(&output.stderr), "");
}
