//! One plane of a leased frame.

use std::marker::PhantomData;
use std::ptr;
use std::slice;

use crate::format::FrameLayout;
use crate::sys::Mapping;

/// One plane of a frame that is being lent: rows of pixels, one every [`pitch`](Plane::pitch)
/// bytes. It borrows the lease, so it cannot outlive it.
#[derive(Clone, Copy, Debug)]
pub struct Plane<'lease> {
    first: *const u8,
    pitch: usize,
    rows: usize,
    row_bytes: usize,
    lease: PhantomData<&'lease [u8]>,
}

// SAFETY: I6: leased pixels are only read, from any thread.
unsafe impl Send for Plane<'_> {}
// SAFETY: I6: as for Send.
unsafe impl Sync for Plane<'_> {}

/// Plane `plane` of the frame whose first byte is at `frame` of `map`.
pub(super) fn inside<'lease, Access>(
    map: &'lease Mapping<Access>,
    frame: usize,
    layout: &FrameLayout,
    plane: usize,
) -> Plane<'lease> {
    let offset = frame + layout.offset(plane);
    Plane {
        first: map.address(offset, layout.plane_bytes(plane)),
        pitch: layout.pitch(plane),
        rows: layout.plane_rows(plane) as usize,
        row_bytes: layout.plane_row_bytes(plane) as usize,
        lease: PhantomData,
    }
}

impl<'lease> Plane<'lease> {
    /// No rows at all: what a processor sees of a frame in the memory of a GPU.
    pub(crate) const NONE: Plane<'static> = Plane {
        first: ptr::null(),
        pitch: 0,
        rows: 0,
        row_bytes: 0,
        lease: PhantomData,
    };

    /// Address of the first pixel; valid, and not written by an honest publisher, as long as
    /// the lease.
    pub fn as_ptr(&self) -> *const u8 {
        self.first
    }

    /// Bytes from one row to the next.
    pub fn pitch(&self) -> usize {
        self.pitch
    }

    /// Rows of this plane.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Bytes of a row that are pixels; the rest up to the pitch is padding.
    pub fn row_bytes(&self) -> usize {
        self.row_bytes
    }

    /// Bytes of all rows without padding.
    pub fn packed_size(&self) -> usize {
        self.rows * self.row_bytes
    }

    /// Copies row `y` into the first `row_bytes` of `to`. False if there is no such row, or no
    /// room for it: then nothing was copied.
    pub fn copy_row(&self, y: usize, to: &mut [u8]) -> bool {
        let fits = y < self.rows && to.len() >= self.row_bytes;
        if fits {
            // SAFETY: I1: y < rows, so the row is inside the plane, which is inside the map.
            let row = unsafe { self.first.add(y * self.pitch) };
            // SAFETY: I6: the row is readable for the lease, and `to` is ours and long enough.
            unsafe { ptr::copy_nonoverlapping(row, to.as_mut_ptr(), self.row_bytes) };
        }
        fits
    }

    /// Copies all rows, without padding, into the first `packed_size` bytes of `to`. False if
    /// there is no room for them: then nothing was copied.
    pub fn copy_to(&self, to: &mut [u8]) -> bool {
        let fits = to.len() >= self.packed_size();
        if fits && self.row_bytes != 0 {
            for (y, row) in to
                .chunks_exact_mut(self.row_bytes)
                .take(self.rows)
                .enumerate()
            {
                self.copy_row(y, row);
            }
        }
        fits
    }

    /// All bytes from the first pixel to the last, padding between rows included.
    ///
    /// # Safety
    /// The frame must stay leased, and the publisher must be trusted to keep to the protocol:
    /// one that writes to a leased slot changes bytes behind a reference, which is undefined
    /// behaviour. After an eviction the publisher is *entitled* to write: a caller that may
    /// be evicted uses [`copy_row`](Plane::copy_row) or the pointer.
    #[allow(unsafe_code)]
    pub unsafe fn as_slice(&self) -> &'lease [u8] {
        if self.first.is_null() {
            return &[];
        }
        let bytes = self.pitch * self.rows.saturating_sub(1) + self.row_bytes;
        // SAFETY: I6: the caller vouches for the lease and for the publisher.
        unsafe { slice::from_raw_parts(self.first, bytes) }
    }
}
