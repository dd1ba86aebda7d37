//! A place in the ring that is lent to be filled.

use std::fmt;

use crate::frame::Frame;
use crate::outlet::Outlet;
use crate::ring::Placement;
use crate::wire::HEADER_SIZE;

/// A place that is lent, without the writer that lent it: for those who hold that in another way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lent {
    placement: Placement,
    size: usize,
    sequence: u64,
}

impl Lent {
    /// The number that the frame will have.
    pub(crate) fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Bytes of the frame.
    pub(crate) fn len(&self) -> usize {
        self.size
    }

    /// The place as it was. `outlet` is that of the writer which lent it, and has lent none since.
    pub(crate) fn resume(self, outlet: &mut Outlet) -> FrameBuffer<'_> {
        FrameBuffer::new(outlet, self.placement, self.size, self.sequence)
    }
}

/// A place for a frame, made by [`Writer::buffer`](crate::Writer::buffer). Nothing is written
/// unless it is [committed](FrameBuffer::commit). What is in it before is left from older frames.
pub struct FrameBuffer<'writer> {
    outlet: &'writer mut Outlet,
    placement: Placement,
    size: usize,
    sequence: u64,
}

impl<'writer> FrameBuffer<'writer> {
    pub(crate) fn new(
        outlet: &'writer mut Outlet,
        placement: Placement,
        size: usize,
        sequence: u64,
    ) -> Self {
        FrameBuffer {
            outlet,
            placement,
            size,
            sequence,
        }
    }

    /// Gives the writer free; [`Lent::resume`] goes on.
    pub(crate) fn suspend(self) -> Lent {
        Lent {
            placement: self.placement,
            size: self.size,
            sequence: self.sequence,
        }
    }

    /// The number that the frame will have.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Gives the frame another number than the next one, such as that of a request which it
    /// answers. Only for readers that do not check numbers
    /// ([`SequenceCheck::Any`](crate::SequenceCheck::Any)).
    pub fn set_sequence(&mut self, sequence: u64) {
        self.sequence = sequence;
    }

    /// Bytes of the frame.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.size
    }

    fn position(&self) -> u64 {
        self.placement.at + HEADER_SIZE as u64
    }

    /// Copies bytes into it, from `offset` on.
    ///
    /// # Panics
    /// If they do not fit.
    pub fn copy_from(&mut self, offset: usize, from: &[u8]) {
        let end = offset.checked_add(from.len());
        assert!(end.is_some_and(|end| end <= self.size), "outside the frame");
        let position = self.position() + offset as u64;
        self.outlet.segment.store_data(position, from);
    }

    /// Copies a frame that was read, from one ring into the other.
    ///
    /// # Panics
    /// If it has another length.
    pub fn copy_from_frame(&mut self, frame: &Frame) {
        assert_eq!(frame.len(), self.size, "the frame's length");
        let (segment, position) = frame.place();
        segment.copy_data(position, &self.outlet.segment, self.position(), self.size);
    }

    /// Where its first byte is, which may be anywhere: frames are not aligned.
    pub fn as_mut_ptr(&mut self) -> *mut u8 {
        self.outlet.segment.data(self.position(), self.size)
    }

    /// Its bytes in place.
    ///
    /// # Safety
    /// The reader, another process, must not touch them as long as the slice lives. Those that
    /// keep to the protocol do not, before it is committed.
    #[allow(unsafe_code)]
    pub unsafe fn as_mut_slice(&mut self) -> &mut [u8] {
        // SAFETY: S1, S3: so many bytes are mapped as long as the writer lives, which is borrowed,
        // and so no other slice of this process is over them; S4 is the caller's.
        unsafe { std::slice::from_raw_parts_mut(self.as_mut_ptr(), self.size) }
    }

    /// Tells the reader of the frame, and returns its number.
    pub fn commit(self) -> u64 {
        self.outlet
            .commit(&self.placement, self.sequence, self.size)
    }
}

impl fmt::Debug for FrameBuffer<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("FrameBuffer")
            .field("sequence", &self.sequence)
            .field("len", &self.size)
            .finish_non_exhaustive()
    }
}
