//! Codec and extradata: rarely written, read as a seqlock whose count is their generation.

use crate::failpoint::{self, Point};
use crate::ring::rules::{Rule, fence, holds, order};
use crate::ring::words::{Ordering, Words, WordsMut};
use crate::wire::packets::{CODEC, EXTRADATA, EXTRADATA_GEN, EXTRADATA_SIZE, MAX_EXTRADATA};

/// A codec and its extradata.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params {
    /// A fourcc, 0 not set.
    pub codec: u32,
    /// The extradata as it is.
    pub extradata: Vec<u8>,
    /// The generation that packets name.
    pub generation: u32,
}

/// Why there are no parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// They are being written.
    Unsettled,
    /// They have another generation.
    Moved,
    /// They have a size that cannot be.
    Oversized(u32),
}

/// Stores `params`, whose generation is even and follows that of the segment.
pub fn store<C: WordsMut>(segment: &C, params: &Params) {
    let odd = params.generation.wrapping_sub(1);
    segment.store_u32(EXTRADATA_GEN, odd, Ordering::Relaxed);
    failpoint::reach(Point::ExtradataOdd);
    // Who sees a new byte sees the odd generation as well.
    fence(Rule::ExtradataFence, Ordering::Release);
    let size = params.extradata.len() as u32;
    segment.store_u32(CODEC, params.codec, Ordering::Relaxed);
    segment.store_u32(EXTRADATA_SIZE, size, Ordering::Relaxed);
    segment.store_bytes(EXTRADATA, &params.extradata);
    // Release: who sees the generation sees what it is of.
    let release = order(Rule::ExtradataRelease, Ordering::Release);
    segment.store_u32(EXTRADATA_GEN, params.generation, release);
}

/// Reads the parameters, which must be of `generation` where one is asked for.
pub fn load<C: Words>(segment: &C, generation: Option<u32>) -> Result<Params, Unread> {
    let before = segment.load_u32(EXTRADATA_GEN, Ordering::Acquire);
    let moved = generation.is_some_and(|wanted| before != wanted);
    if moved && holds(Rule::ExtradataOfPacket) && before.is_multiple_of(2) {
        return Err(Unread::Moved);
    }
    if !before.is_multiple_of(2) && holds(Rule::ExtradataEven) {
        return Err(Unread::Unsettled);
    }
    let codec = segment.load_u32(CODEC, Ordering::Relaxed);
    let size = segment.load_u32(EXTRADATA_SIZE, Ordering::Relaxed);
    // Checked below; until then it only must not be too long to copy.
    let mut extradata = vec![0; (size as usize).min(MAX_EXTRADATA)];
    segment.load_bytes(EXTRADATA, &mut extradata);
    fence(Rule::ExtradataReadFence, Ordering::Acquire);
    let after = segment.load_u32(EXTRADATA_GEN, Ordering::Relaxed);
    if after != before && holds(Rule::ExtradataRecheck) {
        return Err(Unread::Unsettled);
    }
    if size as usize > MAX_EXTRADATA {
        return Err(Unread::Oversized(size));
    }
    Ok(Params {
        codec,
        extradata,
        generation: before,
    })
}
