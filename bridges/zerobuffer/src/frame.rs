//! A frame that is lent: its bytes lie in the ring, and its space with them.

use std::fmt;
use std::sync::Arc;

use crate::fault::{Fault, planted};
use crate::ring::Span;
use crate::shared::Shared;

/// A frame, read in place. Any number may be held, and given back in any order, from any thread;
/// its space is free for the writer when it and all older ones are given back.
///
/// The other side should not write to a frame that is lent, and implementations do not. Nothing
/// keeps a process from it, however; so bytes are copied out, by [`copy_to`](Frame::copy_to) and
/// others, or looked at in place by who vouches for the writer ([`as_slice`](Frame::as_slice)).
pub struct Frame {
    shared: Arc<Shared>,
    span: Span,
}

impl Frame {
    pub(crate) fn new(shared: Arc<Shared>, span: Span) -> Self {
        Frame { shared, span }
    }

    /// Its number: 1 for the first of a writer.
    pub fn sequence(&self) -> u64 {
        self.span.sequence
    }

    /// Bytes of its data, at least one.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.span.size as usize
    }

    /// Copies all its bytes.
    ///
    /// # Panics
    /// If `to` has another length than the frame.
    pub fn copy_to(&self, to: &mut [u8]) {
        assert_eq!(to.len(), self.len(), "the frame's length");
        self.shared.segment.load_data(self.span.position, to);
    }

    /// Copies the bytes from `offset` on that fill `to`.
    ///
    /// # Panics
    /// If the frame has fewer.
    pub fn copy_range_to(&self, offset: usize, to: &mut [u8]) {
        let position = self.position(offset, to.len());
        self.shared.segment.load_data(position, to);
    }

    /// All its bytes.
    pub fn to_vec(&self) -> Vec<u8> {
        let mut bytes = vec![0; self.len()];
        self.copy_to(&mut bytes);
        bytes
    }

    /// Changes bytes of the frame in place, from `offset` on: nobody reads them later but this
    /// process.
    ///
    /// # Panics
    /// If the frame has fewer.
    pub fn copy_from(&mut self, offset: usize, from: &[u8]) {
        let position = self.position(offset, from.len());
        self.shared.segment.store_data(position, from);
    }

    fn position(&self, offset: usize, bytes: usize) -> u64 {
        let end = offset.checked_add(bytes);
        assert!(
            end.is_some_and(|end| end <= self.len()),
            "outside the frame"
        );
        self.span.position + offset as u64
    }

    /// Where its first byte is, which may be anywhere: frames are not aligned.
    pub fn as_ptr(&self) -> *const u8 {
        self.shared.segment.data(self.span.position, self.len())
    }

    /// Where its first byte is, to change it in place.
    pub fn as_mut_ptr(&mut self) -> *mut u8 {
        self.shared.segment.data(self.span.position, self.len())
    }

    /// Its bytes in place.
    ///
    /// # Safety
    /// The writer, another process, must not change them as long as the slice lives. Those that
    /// keep to the protocol do not.
    #[allow(unsafe_code)]
    pub unsafe fn as_slice(&self) -> &[u8] {
        // SAFETY: S1, S3: so many bytes are mapped as long as the frame lives; S4 is the caller's.
        unsafe { std::slice::from_raw_parts(self.as_ptr(), self.len()) }
    }

    /// Its bytes in place, to be changed.
    ///
    /// # Safety
    /// The writer, another process, must not touch them as long as the slice lives. Those that
    /// keep to the protocol do not.
    #[allow(unsafe_code)]
    pub unsafe fn as_mut_slice(&mut self) -> &mut [u8] {
        // SAFETY: S1, S3: so many bytes are mapped as long as the frame lives, and no other slice
        // of this process is over them, as the frame is borrowed; S4 is the caller's.
        unsafe { std::slice::from_raw_parts_mut(self.as_mut_ptr(), self.len()) }
    }

    /// Gives the frame back now, as dropping it does.
    pub fn release(self) {}

    /// The segment it lies in, and where.
    pub(crate) fn place(&self) -> (&crate::sys::Segment, u64) {
        (&self.shared.segment, self.span.position)
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        match planted(Fault::ReleaseInAnyOrder) {
            false => self.shared.release(self.span.held),
            true => self.shared.release_at_once(self.span.size),
        }
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Frame")
            .field("sequence", &self.sequence())
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}
