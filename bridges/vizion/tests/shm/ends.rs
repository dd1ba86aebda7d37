//! Writers that die, stop, close and start again.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use vizion::{FrameReader, FrameWriter, Rows, ShmError};

use crate::pictures::{info, picture};
use crate::readers::{ALL, Reader};
use crate::support::{Name, PATIENCE};
use crate::writer::{SIZE, Writer};

/// Longer than anything takes that is expected here.
const LONG: Duration = PATIENCE;

/// The next frame's number.
#[track_caller]
fn next(reader: &mut FrameReader) -> u32 {
    let mut bytes = Vec::new();
    let header = reader.read(&mut bytes, LONG).expect("reads");
    let number = header.expect("a frame in time").frame_sequence;
    assert_eq!(bytes, picture(number), "frame {number} is torn");
    number
}

#[test]
fn a_writer_that_is_killed_is_noticed_within_100_ms() {
    // A machine that does something else may take longer once; not every time.
    let mut times = Vec::new();
    for _ in 0..5 {
        let name = Name::new("killed");
        let mut writer = Writer::start(&name);
        let mut reader = FrameReader::open(&name.0).expect("is there");
        writer.ask("write 1 0");
        assert_eq!(next(&mut reader), 1);
        let pid = writer.0.pid().as_raw_nonzero().get() as u32;
        assert_eq!(reader.writer_pid(), Some(pid));
        let killer = std::thread::spawn(move || {
            writer.0.kill();
            Instant::now()
        });
        let error = reader.next(LONG).expect_err("it is dead");
        let noticed = Instant::now();
        assert!(
            matches!(&error, ShmError::WriterDead { pid: dead, .. } if *dead == pid),
            "{error}"
        );
        let killed = killer.join().expect("kills");
        times.push(noticed.saturating_duration_since(killed));
        // It is told once; then the next one is waited for.
        let nobody = reader.next(Duration::from_millis(1));
        assert!(matches!(nobody, Ok(None)), "{nobody:?}");
    }
    let fastest = times.iter().min().expect("five times");
    assert!(*fastest < Duration::from_millis(100), "{times:?}");
    println!("noticed after {times:?}");
}

#[test]
fn the_last_frame_of_a_dead_writer_is_read_before_its_death_is_told() {
    let name = Name::new("last");
    let mut writer = Writer::start(&name);
    let mut reader = FrameReader::open(&name.0).expect("is there");
    writer.ask("write 3 0");
    writer.0.kill();
    assert_eq!(next(&mut reader), 3);
    assert_eq!(reader.missed(), 2);
    let error = reader.next(LONG).expect_err("it is dead");
    assert!(matches!(error, ShmError::WriterDead { .. }), "{error}");
    // Whoever comes later reads it as well.
    let mut late = FrameReader::open(&name.0).expect("is there");
    assert_eq!((next(&mut late), late.missed()), (3, 0));
}

#[test]
fn readers_of_every_language_follow_a_writer_that_starts_again() {
    let name = Name::new("restart");
    let mut first = Writer::start(&name);
    let mut readers = ALL.map(|language| Reader::start(language, &name));
    first.ask("write 2 5000");
    for reader in &mut readers {
        reader.follow(2).expect("whole frames");
    }
    first.0.kill();
    for reader in &mut readers {
        reader.process.until("dead");
        reader.seen.clear();
    }
    let mut second = Writer::start(&name);
    second.ask("write 3 5000");
    for reader in &mut readers {
        reader.follow(3).expect("whole frames");
    }
    second.close();
    for reader in &mut readers {
        let end = reader.process.until("end");
        assert!(end.contains("frames"), "{end}");
        assert!(reader.process.end().success());
    }
    name.assert_gone();
}

#[test]
fn frames_between_two_writers_are_counted() {
    let name = Name::new("between");
    let mut first = Writer::start(&name);
    let mut reader = FrameReader::open(&name.0).expect("is there");
    first.ask("write 2 0");
    assert_eq!((next(&mut reader), reader.missed()), (2, 1));
    first.close();
    let mut second = Writer::start(&name);
    second.ask("write 4 0");
    // Whether the end of the first was seen is a matter of when it was looked.
    let number = match reader.next(LONG) {
        Ok(Some(header)) => header.frame_sequence,
        Err(ShmError::WriterClosed { .. }) => next(&mut reader),
        other => panic!("{other:?}"),
    };
    assert_eq!((number, reader.missed(), reader.reopened()), (4, 4, 1));
    second.close();
    let error = reader.next(LONG).expect_err("it is closed");
    assert!(matches!(error, ShmError::WriterClosed { .. }), "{error}");
    name.assert_gone();
}

#[test]
fn a_writer_that_is_stopped_in_the_middle_of_a_frame_has_stalled() {
    let name = Name::new("stalled");
    let mut writer = Writer::start(&name);
    let mut reader = FrameReader::open(&name.0).expect("is there");
    writer.ask("write 1 0");
    assert_eq!(next(&mut reader), 1);
    // It is stopped, and what it would have done is done for it.
    writer.0.signal(Signal::STOP);
    let counter = |value: u32| {
        let file = std::fs::File::options().write(true).open(name.path());
        let file = file.expect("is there");
        rustix::io::pwrite(&file, &value.to_le_bytes(), 36).expect("writes");
    };
    counter(3);
    let error = reader.next(LONG).expect_err("it does not go on");
    assert!(matches!(error, ShmError::WriterStalled { .. }), "{error}");
    // One that goes on is read again.
    counter(2);
    writer.0.signal(Signal::CONT);
    writer.ask("write 1 0");
    assert_eq!(next(&mut reader), 2);
    writer.close();
}

#[test]
fn a_name_has_one_writer_that_lives() {
    let name = Name::new("two");
    let mut writer = Writer::start(&name);
    let error = FrameWriter::create(&name.0, SIZE).expect_err("it is taken");
    let pid = writer.0.pid().as_raw_nonzero().get() as u32;
    assert!(
        matches!(error, ShmError::Busy { pid: other, .. } if other == pid),
        "{error}"
    );
    writer.ask("write 1 0");
    writer.0.kill();
    let mut next_one = FrameWriter::create(&name.0, SIZE).expect("it is free");
    let mut reader = FrameReader::open(&name.0).expect("is there");
    next_one
        .write(&info(1), &[Rows::packed(picture(1))])
        .expect("is written");
    assert_eq!(next(&mut reader), 1);
}

/// What this thread has spent.
fn processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

#[test]
fn a_reader_that_waits_is_woken_and_does_not_look_all_the_time() {
    let name = Name::new("sleep");
    let _writer = Writer::start(&name);
    let mut reader = FrameReader::open(&name.0).expect("is there");
    let before = processor_time();
    assert!(matches!(reader.next(Duration::from_millis(500)), Ok(None)));
    let spent = processor_time() - before;
    assert!(spent < Duration::from_millis(100), "{spent:?}");
}

#[test]
fn a_segment_that_is_not_there_yet_is_waited_for() {
    let name = Name::new("early");
    let error = FrameReader::open(&name.0).expect_err("there is none");
    assert!(matches!(error, ShmError::NotFound { .. }), "{error}");
    let none = FrameReader::await_open(&name.0, Duration::from_millis(10));
    assert!(none.expect("can be waited for").is_none());
    let own = name.0.clone();
    let waiting = std::thread::spawn(move || FrameReader::await_open(&own, LONG));
    let mut writer = Writer::start(&name);
    let opened = waiting.join().expect("waits").expect("opens");
    let mut reader = opened.expect("in time");
    writer.ask("write 1 0");
    assert_eq!((next(&mut reader), reader.missed()), (1, 0));
    writer.close();
}
