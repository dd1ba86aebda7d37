//! Encoded packets: into the ring and out of it, beside memcpy and beside a pipe.
//!
//! One process does both, so that a figure is what its own call costs: packet after packet is
//! published and read, written to a pipe and read from it, and copied into eight MiB of shared
//! memory and out of them. All three see the same caches.

use std::hint::black_box;
use std::io::{Read, Write, pipe};

use cuframes::{PacketFlags, PacketMeta, PacketRing, PacketStart, Publisher, Subscriber};
use rustix::pipe::fcntl_setpipe_size;

use crate::floor::CLOCK;
use crate::{crowd, wake};
use bench_harness::Result;
use bench_harness::book::{Book, Samples, Target};
use bench_harness::machine::{self, Side, now};
use bench_harness::memory::SharedBytes;

const KEY: &str = "bench-encoded";
/// What an unprivileged process may make a pipe hold.
const PIPE: usize = 1 << 20;
/// Subscribers of packets that are attached and do nothing.
const CROWDS: [usize; 3] = [0, 1, 32];
const CROWD_PACKETS: u64 = 50_000;

/// A size of packets, and what is measured for it.
struct Size {
    bytes: usize,
    rounds: usize,
    into: &'static str,
    out: &'static str,
    name: &'static str,
    target: Target,
}

/// Beside 1 KiB and 16 KiB the rest of a call is not small, so that a ratio says little.
const SIZES: [Size; 4] = [
    Size {
        bytes: 1 << 10,
        rounds: 50_000,
        into: "floor: memcpy of 1 KiB into 8 MiB of shared memory",
        out: "floor: memcpy of 1 KiB out of 8 MiB of shared memory",
        name: "1 KiB",
        target: Target::None,
    },
    Size {
        bytes: 16 << 10,
        rounds: 20_000,
        into: "floor: memcpy of 16 KiB into 8 MiB of shared memory",
        out: "floor: memcpy of 16 KiB out of 8 MiB of shared memory",
        name: "16 KiB",
        target: Target::None,
    },
    Size {
        bytes: 256 << 10,
        rounds: 5_000,
        into: "floor: memcpy of 256 KiB into 8 MiB of shared memory",
        out: "floor: memcpy of 256 KiB out of 8 MiB of shared memory",
        name: "256 KiB",
        target: Target::TimesFloor(1.1),
    },
    Size {
        bytes: 1 << 20,
        rounds: 2_000,
        into: "floor: memcpy of 1 MiB into 8 MiB of shared memory",
        out: "floor: memcpy of 1 MiB out of 8 MiB of shared memory",
        name: "1 MiB",
        target: Target::TimesFloor(1.1),
    },
];

const META: PacketMeta = PacketMeta {
    pts: Some(0),
    dts: Some(0),
    duration: 0,
    flags: PacketFlags::KEY,
    stream_index: 0,
};

pub fn measure(book: &mut Book) -> Result<()> {
    for size in &SIZES {
        through_all(book, size)?;
    }
    crowds(book)?;
    wake::measure_packets(book)
}

fn publisher() -> Result<Publisher> {
    Ok(Publisher::builder(KEY)
        .enable_packets(PacketRing::default())
        .packets_only()
        .size(1920, 1080)
        .build()?)
}

/// Times of the calls that move something in, and of those that move it out.
struct Way {
    into: Samples,
    out: Samples,
}

impl Way {
    fn new() -> Result<Self> {
        Ok(Way {
            into: Samples::new()?,
            out: Samples::new()?,
        })
    }

    /// One round: when it began, when all was in, and when all was out.
    fn record(&mut self, [start, between, end]: [u64; 3]) {
        self.into.record(between - start);
        self.out.record(end - between);
    }
}

/// Packets of one size through memory, through the ring and through a pipe, in turn.
fn through_all(book: &mut Book, size: &Size) -> Result<()> {
    let mut publisher = publisher()?;
    let mut subscriber = Subscriber::builder(KEY)
        .packets_only(PacketStart::Next)
        .connect()?;
    let _pinned = machine::pin(machine::processor(Side::This))?;
    let (mut reader, mut writer) = pipe()?;
    fcntl_setpipe_size(&writer, PIPE)?;
    let ring = PacketRing::default().bytes as usize;
    let [mut written, read] = SharedBytes::pair(ring)?;
    let packet = vec![7; size.bytes];
    let mut buffer = vec![0; size.bytes];
    let (mut plain, mut packets, mut piped) = (Way::new()?, Way::new()?, Way::new()?);
    // The first rounds touch all memory and are not counted.
    let warm_up = ring / size.bytes;
    for round in 0..warm_up + size.rounds {
        let at = round * size.bytes % ring;
        let mut times = [now(); 7];
        written.store(at, &packet);
        times[1] = now();
        read.load(at, black_box(&mut buffer));
        times[2] = now();
        publisher.publish_packet(&packet, &META)?;
        times[3] = now();
        subscriber.next_packet_into(&mut buffer, None)?;
        times[4] = now();
        writer.write_all(&packet)?;
        times[5] = now();
        reader.read_exact(&mut buffer)?;
        times[6] = now();
        if round >= warm_up {
            let [start, a, b, c, d, e, end] = times;
            plain.record([start, a, b]);
            packets.record([b, c, d]);
            piped.record([d, e, end]);
        }
    }
    publisher.finish()?;
    enter(book, size, &plain, &packets, &piped);
    Ok(())
}

fn enter(book: &mut Book, size: &Size, plain: &Way, packets: &Way, piped: &Way) {
    let Size {
        into,
        out,
        name,
        target,
        ..
    } = *size;
    let none = Target::None;
    book.add(into, None, none, &plain.into);
    let what = format!("publish_packet() of {name}");
    book.add(what, Some(into), target, &packets.into);
    let what = format!("write() of {name} to a pipe");
    book.add(what, Some(into), none, &piped.into);
    book.add(out, None, none, &plain.out);
    let what = format!("next_packet_into() of {name}");
    book.add(what, Some(out), target, &packets.out);
    let what = format!("read() of {name} from a pipe");
    book.add(what, Some(out), none, &piped.out);
}

/// What a publisher pays for subscribers that it does not have to wake.
fn crowds(book: &mut Book) -> Result<()> {
    let mut medians = Vec::new();
    for crowd in CROWDS {
        medians.push(with_crowd(book, crowd)?);
    }
    if let [_, one, all] = medians[..] {
        let further = (CROWDS[2] - CROWDS[1]) as f64;
        let what = "publish_packet(), each further idle subscriber";
        book.add_value(what, Target::AtMost(3.0), (all - one) / further);
    }
    Ok(())
}

fn with_crowd(book: &mut Book, crowd: usize) -> Result<f64> {
    let mut publisher = publisher()?;
    let idle = crowd::attach(&publisher, "idle-packets", crowd)?;
    let pinned = machine::pin(machine::processor(Side::This))?;
    let mut samples = Samples::new()?;
    let packet = [7; 1 << 10];
    for _ in 0..CROWD_PACKETS {
        let start = now();
        publisher.publish_packet(&packet, &META)?;
        samples.record(now() - start);
    }
    drop(pinned);
    idle.let_go()?;
    publisher.finish()?;
    let who = crowd::in_words(crowd);
    let what = format!("publish_packet() of 1 KiB, {who}");
    book.add(what, Some(CLOCK), Target::None, &samples);
    Ok(samples.p50())
}

/// In the other process: so many subscribers of packets that do nothing.
pub fn be_idle(words: &[String]) -> Result<()> {
    crowd::be_idle(words, KEY, |builder| {
        builder.packets_only(PacketStart::Next)
    })
}
