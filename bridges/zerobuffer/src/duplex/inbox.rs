//! The client's side of the responses.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::control::lock;
use super::correlation::{Addressee, Pending};
use crate::{Error, Frame, Reader, Result};

/// A response, with its bytes in the ring: their space is free again when it is dropped.
#[derive(Debug)]
pub struct Response {
    request: u64,
    frame: Frame,
}

impl Response {
    /// Number of the request that it answers, as `send_request` returned it.
    pub fn sequence(&self) -> u64 {
        self.request
    }

    /// Bytes of it.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.frame.len()
    }

    /// A copy of its bytes.
    pub fn to_vec(&self) -> Vec<u8> {
        self.frame.to_vec()
    }

    /// Copies its bytes.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn copy_to(&self, to: &mut [u8]) {
        self.frame.copy_to(to);
    }

    /// The frame that it is. By order, its number is not that of the request.
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// The frame that it is, to be kept.
    pub fn into_frame(self) -> Frame {
        self.frame
    }
}

/// The responses, read by one thread at a time.
pub(super) struct Inbox {
    /// Absent while somebody reads.
    reader: Mutex<Option<Reader>>,
    returned: Condvar,
    pending: Arc<Mutex<Pending>>,
}

/// The reader, until it is dropped.
struct Reading<'i> {
    inbox: &'i Inbox,
    reader: Option<Reader>,
}

impl Inbox {
    pub(super) fn new(reader: Reader, pending: Arc<Mutex<Pending>>) -> Self {
        Inbox {
            reader: Mutex::new(Some(reader)),
            returned: Condvar::new(),
            pending,
        }
    }

    /// Whether the server writes; `None` while somebody reads, who will find out.
    pub(super) fn is_writer_connected(&self) -> Option<bool> {
        let reader = lock(&self.reader);
        let reader = reader.as_ref()?;
        Some(reader.is_writer_connected(Duration::ZERO))
    }

    /// The next response to a request that was not cancelled; `None` if none comes in time.
    pub(super) fn receive(&self, timeout: Duration) -> Result<Option<Response>> {
        let deadline = Instant::now().checked_add(timeout);
        let Some(mut reading) = self.begin(deadline) else {
            return Ok(None);
        };
        let Some(reader) = reading.reader.as_mut() else {
            return Ok(None);
        };
        loop {
            let left =
                deadline.map_or(timeout, |end| end.saturating_duration_since(Instant::now()));
            let Some(frame) = reader.read(left)? else {
                return Ok(None);
            };
            let addressee = lock(&self.pending).answered(frame.sequence());
            match addressee {
                Addressee::Request(request) => return Ok(Some(Response { request, frame })),
                Addressee::Cancelled => {}
                Addressee::Nobody => {
                    return Err(Error::Corrupt {
                        name: reader.name().to_owned(),
                        what: format!("response {} answers no request", frame.sequence()),
                    });
                }
            }
        }
    }

    /// Waits for the reader to be free; `None` if it is not in time.
    fn begin(&self, deadline: Option<Instant>) -> Option<Reading<'_>> {
        let mut reader = lock(&self.reader);
        loop {
            if let Some(reader) = reader.take() {
                return Some(Reading {
                    inbox: self,
                    reader: Some(reader),
                });
            }
            let left = match deadline {
                Some(deadline) => deadline.saturating_duration_since(Instant::now()),
                None => Duration::MAX,
            };
            if left.is_zero() {
                return None;
            }
            let waited = self.returned.wait_timeout(reader, left);
            reader = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        *lock(&self.inbox.reader) = self.reader.take();
        self.inbox.returned.notify_one();
    }
}
