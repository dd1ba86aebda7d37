//! Rows of pixels between a slot of a ring and a frame of a buffer, once over the memory.
#![allow(unsafe_code)]

use cuframes::{Frame, WritableFrame};
use zerobuffer::FrameBuffer;

use super::packing::{Packing, Plane};

/// What stands between rows that are further apart than they are long.
const PADDING: [u8; 256] = [0; 256];

/// Copies the picture of a frame in host memory to where the buffer's reader will see it.
pub fn to_buffer(frame: &Frame, packing: &Packing, to: &mut FrameBuffer<'_>) {
    for (number, plane) in packing.planes().iter().enumerate() {
        let from = frame.plane(number);
        assert_eq!(
            (from.rows(), from.row_bytes()),
            (plane.rows, plane.row_bytes),
            "a frame of another layout"
        );
        copy_plane(from.as_ptr(), from.pitch(), plane, to);
    }
    clear_padding(packing, to);
}

/// Copies rows that are `pitch` apart from `from` on.
fn copy_plane(from: *const u8, pitch: usize, plane: &Plane, to: &mut FrameBuffer<'_>) {
    let (rows, bytes) = match pitch == plane.row_bytes && plane.pitch == pitch {
        // Rows without padding between them are one row.
        true => (1, plane.rows * plane.row_bytes),
        false => (plane.rows, plane.row_bytes),
    };
    let last = plane.offset + plane.pitch * rows.saturating_sub(1) + bytes;
    assert!(last <= to.len(), "a plane beyond the end of its frame");
    let first = to.as_mut_ptr();
    for row in 0..rows {
        // SAFETY: the plane of a leased frame has so many rows, `pitch` apart.
        let from = unsafe { from.add(row * pitch) };
        // SAFETY: the last row ends inside of the lent space, as was just checked.
        let to = unsafe { first.add(plane.offset + row * plane.pitch) };
        // SAFETY: `bytes` can be read there as long as the frame is leased, and written here as
        // long as the space is lent; a ring and a buffer are not the same memory, and the other
        // processes that map them are expected by a racing copy.
        unsafe { racing::copy(from, to, bytes) };
    }
}

/// Copies a picture that is packed already, from memory of our own.
pub fn packed_to_buffer(picture: &[u8], packing: &Packing, to: &mut FrameBuffer<'_>) {
    let mut rest = picture;
    for plane in packing.planes() {
        for row in 0..plane.rows {
            let (bytes, after) = rest.split_at(plane.row_bytes);
            to.copy_from(plane.offset + row * plane.pitch, bytes);
            rest = after;
        }
    }
    clear_padding(packing, to);
}

/// Whatever is no picture is zero, and not what an older frame left there.
fn clear_padding(packing: &Packing, to: &mut FrameBuffer<'_>) {
    if packing.is_packed() {
        return;
    }
    let mut end = 0;
    for plane in packing.planes() {
        for row in 0..plane.rows {
            let begin = plane.offset + row * plane.pitch;
            clear(end..begin, to);
            end = begin + plane.row_bytes;
        }
    }
    clear(end..packing.size, to);
}

fn clear(bytes: std::ops::Range<usize>, to: &mut FrameBuffer<'_>) {
    for at in bytes.clone().step_by(PADDING.len()) {
        let count = PADDING.len().min(bytes.end - at);
        to.copy_from(at, &PADDING[..count]);
    }
}

/// Copies the picture of a buffer's frame into a slot.
pub fn to_slot(frame: &zerobuffer::Frame, packing: &Packing, to: &mut WritableFrame<'_>) {
    for (number, plane) in packing.planes().iter().enumerate() {
        let pitch = to.pitch(number);
        let pixels = to.plane_mut(number);
        let (rows, bytes) = match pitch == plane.row_bytes && plane.pitch == pitch {
            true => (1, plane.rows * plane.row_bytes),
            false => (plane.rows, plane.row_bytes),
        };
        for row in 0..rows {
            let at = row * pitch;
            let place = &mut pixels[at..at + bytes];
            frame.copy_range_to(plane.offset + row * plane.pitch, place);
        }
    }
}
