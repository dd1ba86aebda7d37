//! One reader and one writer: what goes in comes out.

use std::fs::File;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use zerobuffer::{BufferConfig, Error, ErrorKind, Reader, Result, Writer};

const SOON: Duration = Duration::from_secs(5);

fn name(what: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("zb-channel-{what}-{}-{count}", std::process::id())
}

fn pair(what: &str, payload: u64) -> (Reader, Writer) {
    let name = name(what);
    let reader = Reader::create(&name, &BufferConfig::new(64, payload)).expect("a buffer");
    let writer = Writer::connect(&name).expect("a writer");
    (reader, writer)
}

fn data(sequence: u64, size: usize) -> Vec<u8> {
    (0..size)
        .map(|index| (sequence as usize * 7 + index) as u8)
        .collect()
}

fn kind<T: std::fmt::Debug>(result: Result<T>) -> ErrorKind {
    result.expect_err("is refused").kind()
}

#[test]
fn frames_come_in_order_over_many_laps() {
    let (mut reader, mut writer) = pair("laps", 1024);
    for sequence in 1..=3000 {
        let size = 1 + (sequence as usize * 37) % 400;
        assert_eq!(
            writer.write(&data(sequence, size)).expect("written"),
            sequence
        );
        let frame = reader.read(SOON).expect("readable").expect("in time");
        assert_eq!(frame.sequence(), sequence);
        assert_eq!(frame.to_vec(), data(sequence, size));
    }
    assert_eq!(reader.frames_read(), 3000);
    assert_eq!(writer.frames_unread(), 0);
}

#[test]
fn large_frames_of_a_large_ring_come_whole() {
    // Copied in another way than smaller ones; the first leaves the next ones unaligned.
    let (mut reader, mut writer) = pair("large", 64 << 20);
    for (size, sequence) in [1001, 65_535, 65_536, 65_601, 3_110_400]
        .into_iter()
        .zip(1..)
    {
        writer.write(&data(sequence, size)).expect("written");
        let frame = reader.read(SOON).expect("readable").expect("in time");
        assert!(frame.to_vec() == data(sequence, size), "{size} bytes");
    }
    assert_eq!(reader.frames_read(), 5);
}

#[test]
fn frames_that_are_given_back_in_any_order_are_never_written_over() {
    let (mut reader, mut writer) = pair("order", 4096);
    writer.set_write_timeout(Duration::ZERO);
    let mut held = Vec::new();
    let (mut written, mut read, mut state) = (0, 0, 1u64);
    while read < 20_000 {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        let pick = (state >> 33) as usize;
        match pick % 3 {
            0 | 1 => match writer.write(&data(written + 1, 1 + pick % 300)) {
                Ok(sequence) => written = sequence,
                Err(Error::BufferFull { .. }) => {}
                Err(Error::FrameUnplaceable { .. }) => {}
                Err(error) => panic!("{error}"),
            },
            _ if read < written && held.len() < 9 => {
                let frame = reader.read(SOON).expect("readable").expect("announced");
                read += 1;
                assert_eq!(frame.sequence(), read);
                held.push((read, frame));
            }
            _ => {}
        }
        if !held.is_empty() && pick % 5 < 2 {
            held.swap_remove(pick % held.len());
        }
        for (sequence, frame) in &held {
            assert_eq!(
                frame.to_vec(),
                data(*sequence, frame.len()),
                "frame {sequence}"
            );
        }
    }
    held.clear();
    assert_eq!(reader.frames_held(), 0);
}

#[test]
fn whatever_fits_the_payload_can_be_written_once_it_is_empty() {
    let (mut reader, mut writer) = pair("empty", 10240);
    let (send, receive) = std::sync::mpsc::channel();
    let writing = std::thread::spawn(move || {
        for size in [6144, 7168, 10224, 5000, 9000, 10224, 1, 10000] {
            writer.write(&data(size as u64, size)).expect("written");
            send.send(size).expect("somebody listens");
        }
    });
    for size in [6144, 7168, 10224, 5000, 9000, 10224, 1, 10000] {
        let frame = reader.read(SOON).expect("readable").expect("in time");
        assert_eq!(frame.to_vec(), data(size as u64, size));
    }
    assert_eq!(receive.iter().count(), 8);
    writing.join().expect("the writer");
}

#[test]
fn a_frame_that_cannot_be_is_refused() {
    let (mut reader, mut writer) = pair("refused", 256);
    assert_eq!(kind(writer.write(&[])), ErrorKind::InvalidFrameSize);
    assert_eq!(kind(writer.write(&[0; 241])), ErrorKind::FrameTooLarge);
    for size in 225..240 {
        assert_eq!(
            kind(writer.write(&vec![0; size])),
            ErrorKind::FrameUnplaceable,
            "{size}"
        );
    }
    assert_eq!(writer.write(&[5; 240]).expect("exactly"), 1);
    writer.set_write_timeout(Duration::from_millis(10));
    assert_eq!(kind(writer.write(&[0; 1])), ErrorKind::BufferFull);
    let frame = reader.read(SOON).expect("readable").expect("in time");
    assert_eq!(frame.to_vec(), [5; 240]);
    drop(frame);
    assert_eq!(writer.write(&[6; 224]).expect("space again"), 2);
}

#[test]
fn metadata_are_written_once() {
    let (reader, mut writer) = pair("metadata", 256);
    assert_eq!(reader.metadata().expect("none yet"), None);
    assert_eq!(
        kind(writer.set_metadata(&[1; 57])),
        ErrorKind::MetadataTooLarge
    );
    writer.set_metadata(&[1; 56]).expect("exactly");
    assert_eq!(reader.metadata().expect("readable"), Some(vec![1; 56]));
    assert_eq!(
        kind(writer.set_metadata(b"x")),
        ErrorKind::MetadataAlreadyWritten
    );
}

#[test]
fn a_writer_that_comes_later_goes_on_with_the_numbers() {
    let (mut reader, mut writer) = pair("later", 1024);
    let mut sequence = 0;
    for round in 0..200u64 {
        for index in 0..round % 7 {
            let size = 1 + ((round * 31 + index * 17) % 300) as usize;
            sequence += 1;
            assert_eq!(
                writer.write(&data(sequence, size)).expect("written"),
                sequence
            );
            let frame = reader.read(SOON).expect("readable").expect("in time");
            assert_eq!(frame.to_vec(), data(sequence, size));
        }
        let name = writer.name().to_owned();
        drop(writer);
        writer = Writer::connect(&name).expect("again");
        assert_eq!(writer.next_sequence(), sequence + 1, "round {round}");
    }
}

#[test]
fn a_reader_is_told_at_once_that_its_writer_has_closed() {
    let (mut reader, mut writer) = pair("closed", 1024);
    writer.write(b"last").expect("written");
    let reading = std::thread::spawn(move || {
        let frame = reader.read(SOON).expect("readable").expect("in time");
        assert_eq!(frame.to_vec(), b"last");
        kind(reader.read(Duration::from_secs(3600)))
    });
    drop(writer);
    assert_eq!(reading.join().expect("the reader"), ErrorKind::WriterDead);
}

#[test]
fn a_writer_is_told_that_its_reader_has_closed() {
    let (reader, mut writer) = pair("left", 256);
    writer.write(&[0; 240]).expect("full now");
    writer.set_write_timeout(Duration::from_secs(3600));
    let writing = std::thread::spawn(move || kind(writer.write(&[0; 1])));
    drop(reader);
    assert_eq!(writing.join().expect("the writer"), ErrorKind::ReaderDead);
}

#[test]
fn one_reader_and_one_writer() {
    let (reader, writer) = pair("one", 256);
    let config = BufferConfig::new(64, 256);
    assert_eq!(
        kind(Reader::create(reader.name(), &config)),
        ErrorKind::ReaderAlreadyConnected
    );
    assert_eq!(
        kind(Writer::connect(writer.name())),
        ErrorKind::WriterAlreadyConnected
    );
    let name = reader.name().to_owned();
    drop((reader, writer));
    assert_eq!(kind(Writer::connect(&name)), ErrorKind::BufferNotFound);
    Reader::create(&name, &config).expect("the name is free again");
}

#[test]
fn a_read_that_waits_can_be_ended() {
    let (mut reader, _writer) = pair("wake", 256);
    let waker = reader.waker();
    let reading = std::thread::spawn(move || {
        reader
            .read(Duration::from_secs(3600))
            .map(|frame| frame.is_none())
    });
    waker.wake();
    assert!(reading.join().expect("the reader").expect("no error"));
}

#[test]
fn whoever_looks_at_buffers_keeps_no_reader_from_starting() {
    let name = name("looked-at");
    let lock = format!("/tmp/zerobuffer/{name}.lock");
    let (done, looks) = (AtomicBool::new(false), AtomicU64::new(0));
    let refused = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                // As `zerobuffer ls` and `info` do.
                let file = File::open(&lock);
                if file.is_ok_and(|file| file.try_lock_shared().is_ok()) {
                    looks.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
        let config = BufferConfig::new(64, 256);
        let begun = Instant::now();
        let has_seen = || looks.load(Ordering::Relaxed) > 10 || begun.elapsed() > SOON * 6;
        // Whoever looks may have little of the processor.
        let rounds = (0..).take_while(|&round| round < 500 || !has_seen());
        let made = rounds.map(|_| Reader::create(&name, &config).map(drop));
        let refused: Vec<_> = made.filter_map(Result::err).collect();
        done.store(true, Ordering::Relaxed);
        refused
    });
    assert!(refused.is_empty(), "{}: {}", refused.len(), refused[0]);
    let looks = looks.into_inner();
    assert!(looks > 10, "{looks} looks");
}
