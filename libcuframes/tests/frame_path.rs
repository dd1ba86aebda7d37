//! The path of a frame, and that of a packet, neither allocates nor calls the kernel for anything but a futex.

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::Thread;

use common::{WATCHDOG, alone, as_child, key, publisher, role, run_dir, said, strict};
use cuframes::{
    FrameMeta, Mode, PacketFlags, PacketMeta, PacketRing, PacketStart, Publisher, Subscriber,
};

const WARM_UP: u64 = 100;
const FRAMES: u64 = 10_000;
const PACKET: [u8; 3000] = [7; 3000];
const KEY: PacketMeta = PacketMeta {
    pts: None,
    dts: None,
    duration: 0,
    flags: PacketFlags::KEY,
    stream_index: 0,
};

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

/// Publishes `frames` frames, each when the reader is done with the one before `lead`.
fn publish(publisher: &mut Publisher, read: &AtomicU64, frames: u64, lead: u64) {
    for _ in 0..frames {
        let mut frame = publisher.acquire().expect("acquire").expect("a slot");
        frame.plane_mut(0)[0] = 1;
        let seq = publisher
            .publish(frame, &FrameMeta::default())
            .expect("publish")
            .seq();
        while read.load(Ordering::Acquire) + lead <= seq {
            std::thread::park_timeout(WATCHDOG);
        }
    }
}

/// Reads frames up to `last`.
fn read(subscriber: &mut Subscriber, done: &AtomicU64, last: u64, publisher: &Thread) {
    let mut picture = [0; 64 * 48];
    loop {
        let frame = subscriber.next(Some(WATCHDOG)).expect("a frame");
        let clone = frame.clone();
        frame.copy_to(&mut picture).expect("copy");
        assert_eq!(picture[0], 1);
        drop(clone);
        let seq = frame.seq();
        frame.release().expect("whole");
        done.store(seq, Ordering::Release);
        publisher.unpark();
        if seq == last {
            return;
        }
    }
}

/// As `publish`, for packets.
fn send(publisher: &mut Publisher, read: &AtomicU64, packets: u64, lead: u64) {
    for _ in 0..packets {
        let seq = publisher.publish_packet(&PACKET, &KEY).expect("publish");
        while read.load(Ordering::Acquire) + lead <= seq {
            std::thread::park_timeout(WATCHDOG);
        }
    }
}

/// As `read`, for packets, in both ways that there are.
fn receive(subscriber: &mut Subscriber, done: &AtomicU64, last: u64, publisher: &Thread) {
    let mut bytes = [0; PACKET.len()];
    loop {
        let packet = subscriber.next_packet(Some(WATCHDOG)).expect("a packet");
        assert_eq!(packet.data(), PACKET);
        let mut seq = packet.info().seq;
        done.store(seq, Ordering::Release);
        publisher.unpark();
        if seq != last {
            let info = subscriber.next_packet_into(&mut bytes, Some(WATCHDOG));
            seq = info.expect("a packet").seq;
            assert_eq!(bytes, PACKET);
            done.store(seq, Ordering::Release);
            publisher.unpark();
        }
        if seq == last {
            return;
        }
    }
}

/// What goes from one side of a stream to the other.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Frames,
    Packets,
}

impl What {
    fn publish(self, publisher: &mut Publisher, read: &AtomicU64, count: u64, lead: u64) {
        match self {
            What::Frames => publish(publisher, read, count, lead),
            What::Packets => send(publisher, read, count, lead),
        }
    }

    fn read(self, subscriber: &mut Subscriber, done: &AtomicU64, last: u64, there: &Thread) {
        match self {
            What::Frames => read(subscriber, done, last, there),
            What::Packets => receive(subscriber, done, last, there),
        }
    }
}

/// Runs both sides of a stream on two threads: first `WARM_UP` frames, then `FRAMES` between
/// two calls of `mark` on each side. Returns what `mark` said before and after, publisher first.
fn stream<T: Send>(
    what: What,
    name: &str,
    mode: Mode,
    lead: u64,
    mark: impl Fn(&str) -> T + Sync,
) -> [(T, T); 2] {
    let key = key(name);
    let builder = publisher(&key).enable_packets(PacketRing::default());
    let mut source = builder.build().expect("publisher");
    let builder = strict(&key, "reader").mode(mode);
    let builder = builder.packets(PacketStart::Next);
    let mut subscriber = builder.connect().expect("subscriber");
    let done = AtomicU64::new(0);
    let here = std::thread::current();
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            what.read(&mut subscriber, &done, WARM_UP, &here);
            let before = mark("begin");
            what.read(&mut subscriber, &done, WARM_UP + FRAMES, &here);
            let after = mark("end");
            (before, after, subscriber.stats())
        });
        what.publish(&mut source, &done, WARM_UP, 1);
        let before = mark("begin");
        what.publish(&mut source, &done, FRAMES - 1, lead);
        what.publish(&mut source, &done, 1, 1);
        let after = mark("end");
        let (begun, ended, stats) = reader.join().expect("reader");
        let published = source.stats();
        if what == What::Packets {
            let sent = published.packets.expect("a ring").published;
            let seen = (stats.packets, stats.packets_missed);
            assert_eq!((sent, seen), (WARM_UP + FRAMES, (WARM_UP + FRAMES, 0)));
            return [(before, after), (begun, ended)];
        }
        assert_eq!(
            (published.published, published.dropped),
            (WARM_UP + FRAMES, 0)
        );
        assert_eq!(stats.received + stats.missed, WARM_UP + FRAMES);
        if mode == Mode::StrictOrder {
            assert_eq!(stats.missed, 0);
        }
        [(before, after), (begun, ended)]
    })
}

#[test]
fn ten_thousand_without_an_allocation() {
    let _guard = alone();
    // In step, where the reader sleeps before each frame, and with frames waiting for it.
    for (what, name, mode, lead) in [
        (What::Frames, "step", Mode::StrictOrder, 1),
        (What::Frames, "ahead", Mode::StrictOrder, 4),
        (What::Frames, "newest", Mode::NewestOnly, 4),
        (What::Packets, "encoded", Mode::NewestOnly, 1),
        (What::Packets, "encoded-ahead", Mode::NewestOnly, 4),
    ] {
        let [publisher, reader] = stream(what, name, mode, lead, |_| allocations());
        assert_eq!(
            publisher.1 - publisher.0,
            0,
            "{name}: the publisher allocates"
        );
        assert_eq!(reader.1 - reader.0, 0, "{name}: the reader allocates");
    }
    let before = allocations();
    drop(Box::new(1));
    assert_eq!(allocations() - before, 2, "the allocator counts");
}

/// A system call that a trace shows and that does nothing.
fn leave_mark(name: &str) {
    let found = std::path::Path::new(&format!("/cuframes-mark-{name}")).exists();
    assert!(!found);
}

/// Stands for a sleep that nobody ended.
const TIMED_OUT: &str = "timed out";

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
        if what.contains("/cuframes-mark-begin") {
            inside.insert(thread, true);
            calls.entry(thread).or_default();
        } else if what.contains("/cuframes-mark-end") {
            assert_eq!(inside.insert(thread, false), Some(true), "{line}");
        } else if inside.get(&thread) == Some(&true) {
            let calls = calls.entry(thread).or_default();
            if what.contains("ETIMEDOUT") {
                *calls.entry(TIMED_OUT.to_owned()).or_default() += 1;
            }
            if !what.starts_with("<...") {
                let name = what.split('(').next().unwrap_or_default();
                *calls.entry(name.to_owned()).or_default() += 1;
            }
        }
    }
    assert!(
        inside.values().all(|inside| !inside),
        "every mark has its end"
    );
    calls
}

#[test]
fn ten_thousand_without_a_call_but_futex() {
    const NAME: &str = "ten_thousand_without_a_call_but_futex";
    if let Some(role) = role() {
        let lead = if role.contains("step") { 1 } else { 4 };
        let what = match role.strip_prefix("packets") {
            Some(_) => What::Packets,
            None => What::Frames,
        };
        stream(what, &role, Mode::StrictOrder, lead, leave_mark);
        return;
    }
    let _guard = alone();
    if Command::new("strace").arg("-V").output().is_err() {
        eprintln!("\n*** SKIPPED: {NAME} needs strace, which is not installed ***\n");
        return;
    }
    for role in ["step", "ahead", "packets-step", "packets-ahead"] {
        let file = run_dir().join(format!("{role}.strace"));
        let mut command = Command::new("strace");
        command
            .args(["-f", "-qq", "-e", "signal=none", "-o"])
            .arg(&file);
        command.arg(std::env::current_exe().expect("own path"));
        as_child(&mut command, NAME, role);
        let output = command.output().expect("strace");
        assert!(output.status.success(), "{}", said(&output));
        let trace = std::fs::read_to_string(&file).expect("trace");
        let calls = calls_between_marks(&trace);
        assert_eq!(
            calls.len(),
            2,
            "the publishing and the reading thread: {calls:?}"
        );
        for (thread, calls) in &calls {
            let count = |name: &str| calls.get(name).copied().unwrap_or_default();
            let mut others = calls.clone();
            others.retain(|name, _| name != "futex" && name != TIMED_OUT);
            // Who slept for its longest time, because the other one got no processor, looks at
            // the socket.
            if count("recvmsg") <= count(TIMED_OUT) {
                others.remove("recvmsg");
            }
            assert!(others.is_empty(), "{role}: thread {thread} made {others:?}");
        }
        let all: u64 = calls.values().flat_map(|calls| calls.values()).sum();
        assert!(
            !role.contains("step") || all >= FRAMES,
            "{role}: somebody sleeps: {calls:?}"
        );
    }
}
