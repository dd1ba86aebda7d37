//! The library agrees with the committed conformance vectors, which an independent implementation
//! wrote: names, sizes, first blocks and semaphores here, traces of whole buffers in `trace`.

mod files;
mod mapper;
mod stage;
mod traces;

use std::time::{Duration, Instant};

use files::{Files, bytes, hex, list, live_pids, number, own_digits, text};
use mapper::Mapper;
use serde_json::Value;
use zerobuffer::{BufferConfig, BufferInfo, ErrorKind, Reader, Writer, inspect};

/// What is refused, by the name of its kind; `null` if it is not.
fn refusal<T>(outcome: &zerobuffer::Result<T>) -> Value {
    match outcome {
        Ok(_) => Value::Null,
        Err(error) => Value::String(error.kind().to_string()),
    }
}

/// The `error` of an entry; `null` if it has none.
fn told(entry: &Value) -> Value {
    entry.get("error").cloned().unwrap_or(Value::Null)
}

#[test]
fn names_have_their_files_or_are_refused() {
    let (mut made, mut refused) = (0, 0);
    for entry in &list("names") {
        let name = own_digits(text(entry, "name"));
        let created = Reader::create(&name, &BufferConfig::new(0, 64));
        assert_eq!(refusal(&created), told(entry), "{name:?}");
        if let Err(error) = created {
            let connected = Writer::connect(&name).expect_err("no such name");
            assert_eq!(connected.kind(), error.kind(), "{name:?}");
            refused += 1;
            continue;
        }
        let told = &entry["files"];
        let file = |what| own_digits(text(told, what));
        let shm = ["segment", "frames", "space"].map(|what| format!("/dev/shm/{}", file(what)));
        let lock = format!("/tmp/zerobuffer/{}", file("lock"));
        for path in shm.iter().chain([&lock]) {
            assert!(std::path::Path::new(path).is_file(), "{path:?}");
        }
        Writer::connect(&name).expect("found by its name");
        drop(created);
        for path in shm.iter().chain([&lock]) {
            assert!(!std::path::Path::new(path).exists(), "{path:?} stays");
        }
        made += 1;
    }
    assert_eq!((made, refused), (9, 10));
}

#[test]
fn sizes_are_rounded_or_refused() {
    let (mut made, mut refused) = (0, 0);
    for entry in &list("geometry") {
        let [metadata, payload] =
            ["metadata_size", "payload_size"].map(|what| number(&entry[what]));
        let files = Files::unique("geometry");
        let created = Reader::create(&files.name, &BufferConfig::new(metadata, payload));
        assert_eq!(refusal(&created), told(entry), "{metadata} and {payload}");
        let Ok(reader) = created else {
            refused += 1;
            continue;
        };
        assert_eq!(reader.metadata_size(), number(&entry["metadata_block"]));
        assert_eq!(reader.payload_size(), number(&entry["payload_block"]));
        let segment = files.open();
        let size = segment[0].metadata().expect("a file").len();
        assert_eq!(size, number(&entry["file_size"]), "{metadata}, {payload}");
        let mut first = files::read(&segment[0], 128);
        files::stand_in_pids(&mut first);
        assert_eq!(hex(&first), text(entry, "hex"), "{metadata}, {payload}");
        made += 1;
    }
    assert_eq!((made, refused), (10, 7));
}

/// A field of the first block, as `inspect` tells it; `None` if it does not.
fn inspected(info: &BufferInfo, field: &str) -> Option<u64> {
    Some(match field {
        "metadata_size" => info.metadata_size,
        "metadata_written_bytes" => info.metadata_written,
        "payload_size" => info.payload_size,
        "payload_free_bytes" => info.payload_free,
        "payload_write_pos" => info.write_pos,
        "payload_read_pos" => info.read_pos,
        "payload_written_count" => info.written_count,
        "payload_read_count" => info.read_count,
        "writer_pid" => info.writer.map_or(0, |process| process.pid),
        "reader_pid" => info.reader.map_or(0, |process| process.pid),
        "oieb_size" | "version" | "metadata_free_bytes" | "reserved" => return None,
        other => panic!("no such field: {other}"),
    })
}

#[test]
fn fields_lie_where_the_layout_says() {
    let layout = list("layout");
    assert_eq!(text(&layout[0], "struct"), "oieb");
    let files = Files::unique("layout");
    let mut segment = bytes(text(&list("first_blocks")[0], "hex"));
    segment.resize(384, 0);
    let fields = layout[0]["fields"].as_array().expect("fields");
    let at = |field: &Value| number(&field["offset"]) as usize;
    let sizes = ["metadata_size", "payload_size", "oieb_size", "version"];
    for field in fields {
        let name = text(field, "field");
        if number(&field["size"]) == 8 && !sizes.contains(&name) {
            // Another value in each.
            segment[at(field)] = at(field) as u8 + 1;
        }
    }
    files.make(&segment);
    let info = inspect(&files.name).expect("a buffer");
    let mut told = 0;
    for field in fields {
        if let Some(value) = inspected(&info, text(field, "field")) {
            let bytes = segment[at(field)..at(field) + 8].try_into();
            assert_eq!(value, u64::from_le_bytes(bytes.expect("8")), "{field}");
            told += 1;
        }
    }
    assert_eq!((told, fields.len()), (10, 14));
}

/// What a writer says to a segment that begins with the bytes of `entry`.
fn connect_to(entry: &Value, mapper: &mut Mapper) -> Result<(), String> {
    let files = Files::unique("block");
    let mut segment = bytes(text(entry, "hex"));
    segment.resize(number(&entry["file_size"]) as usize, 0);
    let lives = live_pids(&mut segment, mapper.pid());
    files.make(&segment);
    if lives {
        mapper.map(&files.segment());
    }
    let connected = Writer::connect(&files.name);
    let (found, told) = (refusal(&connected), told(entry));
    if found != told {
        return Err(format!("{}: {found}, not {told}", text(entry, "name")));
    }
    let during = std::fs::read(files.segment()).expect("the segment");
    match connected {
        Ok(writer) => assert_eq!(writer.next_sequence(), 1, "nothing was written"),
        Err(_) => assert_eq!(during, segment, "a writer that is refused leaves no trace"),
    }
    Ok(())
}

/// What a reader says that starts with such a segment there.
fn create_over(entry: &Value, mapper: &mut Mapper) -> Value {
    let files = Files::unique("stale");
    let mut segment = bytes(text(entry, "hex"));
    segment.resize(number(&entry["file_size"]) as usize, 0);
    let lives = live_pids(&mut segment, mapper.pid());
    files.make(&segment);
    if lives {
        mapper.map(&files.segment());
    }
    let created = Reader::create(&files.name, &BufferConfig::new(0, 64));
    let during = std::fs::read(files.segment()).expect("the segment");
    match &created {
        Ok(_) => assert_eq!(during.len(), 192, "a buffer of its own"),
        Err(_) => assert_eq!(during, segment, "what is not stale stays as it is"),
    }
    refusal(&created)
}

#[test]
fn what_a_reader_left_is_replaced_only_if_it_is_dead() {
    let mut mapper = Mapper::start();
    let entries = list("first_blocks");
    assert_eq!(entries.len(), 37);
    for entry in &entries {
        assert_eq!(create_over(entry, &mut mapper), entry["reader"], "{entry}");
    }
}

#[test]
fn first_blocks_are_accepted_or_refused() {
    let mut mapper = Mapper::start();
    let entries = list("first_blocks");
    assert_eq!(entries.len(), 37);
    for entry in &entries {
        assert_eq!(connect_to(entry, &mut mapper), Ok(()));
    }
    let accepted = entries.iter().filter(|entry| entry["error"].is_null());
    assert_eq!(accepted.count(), 10);
}

#[test]
fn a_first_block_with_another_byte_is_noticed() {
    let mut mapper = Mapper::start();
    let mut fresh = list("first_blocks").swap_remove(0);
    assert_eq!(text(&fresh, "name"), "fresh");
    for (at, kind) in [
        (0x00, "Corrupt"),
        (0x04, "Version"),
        (0x08, "Corrupt"),
        (0x20, "Corrupt"),
        (0x5f, "ReaderDead"),
    ] {
        let mut changed = bytes(text(&fresh, "hex"));
        changed[at] ^= 0x81;
        let mut entry = fresh.clone();
        entry["hex"] = hex(&changed).into();
        assert!(connect_to(&entry, &mut mapper).is_err(), "{at:#x}");
        entry["error"] = kind.into();
        assert_eq!(connect_to(&entry, &mut mapper), Ok(()), "{at:#x}");
    }
    fresh["error"] = "Corrupt".into();
    assert!(connect_to(&fresh, &mut mapper).is_err());
}

#[test]
fn semaphores_are_those_of_glibc() {
    let entries = list("semaphores");
    assert_eq!(entries.len(), 6);
    for entry in &entries {
        let (name, value) = (text(entry, "name"), number(&entry["value"]) as u32);
        let told = bytes(text(entry, "hex"));
        let files = Files::unique("semaphore");
        let reader = Reader::create(&files.name, &BufferConfig::new(0, 192)).expect("a buffer");
        let [_, frames, space] = files.open();
        if name == "fresh" {
            assert_eq!(files::read(&frames, 32), told);
            assert_eq!(files::read(&space, 32), told);
        }
        if number(&entry["waiters"]) == 1 {
            see_the_reader_wait(reader, &frames, &told);
            continue;
        }
        files::write(&frames, &told);
        let info = inspect(&files.name).expect("a buffer");
        assert_eq!(info.unread, Some(value), "{name}");
        let mut writer = Writer::connect(&files.name).expect("a writer");
        assert_eq!(writer.frames_unread(), value, "{name}");
        writer.write(b"one more").expect("space");
        let more = (value + 1).min(i32::MAX as u32);
        assert_eq!(writer.frames_unread(), more, "{name}");
        let after = files::read(&frames, 32);
        assert_eq!(after[..4], more.to_le_bytes(), "{name}");
        assert_eq!(after[4..], told[4..], "{name}: the rest stays");
    }
}

/// A reader that waits is counted as glibc counts it.
fn see_the_reader_wait(mut reader: Reader, frames: &std::fs::File, told: &[u8]) {
    let waker = reader.waker();
    let reading = std::thread::spawn(move || {
        let read = reader.read(Duration::from_secs(3600));
        read.map(|frame| frame.is_none())
    });
    let begin = Instant::now();
    let mut seen = false;
    // Between two looks at its writer it is not counted: so it is looked for.
    while !seen && begin.elapsed() < Duration::from_secs(20) {
        seen = files::read(frames, 32) == told;
        std::thread::yield_now();
    }
    waker.wake();
    assert!(reading.join().expect("the reader").expect("no error"));
    assert!(seen, "{:?}", files::read(frames, 32));
}

#[test]
fn a_semaphore_that_is_too_short_is_refused() {
    let files = Files::unique("short");
    let _reader = Reader::create(&files.name, &BufferConfig::new(0, 64)).expect("a buffer");
    files.open()[2].set_len(31).expect("shortened");
    let refused = Writer::connect(&files.name).expect_err("no semaphore");
    assert_eq!(refused.kind(), ErrorKind::Corrupt);
}
