//! Plain copies into memory of the kind and size that a ring has, and out of it.

use bench_harness::memory::SharedBytes;
use bench_harness::{Result, machine};

use crate::plan::{HEADER, Plan};

/// Nanoseconds that a frame takes which is only copied in.
pub fn copy_in(plan: &Plan, size: usize) -> Result<f64> {
    run(plan, size, |ring, at, frame, _| {
        ring.store(at, frame);
        Ok(())
    })
}

/// The same for one that is copied out as well, by the same processor.
pub fn copy_in_and_out(plan: &Plan, size: usize) -> Result<f64> {
    run(plan, size, |ring, at, frame, copy| {
        ring.store(at, frame);
        ring.load(at, copy);
        Ok(())
    })
}

/// Goes around the ring once, which touches all pages, and then measures.
fn run(
    plan: &Plan,
    size: usize,
    mut frame: impl FnMut(&mut SharedBytes, usize, &[u8], &mut [u8]) -> Result<()>,
) -> Result<f64> {
    let _pinned = machine::pin(machine::processor(machine::Side::Other))?;
    let mut ring = SharedBytes::create(plan.ring)?;
    let (from, mut to) = (vec![7; size], vec![0; size]);
    let (lap, count) = (plan.lap(size), plan.frames(size));
    let mut at = 0;
    let mut start = 0;
    for index in 0..lap + count {
        if index == lap {
            start = machine::now();
        }
        if at + HEADER + size > plan.ring {
            at = 0;
        }
        frame(&mut ring, at + HEADER, &from, &mut to)?;
        std::hint::black_box(&mut to);
        at += HEADER + size;
    }
    Ok((machine::now() - start) as f64 / count as f64)
}
