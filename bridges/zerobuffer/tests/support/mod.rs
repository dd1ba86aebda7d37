//! What the tests share: names of buffers, patience, patterns, and what may not be left behind.

// Every test binary is compiled with all of this and uses its own part.
#![allow(dead_code)]

pub mod actor;
pub mod chance;
pub mod pest;
pub mod raw;
pub mod role;
pub mod space;
mod toil;

use std::path::PathBuf;
use std::process::Output;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use zerobuffer::{BufferConfig, Error, ErrorKind, Frame, Reader, Result, Writer};

/// After this long something hangs. Nothing is timed more finely.
pub const WATCHDOG: Duration = Duration::from_secs(30);
/// Set where a test is expected to fail, and shall not take its time.
pub const HASTY: &str = "ZEROBUFFER_TEST_HASTY";
/// Now or never.
pub const AT_ONCE: Duration = Duration::ZERO;

/// How long to wait for what comes unless something hangs.
pub fn patience() -> Duration {
    match std::env::var_os(HASTY) {
        Some(_) => WATCHDOG / 3,
        None => WATCHDOG,
    }
}

/// A name that no other test, and no other run of the tests, has.
pub fn unique(stem: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{}{next}-{stem}", prefix_of(std::process::id()))
}

/// What all names begin with that the tests of a process have.
pub fn prefix_of(pid: u32) -> String {
    format!("zbtest-{pid}-")
}

/// How often something is done: `full` times, a tenth of it unless CUFRAMES_FULL is set.
pub fn campaign(full: u32) -> u32 {
    match std::env::var_os("CUFRAMES_FULL") {
        Some(_) => full,
        None => full / 10,
    }
}

/// The files that the buffer `name` consists of.
pub fn files_of(name: &str) -> [PathBuf; 4] {
    [
        format!("/dev/shm/{name}").into(),
        format!("/dev/shm/sem.sem-w-{name}").into(),
        format!("/dev/shm/sem.sem-r-{name}").into(),
        format!("/tmp/zerobuffer/{name}.lock").into(),
    ]
}

/// Those of them that are there.
pub fn leftovers(name: &str) -> Vec<PathBuf> {
    let files = files_of(name).into_iter();
    files.filter(|file| file.exists()).collect()
}

/// Removes what is left of the buffers whose names begin so.
pub fn remove_all(prefix: &str) {
    for dir in ["/dev/shm", "/tmp/zerobuffer"] {
        let Ok(files) = std::fs::read_dir(dir) else {
            continue;
        };
        for file in files.flatten() {
            let name = file.file_name();
            let name = name.to_string_lossy();
            let buffer = ["sem.sem-w-", "sem.sem-r-"].iter();
            let buffer = buffer.fold(&*name, |name, kind| name.strip_prefix(kind).unwrap_or(name));
            if buffer.starts_with(prefix) {
                let _ = std::fs::remove_file(file.path());
            }
        }
    }
}

/// No file of the buffer is left.
#[track_caller]
pub fn assert_nothing_left(name: &str) {
    assert_eq!(leftovers(name), Vec::<PathBuf>::new());
}

/// A reader with a buffer of these sizes.
#[track_caller]
pub fn reader(name: &str, metadata_size: u64, payload_size: u64) -> Reader {
    Reader::create(name, &BufferConfig::new(metadata_size, payload_size)).expect("a buffer")
}

/// A writer that does not wait for space.
#[track_caller]
pub fn hasty_writer(name: &str) -> Writer {
    let mut writer = Writer::connect(name).expect("a writer");
    writer.set_write_timeout(AT_ONCE);
    writer
}

/// The `size` bytes of the frame `sequence`, of which each depends on both and on its place.
pub fn pattern(sequence: u64, size: usize) -> Vec<u8> {
    (0..size)
        .map(|i| {
            let i = i as u64;
            sequence.wrapping_mul(167).wrapping_add(i + (i >> 8) * 13) as u8
        })
        .collect()
}

/// True if every byte is as the pattern of its number has it.
pub fn is_whole(frame: &Frame) -> bool {
    frame.to_vec() == pattern(frame.sequence(), frame.len())
}

/// Writes the next frame, in its pattern.
pub fn write(writer: &mut Writer, size: usize) -> Result<u64> {
    let data = pattern(writer.next_sequence(), size);
    writer.write(&data)
}

/// Reads the next frame, which is there or comes soon, and is whole.
#[track_caller]
pub fn next(reader: &mut Reader) -> Frame {
    let frame = reader.read(patience()).expect("a frame").expect("in time");
    assert!(is_whole(&frame), "frame {} is torn", frame.sequence());
    frame
}

/// It failed in this way, and not in another.
#[track_caller]
pub fn assert_kind<T>(outcome: Result<T>, kind: ErrorKind) -> Error {
    match outcome {
        Ok(_) => panic!("{kind} expected, and nothing went wrong"),
        Err(error) => {
            assert_eq!(error.kind(), kind, "{error}");
            error
        }
    }
}

/// Says that a test was skipped: past the test harness, which shows nothing of one that passes.
pub fn tell_skipped(test: &str, why: &str) {
    let line = format!("skipped: {test}: {why}\n");
    let _ = std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes());
}

/// Everything that a finished process said, for messages.
pub fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}
