//! Faults of the peer, by their numbers: each is shown to be there between two of its own, and
//! then that we avoid it or survive it.

use std::thread;
use std::time::Duration;

use zerobuffer::{BufferConfig, Reader, Writer};
use zerobuffer_peer::{PATIENCE, Process};

use crate::support::{Buffer, told};

const LONG: Duration = PATIENCE;

/// The peer's writer and its reader, by their command lines.
fn peers_alone(size: &str, frames: &str) -> (u64, String) {
    let buffer = Buffer::new();
    let line = [&buffer.name, "-n", frames, "-s", size, "--json-output"];
    let reader = Process::reader(&[&line[..], &["--timeout-ms", "3000"]].concat());
    buffer.await_reader();
    let writer = Process::writer(&line).finish();
    let read = told(&reader.finish());
    let errors = [&read["errors"], &told(&writer)["errors"]].map(|errors| errors.to_string());
    let read = read["frames_read"].as_u64().expect("a count");
    (read, errors.concat())
}

/// B1: a writer of the peer leaves a tail of 1 to 15 bytes without a marker, and its reader
/// fails over it. Our writer never leaves one (the matrix has 1005 bytes in the same ring); our
/// reader knows what it means.
#[test]
fn b1_a_tail_shorter_than_a_header() {
    let (read, errors) = peers_alone("1005", "1100");
    assert_eq!(read, 1027, "{errors}");
    assert!(errors.contains("Invalid read range"), "{errors}");
    let buffer = Buffer::new();
    let line = "-n 3000 -s 1005 --verify sequential --buffer-size 1MB";
    let reader = buffer.our_reader(line);
    let writer = Process::writer(&[&buffer.name, "-n", "3000", "-s", "1005"]).finish();
    assert_eq!(writer.code, Some(0), "{writer:?}");
    let read = reader.report();
    assert_eq!(read["frames_read"], 3000);
    assert_eq!(read["verification_errors"], 0);
}

/// B2: a writer of the peer whose frames end exactly at the end of the ring fails for ever, if its
/// reader is at the beginning just then. Our writer does not (the matrix has 4080 bytes in the same
/// ring); our reader stays at the end until there is something at the beginning, so that the
/// peer's writer does not fail either.
#[test]
fn b2_a_frame_that_ends_at_the_end() {
    let buffer = Buffer::new();
    let mut reader = Process::script("reader.py", &[&buffer.name, "1024", "8192"]);
    reader.expect("created");
    let mut writer = Process::script("writer.py", &[&buffer.name]);
    writer.expect("connected");
    writer.ask("frames 2 4080 zero");
    assert_eq!(reader.ask("verify 2 10 zero"), "2 0");
    let said = writer.ask("frames 1 4080 zero");
    assert!(said.starts_with("error ValueError"), "{said}");
    drop((reader, writer));

    let buffer = Buffer::new();
    let config = BufferConfig::new(1024, 8192);
    let mut reader = Reader::create(&buffer.name, &config).expect("a buffer");
    let mut writer = Process::script("writer.py", &[&buffer.name]);
    writer.expect("connected");
    for _ in 0..10 {
        let said = writer.ask("frames 2 4080 zero");
        assert!(said.starts_with("2 "), "{said}");
        for _ in 0..2 {
            let frame = reader.read(LONG).expect("a writer").expect("a frame");
            assert_eq!(frame.to_vec(), [0; 4080]);
        }
    }
    drop((reader, writer));

    let buffer = Buffer::new();
    let line = "-n 3000 -s 4080 --verify sequential --buffer-size 1MB";
    let reader = buffer.our_reader(line);
    let writer = Process::writer(&[&buffer.name, "-n", "3000", "-s", "4080"]).finish();
    assert_eq!(writer.code, Some(0), "{writer:?}");
    let read = reader.report();
    assert_eq!(read["frames_read"], 3000);
    assert_eq!(read["verification_errors"], 0);
}

/// B3: a frame that fits the payload cannot be written although everything is read, since the
/// rest before the end and the frame do not fit together. Our writer with our reader does.
#[test]
fn b3_an_empty_buffer_that_is_full() {
    let buffer = Buffer::new();
    let config = BufferConfig::new(64, 10_240);
    let mut reader = Reader::create(&buffer.name, &config).expect("a buffer");
    let mut writer = Process::script("writer.py", &[&buffer.name]);
    writer.expect("connected");
    writer.ask("timeout 0.2");
    assert_eq!(
        writer.ask("frames 1 6144 zero").split(' ').next(),
        Some("1")
    );
    drop(reader.read(LONG).expect("a writer").expect("a frame"));
    let said = writer.ask("frames 1 7168 zero");
    assert!(said.starts_with("error BufferFullException"), "{said}");
    assert_eq!(writer.ask("close"), "closed");
    drop(reader);
    let mut reader = Reader::create(&buffer.name, &config).expect("a buffer");
    let mut writer = Writer::connect(&buffer.name).expect("a writer");
    let sizes = [6144, 7168, 6144, 7168];
    // It has to be waiting for a frame: that is when it sees that the rest was left out.
    let reading = thread::spawn(move || {
        let mut next = || reader.read(LONG).expect("a writer").expect("a frame");
        sizes.map(|_| next().to_vec())
    });
    for size in sizes {
        writer.write(&vec![7; size]).expect("room");
    }
    let read = reading.join().expect("all are read");
    assert_eq!(read, sizes.map(|size| vec![7; size]));
}

/// B5: a reader of the peer leaves its semaphores, over which others stumble. Ours does not.
#[test]
fn b5_semaphores_that_were_left() {
    let buffer = Buffer::new();
    let mut reader = Process::script("reader.py", &[&buffer.name, "1024", "65536"]);
    reader.expect("created");
    let mut writer = Process::script("writer.py", &[&buffer.name]);
    writer.expect("connected");
    writer.ask("frames 5 100 zero");
    assert_eq!(reader.ask("close"), "closed");
    let left = zerobuffer_peer::leftovers(&buffer.name);
    let sems = left
        .iter()
        .filter(|path| path.to_string_lossy().contains("/sem."))
        .count();
    assert_eq!(sems, 2, "{left:?}");
    // Neither tokens nor frames of then are seen.
    let mut ours = Reader::create(&buffer.name, &BufferConfig::new(64, 4096)).expect("a buffer");
    assert!(ours.read(Duration::ZERO).expect("no writer yet").is_none());
    let mut writer = Writer::connect(&buffer.name).expect("a writer");
    writer.write(b"new").expect("room");
    let frame = ours.read(LONG).expect("a writer").expect("a frame");
    assert_eq!((frame.sequence(), frame.to_vec()), (1, b"new".to_vec()));
    drop((frame, writer, ours));
    buffer.assert_nothing_left();
}

/// B6: a reader of the peer cannot take the place of one that was killed while the writer lives.
/// Ours can.
#[test]
fn b6_a_successor_of_a_reader_that_was_killed() {
    let buffer = Buffer::new();
    let mut reader = Process::script("reader.py", &[&buffer.name, "1024", "65536"]);
    reader.expect("created");
    let mut old = Process::script("writer.py", &[&buffer.name]);
    old.expect("connected");
    reader.kill();
    for _ in 0..2 {
        let mut successor = Process::script("reader.py", &[&buffer.name, "1024", "65536"]);
        let said = successor.line();
        assert!(said.starts_with("error "), "{said}");
        successor.finish();
    }
    let mut ours = Reader::create(&buffer.name, &BufferConfig::new(64, 65_536)).expect("a buffer");
    let mut new = Process::script("writer.py", &[&buffer.name]);
    new.expect("connected");
    assert_eq!(new.ask("hex 616263"), "ok");
    let frame = ours.read(LONG).expect("a writer").expect("a frame");
    assert_eq!(frame.to_vec(), b"abc");
}

/// B7: a frame that is held while later ones are given back is overwritten, since the peer's
/// writer knows only how much is free. Our reader gives nothing back before its turn.
#[test]
fn b7_a_frame_that_is_held() {
    let buffer = Buffer::new();
    let mut reader = Reader::create(&buffer.name, &BufferConfig::new(64, 4096)).expect("a buffer");
    let mut writer = Process::script("writer.py", &[&buffer.name]);
    writer.expect("connected");
    writer.ask("timeout 0.2");
    writer.ask("frames 3 1000 random 70");
    let mut frames = Vec::new();
    for _ in 0..3 {
        frames.push(reader.read(LONG).expect("a writer").expect("a frame"));
    }
    let held = frames.remove(0);
    let before = held.to_vec();
    drop(frames);
    // There is room for one more frame, and not for a second as long as the first is held.
    writer.ask("frames 1 1000 ones");
    let said = writer.ask("frames 1 1000 ones");
    assert!(said.starts_with("error BufferFullException"), "{said}");
    assert_eq!(held.to_vec(), before);
    drop(held);
    assert_eq!(
        writer.ask("frames 3 1000 ones").split(' ').next(),
        Some("3")
    );
    for _ in 0..4 {
        let frame = reader.read(LONG).expect("a writer").expect("a frame");
        assert_eq!(frame.to_vec(), vec![255; 1000]);
    }
}

/// B9: a writer of the peer that connects again counts from 1, and every reader of the peer
/// fails over it. Our writer goes on counting, and our reader understands one that does not.
#[test]
fn b9_a_writer_that_connects_again() {
    let buffer = Buffer::new();
    let mut reader = Process::script("reader.py", &[&buffer.name, "1024", "65536"]);
    reader.expect("created");
    for laps in 0..3 {
        let mut writer = Writer::connect(&buffer.name).expect("a writer");
        for k in 0..40_u64 {
            assert_eq!(writer.write(&[5; 1000]).expect("room"), laps * 40 + k + 1);
        }
        let read = reader.ask("frames 40 10");
        let (first, last) = (laps * 40 + 1, laps * 40 + 40);
        assert!(
            read.starts_with("40 ") && read.ends_with(&format!(" {first} {last}")),
            "{read}"
        );
    }
    let mut writer = Process::script("writer.py", &[&buffer.name]);
    writer.expect("connected");
    writer.ask("hex 61");
    let said = reader.ask("hex 10");
    assert!(said.starts_with("error SequenceError"), "{said}");
    drop((reader, writer));

    let buffer = Buffer::new();
    let mut reader =
        Reader::create(&buffer.name, &BufferConfig::new(64, 65_536)).expect("a buffer");
    for _ in 0..3 {
        let mut writer = Process::script("writer.py", &[&buffer.name]);
        writer.expect("connected");
        writer.ask("frames 40 1000 ones");
        for k in 1..=40 {
            let frame = reader.read(LONG).expect("a writer").expect("a frame");
            assert_eq!((frame.sequence(), frame.len()), (k, 1000));
        }
        assert_eq!(writer.ask("close"), "closed");
    }
}
