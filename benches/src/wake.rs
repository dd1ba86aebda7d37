//! From before `publish` to after `next` in another process, that spins or that sleeps.
//!
//! Blocks of frames alternate with blocks of plain pings on the same fixed schedule, so that
//! floor and figure see the same machine. A ping carries its time in the word itself, a frame
//! in its pts. Nobody waits for the reader; what it missed because it was not running counts,
//! in a row of its own, with the time it would have had.

use std::sync::atomic::Ordering;
use std::time::Duration;

use cuframes::{
    Format, FrameMeta, Mode, PacketFlags, PacketMeta, PacketRing, PacketStart, Publisher,
    Subscriber,
};

use crate::floor::{CLOCK, Shared, Word};
use bench_harness::Result;
use bench_harness::book::{Book, Samples, Target};
use bench_harness::machine::{self, Side, now, spin_until};
use bench_harness::peer::{self, Peer, word};

const KEY: &str = "bench-wake";

/// What a reader reads, how it waits, and how often it is disturbed.
struct Kind {
    name: &'static str,
    /// The call that it is the publisher's half of.
    call: &'static str,
    packets: bool,
    sleeps: bool,
    period_ns: u64,
    blocks: u64,
    block: u64,
    floor: &'static str,
    target: Target,
}

const KINDS: [Kind; 3] = [
    Kind {
        name: "publish to seen, spinning subscriber",
        call: "publish(), a spinning subscriber reads along",
        packets: false,
        sleeps: false,
        period_ns: 10_000,
        blocks: 100,
        block: 1_000,
        floor: "floor: a cache line with its time in it, to a spinning process",
        target: Target::AboveFloor(150.0),
    },
    Kind {
        name: "publish to seen, sleeping subscriber",
        call: "publish(), a sleeping subscriber reads along",
        packets: false,
        sleeps: true,
        period_ns: 500_000,
        blocks: 20,
        block: 100,
        floor: "floor: a futex wake of a sleeping process",
        target: Target::TimesFloor(1.1),
    },
    Kind {
        name: "publish_packet() of 1 KiB to seen, sleeping subscriber",
        call: "publish_packet() of 1 KiB, a sleeping subscriber reads along",
        packets: true,
        sleeps: true,
        period_ns: 500_000,
        blocks: 20,
        block: 100,
        floor: "floor: a futex wake of a sleeping process, between packets",
        target: Target::TimesFloor(1.1),
    },
];
const PACKETS: usize = 2;
const PACKET: [u8; 1 << 10] = [7; 1 << 10];

pub fn measure(book: &mut Book) -> Result<()> {
    (0..PACKETS).try_for_each(|index| measure_kind(book, index))
}

/// The same for packets.
pub fn measure_packets(book: &mut Book) -> Result<()> {
    measure_kind(book, PACKETS)
}

fn measure_kind(book: &mut Book, index: usize) -> Result<()> {
    let kind = &KINDS[index];
    let builder = Publisher::builder(KEY).size(1920, 1080);
    let mut publisher = match kind.packets {
        true => builder.enable_packets(PacketRing::default()).packets_only(),
        false => builder.format(Format::Nv12).slots(16),
    }
    .build()?;
    let shared = Shared::create()?;
    let words = [
        index.to_string(),
        shared.path(),
        peer::processor(Side::Other),
    ];
    let mut reader = Peer::start("reader", &words)?;
    let pinned = machine::pin(machine::processor(Side::This))?;
    let mut calls = Samples::new()?;
    for block in 0..kind.blocks {
        shared.spin_while(&mut reader, Word::Ready, 2 * block)?;
        send_pings(kind, &shared)?;
        shared.spin_while(&mut reader, Word::Ready, 2 * block + 1)?;
        match kind.packets {
            true => send_packets(kind, &mut publisher, &mut calls)?,
            false => send_frames(kind, &mut publisher, &mut calls)?,
        }
    }
    drop(pinned);
    enter(book, kind.floor, None, Target::None, &mut reader)?;
    enter(book, kind.name, Some(kind.floor), kind.target, &mut reader)?;
    reader.let_go()?;
    publisher.finish()?;
    book.add(kind.call, Some(CLOCK), Target::None, &calls);
    Ok(())
}

/// Hears from the reader what came and what it missed: a row for what came, whose median is
/// that of the mechanism, and one for all, whose tail is that of the machine too.
fn enter(
    book: &mut Book,
    what: &str,
    floor: Option<&'static str>,
    target: Target,
    reader: &mut Peer,
) -> Result<()> {
    let mut all = reader.hear_numbers()?;
    book.add(what, floor, target, &Samples::of(&all)?);
    all.extend(reader.hear_numbers()?);
    let what = format!("{what}, with what was missed");
    book.add(what, None, Target::None, &Samples::of(&all)?);
    Ok(())
}

/// Time and whether it is the last one of its block, in one word.
fn pack(time: u64, is_last: bool) -> u64 {
    time * 2 + u64::from(is_last)
}

fn send_pings(kind: &Kind, shared: &Shared) -> Result<()> {
    let start = now() + kind.period_ns;
    for index in 0..kind.block {
        spin_until(start + index * kind.period_ns);
        let ping = pack(now(), index + 1 == kind.block);
        match kind.sleeps {
            true => shared.ping_sleeper(ping)?,
            false => shared.ping(ping),
        }
    }
    Ok(())
}

fn send_frames(kind: &Kind, publisher: &mut Publisher, calls: &mut Samples) -> Result<()> {
    let start = now() + kind.period_ns;
    for index in 0..kind.block {
        let frame = publisher.acquire()?.ok_or("no slot is free")?;
        let mut meta = FrameMeta {
            duration: i64::from(index + 1 == kind.block),
            ..FrameMeta::default()
        };
        spin_until(start + index * kind.period_ns);
        let time = now();
        meta.pts = Some(time as i64);
        let published = publisher.publish(frame, &meta)?;
        calls.record(now() - time);
        drop(published);
    }
    Ok(())
}

fn send_packets(kind: &Kind, publisher: &mut Publisher, calls: &mut Samples) -> Result<()> {
    let start = now() + kind.period_ns;
    for index in 0..kind.block {
        spin_until(start + index * kind.period_ns);
        let time = now();
        let meta = PacketMeta {
            pts: Some(time as i64),
            duration: i64::from(index + 1 == kind.block),
            flags: PacketFlags::KEY,
            ..PacketMeta::default()
        };
        publisher.publish_packet(&PACKET, &meta)?;
        calls.record(now() - time);
    }
    Ok(())
}

/// Times of what came, and of what did not.
struct Log {
    period_ns: u64,
    last: u64,
    came: Vec<u64>,
    missed: Vec<u64>,
}

impl Log {
    fn new(kind: &Kind) -> Self {
        Log {
            period_ns: kind.period_ns,
            last: 0,
            came: Vec::with_capacity((kind.blocks * kind.block) as usize),
            missed: Vec::new(),
        }
    }

    /// Something sent at `sent` is seen now. What the schedule had between it and the one
    /// before was missed while this one was waited for.
    #[inline]
    fn seen(&mut self, sent: u64) {
        let time = now().saturating_sub(sent);
        let since = sent - self.last;
        let missed = match self.last {
            0 => 0,
            _ => ((since + self.period_ns / 2) / self.period_ns).saturating_sub(1),
        };
        self.came.push(time);
        self.missed
            .extend((1..=missed).map(|earlier| time + earlier * self.period_ns));
        self.last = sent;
    }
}

/// In the other process: the reader.
pub fn be_reader(words: &[String]) -> Result<()> {
    let kind = KINDS.get(word::<usize>(words, 0)?).ok_or("no such kind")?;
    let shared = Shared::open(&word::<String>(words, 1)?)?;
    let spin = match kind.sleeps {
        true => Duration::ZERO,
        false => Duration::from_secs(3600),
    };
    let builder = Subscriber::builder(KEY).mode(Mode::StrictOrder).spin(spin);
    let mut subscriber = match kind.packets {
        true => builder.packets_only(PacketStart::Next),
        false => builder,
    }
    .connect()?;
    let _pinned = peer::pin(words, 2)?;
    let mut pings = Log::new(kind);
    let mut frames = Log::new(kind);
    let mut value = 0;
    for block in 0..kind.blocks {
        pings.last = 0;
        shared
            .word(Word::Ready)
            .store(2 * block + 1, Ordering::Release);
        loop {
            value = match kind.sleeps {
                true => shared.sleep(value),
                false => shared.spin(Word::Ping, value),
            };
            pings.seen(value / 2);
            if value & 1 != 0 {
                break;
            }
        }
        frames.last = 0;
        shared
            .word(Word::Ready)
            .store(2 * block + 2, Ordering::Release);
        match kind.packets {
            true => while !see_packet(&mut subscriber, &mut frames)? {},
            false => while !see_frame(&mut subscriber, &mut frames)? {},
        }
    }
    for log in [pings, frames] {
        peer::say_numbers(&log.came)?;
        peer::say_numbers(&log.missed)?;
    }
    Ok(())
}

/// Notes when the next frame was seen, and tells whether it is the last one of its block.
#[inline]
fn see_frame(subscriber: &mut Subscriber, log: &mut Log) -> Result<bool> {
    let frame = subscriber.next(None)?;
    log.seen(frame.pts().unwrap_or_default() as u64);
    Ok(frame.meta().duration != 0)
}

/// The same for a packet.
#[inline]
fn see_packet(subscriber: &mut Subscriber, log: &mut Log) -> Result<bool> {
    let packet = subscriber.next_packet(None)?;
    log.seen(packet.info().pts.unwrap_or_default() as u64);
    Ok(packet.info().duration != 0)
}
