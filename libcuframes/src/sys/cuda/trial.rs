//! Whether streams and the processor really see what the other writes into a page.

use std::mem;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use super::super::WriteMap;
use super::context::Context;
use super::error::Result;
use super::registered::Registered;
use super::stream::Stream;

/// Offsets of the words that are tried, a cache line apart.
const FROM_STREAM: usize = 0;
const TO_STREAM: usize = 64;
const BACK: usize = 128;

/// Registers `map`, lets a stream write a word of it, then wait for one that the processor
/// wrote and write another. False if one of them was not seen within `limit`. A stream that is
/// still busy after that keeps the page for ever.
pub fn words_are_seen(context: &Context, map: WriteMap, limit: Duration) -> Result<bool> {
    let stream = Stream::new(context)?;
    let page = Registered::new(context, map)?;
    let seen = exchange(&page, &stream, limit);
    // A stream that fails has ended; what it had to do it will not do.
    let ended = within(limit, || stream.as_ref().query(context).unwrap_or(true));
    if !ended {
        mem::forget((page, stream));
    }
    seen
}

fn exchange(page: &Registered, stream: &Stream, limit: Duration) -> Result<bool> {
    let (context, stream) = (page.context(), stream.as_ref());
    let address = |offset: usize| page.address() + offset as u64;
    // SAFETY: I16: the page stays registered until the stream has written it, or for ever.
    unsafe { stream.write_value_64(context, address(FROM_STREAM), 1) }?;
    // Acquire, here and below: as every reader of such a word.
    let is_written = |offset| page.map().load_u64(offset, Ordering::Acquire) == 1;
    if !within(limit, || is_written(FROM_STREAM)) {
        return Ok(false);
    }
    page.map().store_u64(TO_STREAM, 2, Ordering::Release);
    // SAFETY: I16: as above.
    unsafe { stream.wait_value_64_geq(context, address(TO_STREAM), 1) }?;
    // SAFETY: I16: as above.
    unsafe { stream.write_value_64(context, address(BACK), 1) }?;
    Ok(within(limit, || is_written(BACK)))
}

/// Looks until it is so, or the time is up.
fn within(limit: Duration, is_so: impl Fn() -> bool) -> bool {
    let started = Instant::now();
    loop {
        if is_so() {
            return true;
        }
        if started.elapsed() >= limit {
            return false;
        }
        thread::sleep(Duration::from_micros(50));
    }
}
