//! A request that is made in the ring.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use super::control::lock;
use super::correlation::Pending;
use crate::frame_buffer::Lent;
use crate::{FrameBuffer, Writer};

/// A place in the ring for a request, made by
/// [`acquire_request_buffer`](super::DuplexClient::acquire_request_buffer). Nothing is sent unless
/// it is [committed](RequestBuffer::commit). As long as it lives, other threads that send wait.
pub struct RequestBuffer<'client> {
    writer: MutexGuard<'client, Writer>,
    place: Lent,
    pending: Arc<Mutex<Pending>>,
}

impl<'client> RequestBuffer<'client> {
    pub(super) fn new(
        writer: MutexGuard<'client, Writer>,
        place: Lent,
        pending: Arc<Mutex<Pending>>,
    ) -> Self {
        RequestBuffer {
            writer,
            place,
            pending,
        }
    }

    /// Gives the requests free; [`DuplexClient::resume_request`](super::DuplexClient) goes on.
    pub(crate) fn suspend(self) -> Lent {
        self.place
    }

    fn buffer(&mut self) -> FrameBuffer<'_> {
        self.place.resume(self.writer.outlet())
    }

    /// The number that the request will have.
    pub fn sequence(&self) -> u64 {
        self.place.sequence()
    }

    /// Bytes of the request.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.place.len()
    }

    /// Copies bytes into it, from `offset` on.
    ///
    /// # Panics
    /// If they do not fit.
    pub fn copy_from(&mut self, offset: usize, from: &[u8]) {
        self.buffer().copy_from(offset, from);
    }

    /// Where its first byte is, which may be anywhere: frames are not aligned.
    pub fn as_mut_ptr(&mut self) -> *mut u8 {
        self.buffer().as_mut_ptr()
    }

    /// Sends it, and returns its number.
    pub fn commit(mut self) -> u64 {
        // Before the server can answer it.
        lock(&self.pending).sent(self.place.sequence());
        self.buffer().commit()
    }
}

impl fmt::Debug for RequestBuffer<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("RequestBuffer")
            .field("sequence", &self.sequence())
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}
