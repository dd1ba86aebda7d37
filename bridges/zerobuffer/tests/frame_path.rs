//! The path of a frame neither allocates nor calls the kernel for anything but a futex.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use zerobuffer::{BufferConfig, Reader, Writer};

const WARM_UP: u64 = 100;
const FRAMES: u64 = 10_000;
const SIZE: usize = 3000;
const WATCHDOG: Duration = Duration::from_secs(60);
const ROLE: &str = "ZEROBUFFER_TEST_ROLE";

/// Counts what each thread asks of the allocator.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

fn count() {
    // A thread at its end has nothing to count any more.
    let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
}

#[allow(unsafe_code)]
// SAFETY: every call goes to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        count();
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations() -> u64 {
    ALLOCATIONS.with(Cell::get)
}

fn write(writer: &mut Writer, frames: u64) {
    let data = [7; SIZE];
    for index in 0..frames {
        match index % 2 {
            0 => drop(writer.write(&data).expect("written")),
            _ => {
                let mut place = writer.buffer(SIZE).expect("a place");
                place.copy_from(0, &data);
                place.commit();
            }
        }
    }
}

/// Reads, and gives back each frame when the next one is there.
fn read(reader: &mut Reader, frames: u64) {
    let mut bytes = [0; SIZE];
    let mut held = None;
    for _ in 0..frames {
        let frame = reader.read(WATCHDOG).expect("readable").expect("in time");
        frame.copy_to(&mut bytes);
        assert_eq!(bytes, [7; SIZE]);
        held.replace(frame);
    }
    drop(held);
}

/// Runs both sides on two threads, over a ring of so many frames: first `WARM_UP` frames, then
/// `FRAMES` between two calls of `mark` on each side. What `mark` said, writer first.
fn stream<T: Send>(room: u64, mark: impl Fn(&str) -> T + Sync) -> [(T, T); 2] {
    let name = format!("zb-path-{}-{room}", std::process::id());
    let payload = room * (SIZE as u64 + 16);
    let mut reader = Reader::create(&name, &BufferConfig::new(0, payload)).expect("a buffer");
    let mut writer = Writer::connect(&name).expect("a writer");
    writer.set_write_timeout(WATCHDOG);
    std::thread::scope(|scope| {
        let reading = scope.spawn(|| {
            read(&mut reader, WARM_UP);
            let before = mark("begin");
            read(&mut reader, FRAMES);
            (before, mark("end"))
        });
        write(&mut writer, WARM_UP);
        let before = mark("begin");
        write(&mut writer, FRAMES);
        let written = (before, mark("end"));
        [written, reading.join().expect("the reader")]
    })
}

#[test]
fn ten_thousand_without_an_allocation() {
    for room in [2, 50] {
        for (before, after) in stream(room, |_| allocations()) {
            assert_eq!(after - before, 0, "{room} frames of room");
        }
    }
    let before = allocations();
    drop(Box::new(1));
    assert_eq!(allocations() - before, 2, "the allocator counts");
}

/// A system call that a trace shows and that does nothing.
fn leave_mark(name: &str) {
    assert!(!std::path::Path::new(&format!("/zerobuffer-mark-{name}")).exists());
}

/// Per thread, how often it made each call between its two marks.
fn calls_between_marks(trace: &str) -> BTreeMap<u32, BTreeMap<String, u64>> {
    let mut calls: BTreeMap<u32, BTreeMap<String, u64>> = BTreeMap::new();
    let mut inside: BTreeMap<u32, bool> = BTreeMap::new();
    for line in trace.lines() {
        let Some((thread, what)) = line.split_once(' ') else {
            continue;
        };
        let thread: u32 = thread.parse().expect("a thread");
        let what = what.trim_start();
        if what.contains("/zerobuffer-mark-begin") {
            inside.insert(thread, true);
            calls.entry(thread).or_default();
        } else if what.contains("/zerobuffer-mark-end") {
            assert_eq!(inside.insert(thread, false), Some(true), "{line}");
        } else if inside.get(&thread) == Some(&true) && !what.starts_with("<...") {
            let name = what.split('(').next().unwrap_or_default().to_owned();
            *calls.entry(thread).or_default().entry(name).or_default() += 1;
        }
    }
    let whole = inside.values().all(|inside| !inside);
    assert!(whole, "every mark has its end");
    calls
}

#[test]
fn ten_thousand_without_a_call_but_futex() {
    const NAME: &str = "ten_thousand_without_a_call_but_futex";
    if let Ok(room) = std::env::var(ROLE) {
        stream(room.parse().expect("a number"), leave_mark);
        return;
    }
    for room in ["2", "50"] {
        let trace = tempfile::NamedTempFile::new().expect("a file");
        let output = Command::new("strace")
            .args(["-f", "-qq", "-e", "signal=none", "-o"])
            .arg(trace.path())
            .arg(std::env::current_exe().expect("own path"))
            .args(["--exact", NAME])
            .env(ROLE, room)
            .output()
            .expect("strace, which ci/install.sh installs");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && said.contains("1 passed"),
            "{said}"
        );
        let trace = std::fs::read_to_string(trace.path()).expect("trace");
        let calls = calls_between_marks(&trace);
        assert_eq!(calls.len(), 2, "the writing and the reading thread");
        for (thread, mut calls) in calls {
            // A look at the other side's life, once it has slept for a tenth of a second.
            let looks = ["ppoll", "fcntl", "getpid"].map(|call| calls.remove(call).unwrap_or(0));
            let looks: u64 = looks.iter().sum();
            assert!(
                looks < FRAMES / 100,
                "{room}: thread {thread} looked {looks} times"
            );
            // The first of them finds the process.
            assert!(calls.remove("pidfd_open").unwrap_or(0) <= looks.min(1));
            calls.remove("futex");
            assert!(calls.is_empty(), "{room}: thread {thread} made {calls:?}");
        }
    }
}
