//! The vectors' file, and the files of a buffer.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use serde_json::Value;

/// Stand for the processes that read and write.
const READER: u64 = 0x1111;
const WRITER: u64 = 0x2222;
const WRITER_AT: usize = 0x50;
const READER_AT: usize = 0x58;
/// Bytes of a semaphore.
pub const SEMAPHORE: usize = 32;

/// The entries of one part of `zerobuffer.json`.
pub fn list(part: &str) -> Vec<Value> {
    let path = format!(
        "{}/../../conformance/vectors/zerobuffer.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = std::fs::read_to_string(&path).expect(&path);
    let mut all: Value = serde_json::from_str(&text).expect(&path);
    match all[part].take() {
        Value::Array(entries) => entries,
        other => panic!("{part} of {path} is {other}"),
    }
}

/// A field that is text.
pub fn text<'a>(entry: &'a Value, field: &str) -> &'a str {
    entry[field]
        .as_str()
        .unwrap_or_else(|| panic!("{entry} has no {field}"))
}

/// A number below 2^53 is a JSON number, a larger one a string.
pub fn number(value: &Value) -> u64 {
    value
        .as_u64()
        .or_else(|| value.as_str()?.parse().ok())
        .unwrap_or_else(|| panic!("{value} is no number"))
}

/// The bytes of some hex.
pub fn bytes(hex: &str) -> Vec<u8> {
    assert!(hex.len().is_multiple_of(2), "whole bytes");
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex"))
        .collect()
}

/// Hex of some bytes.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A name of a vector, with digits that are this process's.
pub fn own_digits(name: &str) -> String {
    name.replace("11111111", &format!("{:08}", std::process::id()))
}

/// Replaces a number if it is the one expected; true if it was.
fn exchange(segment: &mut [u8], at: usize, from: u64, to: u64) -> bool {
    let field = segment.get_mut(at..at + 8);
    let field = field.filter(|field| **field == from.to_le_bytes());
    let found = field.map(|field| field.copy_from_slice(&to.to_le_bytes()));
    found.is_some()
}

/// Puts this process where a vector says that one lives.
pub fn real_pids(segment: &mut [u8]) {
    live_pids(segment, std::process::id());
}

/// Puts the process `pid` where a vector says that one lives; true if it says so anywhere.
pub fn live_pids(segment: &mut [u8], pid: u32) -> bool {
    let writes = exchange(segment, WRITER_AT, WRITER, pid.into());
    exchange(segment, READER_AT, READER, pid.into()) | writes
}

/// Puts what stands for them in vectors where this process is.
pub fn stand_in_pids(segment: &mut [u8]) {
    let own = std::process::id();
    stand_in_writer(segment, own);
    exchange(segment, READER_AT, own.into(), READER);
}

/// Puts what stands for the writer where this process is.
pub fn stand_in_writer(segment: &mut [u8], pid: u32) {
    exchange(segment, WRITER_AT, pid.into(), WRITER);
}

/// The file of a semaphore for which nobody waits.
pub fn semaphore(value: u64) -> Vec<u8> {
    let mut bytes = vec![0; SEMAPHORE];
    bytes[..4].copy_from_slice(&(value as u32).to_le_bytes());
    bytes[8] = 0x80;
    bytes
}

/// The first bytes of a file.
pub fn read(file: &File, size: usize) -> Vec<u8> {
    let mut bytes = vec![0; size];
    file.read_exact_at(&mut bytes, 0).expect("so many bytes");
    bytes
}

/// Replaces the first bytes of a file.
pub fn write(file: &File, bytes: &[u8]) {
    file.write_all_at(bytes, 0).expect("written");
}

/// A process that is just being started has everything open that this one has, for a moment. Who
/// looks for a dead process would take it for somebody who has the segment open.
static STARTING: RwLock<()> = RwLock::new(());

/// Whether processes are started meanwhile.
#[allow(dead_code, reason = "guards are held, not looked at")]
enum Starting {
    Not(RwLockReadGuard<'static, ()>),
    Here(RwLockWriteGuard<'static, ()>),
}

/// While this is kept no thread has the files of a buffer: for who starts a process.
pub fn starting() -> RwLockWriteGuard<'static, ()> {
    STARTING.write().unwrap_or_else(PoisonError::into_inner)
}

/// The files of one buffer; whatever is left of them goes with the value. A thread has one at a
/// time.
pub struct Files {
    pub name: String,
    _starting: Starting,
}

impl Files {
    /// Of a buffer whose name nobody else has.
    pub fn unique(what: &str) -> Self {
        let guard = STARTING.read().unwrap_or_else(PoisonError::into_inner);
        Self::new(what, Starting::Not(guard))
    }

    /// The same, for who starts processes.
    pub fn with_processes(what: &str) -> Self {
        let guard = STARTING.write().unwrap_or_else(PoisonError::into_inner);
        Self::new(what, Starting::Here(guard))
    }

    fn new(what: &str, starting: Starting) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("zb-vectors-{what}-{}-{count}", std::process::id());
        Files {
            name,
            _starting: starting,
        }
    }

    /// The segment.
    pub fn segment(&self) -> String {
        format!("/dev/shm/{}", self.name)
    }

    fn shared(&self) -> [String; 3] {
        let name = &self.name;
        let semaphore = |letter| format!("/dev/shm/sem.sem-{letter}-{name}");
        [self.segment(), semaphore('w'), semaphore('r')]
    }

    /// Segment, then the semaphores of frames and of space.
    pub fn open(&self) -> [File; 3] {
        self.shared().map(|path| {
            let mut options = File::options();
            options.read(true).write(true).open(&path).expect(&path)
        })
    }

    /// Makes them without a reader.
    pub fn make(&self, segment: &[u8]) {
        let fresh = semaphore(0);
        for (path, bytes) in self.shared().iter().zip([segment, &fresh, &fresh]) {
            std::fs::write(path, bytes).expect(path);
        }
    }

    /// Those that are there.
    pub fn left(&self) -> Vec<String> {
        let lock = format!("/tmp/zerobuffer/{}.lock", self.name);
        let all = self.shared().into_iter().chain([lock]);
        all.filter(|path| std::path::Path::new(path).exists())
            .collect()
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        for path in self.left() {
            // A reader that still lives may be faster.
            let _ = std::fs::remove_file(path);
        }
    }
}
