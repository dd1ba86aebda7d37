//! What the tests of the library share: a run directory, painted frames, and patience.

// Every test binary is compiled with all of this and uses its own part.
#![allow(dead_code)]

pub mod actor;
pub mod encoded;
pub mod raw;
pub mod server;
pub mod stream;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use cuframes::publisher::PublisherBuilder;
use cuframes::subscriber::SubscriberBuilder;
use cuframes::{Format, Frame, FrameMeta, Mode, Publisher, Subscriber, WritableFrame};

/// After this long something hangs. Nothing is timed more finely.
pub const WATCHDOG: Duration = Duration::from_secs(10);

/// Names the part that a child process plays.
const ROLE: &str = "CUFRAMES_TEST_ROLE";

static RUN_DIR: OnceLock<PathBuf> = OnceLock::new();

/// The run directory of this test binary, made and announced once.
#[allow(unsafe_code)]
pub fn run_dir() -> &'static Path {
    RUN_DIR.get_or_init(|| {
        if let Some(given) = std::env::var_os(ROLE).and(std::env::var_os("CUFRAMES_RUNTIME_DIR")) {
            return given.into();
        }
        let path = std::env::temp_dir().join(format!("cuframes-test-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a run directory");
        // SAFETY: std orders this with its own readers of the environment, and there are no others.
        unsafe { std::env::set_var("CUFRAMES_RUNTIME_DIR", &path) };
        // SAFETY: the handler only uses what lives as long as the process.
        unsafe { libc::atexit(remove_run_dir) };
        path
    })
}

extern "C" fn remove_run_dir() {
    if let Some(path) = RUN_DIR.get() {
        // A directory that stays behind is no reason to fail.
        let _ = std::fs::remove_dir_all(path);
    }
}

/// A key that no other test of this machine uses.
pub fn key(name: &str) -> String {
    run_dir();
    format!("t{}-{name}", std::process::id())
}

static OTHERS: RwLock<()> = RwLock::new(());

/// Held by a test that does not mind others beside it.
pub fn shared() -> RwLockReadGuard<'static, ()> {
    OTHERS.read().unwrap_or_else(PoisonError::into_inner)
}

/// Held by a test that counts what belongs to the whole process.
pub fn alone() -> RwLockWriteGuard<'static, ()> {
    OTHERS.write().unwrap_or_else(PoisonError::into_inner)
}

/// Open descriptors of this process.
pub fn fd_count() -> usize {
    std::fs::read_dir("/proc/self/fd").expect("proc").count()
}

/// Looks until `what` is true; the things waited for here have no event of their own.
pub fn until(name: &str, mut what: impl FnMut() -> bool) {
    let started = Instant::now();
    while !what() {
        assert!(started.elapsed() < WATCHDOG, "hang: {name}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A small grey publisher.
pub fn publisher(key: &str) -> PublisherBuilder {
    Publisher::builder(key).format(Format::R8).size(64, 48)
}

/// A subscriber that may miss nothing.
pub fn strict(key: &str, name: &str) -> SubscriberBuilder {
    Subscriber::builder(key).name(name).mode(Mode::StrictOrder)
}

/// Fills every byte of a grey frame with the low byte of `number`.
pub fn paint(frame: &mut WritableFrame, number: u64) {
    frame.plane_mut(0).fill(number as u8);
}

/// Publishes one painted frame, trying again while every slot is in use.
pub fn send(publisher: &mut Publisher) -> u64 {
    let started = Instant::now();
    loop {
        assert!(started.elapsed() < WATCHDOG, "hang: no slot becomes free");
        if let Some(mut frame) = publisher.acquire().expect("acquire") {
            let number = publisher.stats().latest_seq + 1;
            paint(&mut frame, number);
            let meta = FrameMeta {
                pts: Some(number as i64 * 1000),
                ..FrameMeta::default()
            };
            return publisher.publish(frame, &meta).expect("publish").seq();
        }
    }
}

/// Publishes a frame as it is, trying again while every slot is in use.
pub fn send_nothing(publisher: &mut Publisher) -> u64 {
    let mut frame = None;
    until("find a slot", || {
        frame = publisher.acquire().expect("acquire");
        frame.is_some()
    });
    let frame = frame.expect("a slot");
    let published = publisher.publish(frame, &FrameMeta::default());
    published.expect("publish").seq()
}

/// Publishes `count` painted frames.
pub fn send_many(publisher: &mut Publisher, count: usize) {
    for _ in 0..count {
        send(publisher);
    }
}

/// The next frame, which has to come.
pub fn next(subscriber: &mut Subscriber) -> Frame {
    subscriber.next(Some(WATCHDOG)).expect("a frame")
}

/// The picture of a frame, without padding.
pub fn pixels(frame: &Frame) -> Vec<u8> {
    let mut bytes = vec![0; frame.layout().packed_size() as usize];
    frame.copy_to(&mut bytes).expect("copy");
    bytes
}

/// True if a painted frame has the pixels of its number, all of them.
pub fn is_whole(frame: &Frame) -> bool {
    let bytes = pixels(frame);
    !bytes.is_empty() && bytes.iter().all(|&byte| byte == frame.seq() as u8)
}

/// The part that this process plays, if it is the child of a test.
pub fn role() -> Option<String> {
    std::env::var(ROLE).ok()
}

/// This test binary again, running only `test`, in the part of `role`, with the same run
/// directory.
pub fn child(test: &str, role: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("own path"));
    as_child(&mut command, test, role);
    command
}

/// Adds to `command`, which runs this binary, what makes it a child of `test`.
pub fn as_child(command: &mut Command, test: &str, role: &str) {
    command
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env("CUFRAMES_RUNTIME_DIR", run_dir())
        .env(ROLE, role);
}

/// Everything that a finished child said, for messages.
pub fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

/// Says that a test, or a part of it, was skipped: past the test harness, which shows nothing of
/// a test that passes.
pub fn tell_skipped(test: &str, why: &str) {
    let thread = std::thread::current();
    let name = thread.name().unwrap_or("a test");
    let line = format!("skipped: {test} {name}: {why}\n");
    let _ = std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes());
}

/// Values that a callback or handler has noted down.
#[derive(Debug)]
pub struct Notes<T>(Mutex<Vec<T>>);

impl<T> Default for Notes<T> {
    fn default() -> Self {
        Notes(Mutex::default())
    }
}

impl<T: Clone> Notes<T> {
    /// Notes one more.
    pub fn add(&self, value: T) {
        self.lock().push(value);
    }

    /// All of them.
    pub fn all(&self) -> Vec<T> {
        self.lock().clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
