//! What the frames in a payload tell to somebody who did not see them come: a writer that takes
//! over, or a reader whose writer has died.
//!
//! Each lap begins at the beginning of the payload, with a number one larger than the last of the
//! lap before. While its first frame is being written, the header there says so: what is left of
//! the lap before may be written over then.

use super::{Header, Words, is_stub};
use crate::wire::{HEADER_SIZE, frame_bytes};

/// The size in a header at the beginning of the payload whose frame is being written.
pub const WRITING: u64 = u64::MAX;

/// The frames that were written and not read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unread {
    /// How many.
    pub frames: u64,
    /// Bytes that they take, with what is left out at the end of the payload.
    pub bytes: u64,
    /// Headers among them that say that the next frame is at the beginning.
    pub markers: u64,
    /// The number of the first one.
    pub first: Option<u64>,
    /// The number of the last one.
    pub last: Option<u64>,
    /// Bytes that the last one takes with its header.
    pub last_bytes: u64,
}

/// The frames from `read` to `write`. If these are the same there are none, or, if `full`, the
/// payload is full of them. `None` if the headers between do not lead there.
pub fn unread(
    words: &impl Words,
    payload: u64,
    read: u64,
    write: u64,
    full: bool,
) -> Option<Unread> {
    let mut found = Unread::default();
    let (mut position, write) = (read % payload, write % payload);
    if position == write && !full {
        return Some(found);
    }
    loop {
        match follow(words, payload, position)? {
            Step::Wrap => {
                found.bytes += payload - position;
                found.markers += u64::from(!is_stub(position, payload));
                position = 0;
            }
            Step::Frame { bytes, sequence } => {
                found.frames += 1;
                found.bytes += bytes;
                found.first.get_or_insert(sequence);
                found.last = Some(sequence);
                found.last_bytes = bytes;
                position = (position + bytes) % payload;
            }
        }
        if position == write {
            return Some(found);
        }
        if found.bytes > payload {
            return None;
        }
    }
}

/// The number of the next frame, for a writer that takes over at `write`. `None` if the payload
/// does not tell.
pub fn next_sequence(words: &impl Words, payload: u64, write: u64, left: &Unread) -> Option<u64> {
    let last = match left.last {
        Some(last) => Some(last),
        None => last_sequence(words, payload, write)?,
    };
    Some(last.unwrap_or(0).wrapping_add(1))
}

/// The number of the last frame that was written whole, if there was one, when everything that was
/// written is read. `None` if the payload does not tell.
fn last_sequence(words: &impl Words, payload: u64, write: u64) -> Option<Option<u64>> {
    let (first, end) = (words.header(0), write % payload);
    if first.size == WRITING && end == 0 {
        return Some(first.sequence.checked_sub(1).filter(|&last| last > 0));
    }
    match walk(words, payload, end) {
        Some(last) => Some(last),
        // Writers in other languages write the size at once, over a lap that is the last.
        None if end == 0 => first.sequence.checked_sub(1).map(Some),
        None => None,
    }
}

/// Gives the frame at the beginning its size, if its writer died before it did: it lies whole, as
/// the position is behind it.
pub fn finish_first(words: &impl Words, payload: u64, write: u64) {
    let first = words.header(0);
    let end = write % payload;
    if let Some(size) = end.checked_sub(HEADER_SIZE as u64)
        && first.size == WRITING
        && size > 0
    {
        let sequence = first.sequence;
        words.set_header(0, Header { size, sequence });
    }
}

/// Follows the headers of the lap that ends at `end`, or at the end of the payload if that is 0.
fn walk(words: &impl Words, payload: u64, end: u64) -> Option<Option<u64>> {
    let mut last = None;
    let mut position = 0;
    while position != payload && (position != end || end == 0) {
        match follow(words, payload, position) {
            Some(Step::Frame { bytes, sequence }) => {
                if last
                    .is_some_and(|last: u64| sequence != 1 && last.checked_add(1) != Some(sequence))
                {
                    return None;
                }
                last = Some(sequence);
                position += bytes;
            }
            Some(Step::Wrap) if end == 0 => return Some(last),
            // Nothing was ever written.
            None if end == 0 && position == 0 && words.header(0) == Header::WRAP => {
                return Some(None);
            }
            _ => return None,
        }
        if end != 0 && position > end {
            return None;
        }
    }
    Some(last)
}

/// What a header leads to.
enum Step {
    Wrap,
    Frame { bytes: u64, sequence: u64 },
}

/// What the header at `position` leads to; `None` if it cannot be one.
fn follow(words: &impl Words, payload: u64, position: u64) -> Option<Step> {
    if position != 0 && is_stub(position, payload) {
        return Some(Step::Wrap);
    }
    if payload - position < 16 {
        return None;
    }
    let header = words.header(position);
    match header.size {
        0 if position == 0 => None,
        0 => Some(Step::Wrap),
        size => {
            let bytes = frame_bytes(size)?;
            let sequence = header.sequence;
            (bytes <= payload - position).then_some(Step::Frame { bytes, sequence })
        }
    }
}
