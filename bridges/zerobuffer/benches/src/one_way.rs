//! Frames from one process to the other, as fast as they go.
//!
//! Who reads made the ring, and measures from the first frame after one lap, so that every page of
//! it has been touched, to the last.

use std::time::Duration;

use bench_harness::Result;
use bench_harness::machine::{self, Side, now};
use bench_harness::peer::{self, Peer, word};
use bench_harness::sheet::{AtLeast, Column, Sheet, Unit};
use zerobuffer::{BufferConfig, DEFAULT_METADATA_SIZE, Reader, Writer};
use zerobuffer_peer::Tidy;

use crate::plan::{Plan, SIZES, in_words, unique};
use crate::{floor, python};

pub const COLUMNS: [Column; 3] = [
    Column::new("frames/s", Unit::Rate),
    Column::new("bytes/s", Unit::Rate),
    Column::new("of the floor", Unit::Times),
];
const OF_THE_FLOOR: usize = 2;
/// Nobody waits so long unless the other process is gone.
const TIMEOUT: Duration = Duration::from_secs(20);

/// What both sides do with a frame.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Copied,
    CopiedOut,
    InPlace,
}

impl Way {
    const ALL: [Way; 3] = [Way::Copied, Way::CopiedOut, Way::InPlace];

    fn name(self) -> &'static str {
        match self {
            Way::Copied => "`write()`, a byte is read",
            Way::CopiedOut => "`write()`, copied out",
            Way::InPlace => "in place on both sides, no copy",
        }
    }
}

pub fn measure(sheet: &mut Sheet, plan: &Plan, with_peer: bool) -> Result<()> {
    for size in SIZES {
        let bytes = in_words(size);
        let copy_in = floor::copy_in(plan, size)?;
        let both = floor::copy_in_and_out(plan, size)?;
        let mut add = |what: &str, ns: f64, floor: f64, target| {
            let rate = 1e9 / ns;
            // Bytes that nobody moves make no throughput.
            let moved = match what == Way::InPlace.name() {
                true => f64::NAN,
                false => rate * size as f64,
            };
            let values = vec![rate, moved, floor / ns];
            sheet.add(&format!("{bytes}: {what}"), target, values);
        };
        add("floor: memcpy into a ring", copy_in, f64::NAN, None);
        add("floor: memcpy in, and out again", both, f64::NAN, None);
        for way in Way::ALL {
            let ns = run(plan, way, size)?;
            match way {
                Way::Copied => add(way.name(), ns, copy_in, target(plan, size)),
                // Two processors share the two copies, so it may well be less than their sum.
                Way::CopiedOut => add(way.name(), ns, both, None),
                Way::InPlace => add(way.name(), ns, f64::NAN, None),
            }
        }
        if with_peer {
            let ns = run_peer(plan, size)?;
            add(
                "Python peer, `write_frame`, a byte is read",
                ns,
                copy_in,
                None,
            );
        }
    }
    Ok(())
}

/// What is stated is stated of the ring of a usual size.
fn target(plan: &Plan, size: usize) -> Option<AtLeast> {
    (size == SIZES[3] && !plan.quick).then_some(AtLeast {
        column: OF_THE_FLOOR,
        value: 0.9,
    })
}

/// Nanoseconds a frame.
fn run(plan: &Plan, way: Way, size: usize) -> Result<f64> {
    let name = unique();
    let config = BufferConfig::new(DEFAULT_METADATA_SIZE, plan.ring as u64);
    let mut reader = Reader::create(&name, &config)?;
    let count = match way {
        Way::InPlace => plan.frames_in_place(),
        Way::Copied | Way::CopiedOut => plan.frames(size),
    };
    let (lap, in_place) = (plan.lap(size), u8::from(way == Way::InPlace));
    let numbers = [size, lap + count, in_place.into()].map(|number| number.to_string());
    let words = [
        &[name][..],
        &numbers[..],
        &[peer::processor(Side::Other)][..],
    ]
    .concat();
    let writer = Peer::start_ready("writer", &words)?;
    let _pinned = machine::pin(machine::processor(Side::This))?;
    let mut copy = vec![0; size];
    let mut start = 0;
    for index in 0..lap + count {
        if index == lap {
            start = now();
        }
        let frame = reader.read(TIMEOUT)?.ok_or("no frame came")?;
        match way {
            Way::CopiedOut => frame.copy_to(&mut copy),
            Way::Copied | Way::InPlace => frame.copy_range_to(size - 1, &mut copy[size - 1..]),
        }
        let (number, last) = (frame.sequence(), copy[size - 1]);
        if (number, frame.len(), last) != (index as u64 + 1, size, index as u8) {
            return Err(format!("frame {index} is another one").into());
        }
    }
    let took = now() - start;
    writer.let_go()?;
    Ok(took as f64 / count as f64)
}

/// In the other process: writes frames.
pub fn be_writer(words: &[String]) -> Result<()> {
    let mut writer = Writer::connect(&word::<String>(words, 0)?)?;
    writer.set_write_timeout(TIMEOUT);
    let (size, count) = (word(words, 1)?, word::<usize>(words, 2)?);
    let in_place = word::<u8>(words, 3)? == 1;
    let _pinned = peer::pin(words, 4)?;
    peer::say("ready")?;
    let mut bytes = vec![7; size];
    for index in 0..count {
        if in_place {
            let mut buffer = writer.buffer(size)?;
            buffer.copy_from(size - 1, &[index as u8]);
            buffer.commit();
        } else {
            bytes[size - 1] = index as u8;
            writer.write(&bytes)?;
        }
    }
    peer::until_let_go()
}

/// The same between two processes of the peer's.
fn run_peer(plan: &Plan, size: usize) -> Result<f64> {
    let name = unique();
    let _tidy = Tidy::new(&name);
    let (count, lap) = plan.frames_of_peer(size);
    let numbers = [plan.ring, lap, count];
    let mut reader = python::start("reader", &name, Side::This, &numbers)?.ready()?;
    let writer = python::start("writer", &name, Side::Other, &[size, lap + count])?.ready()?;
    let took = reader.hear_numbers()?[0];
    writer.let_go()?;
    reader.let_go()?;
    Ok(took as f64 / count as f64)
}
