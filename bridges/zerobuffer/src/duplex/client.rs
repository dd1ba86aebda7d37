//! The client: sends requests and receives responses, each from any thread.

use std::sync::{Arc, Mutex, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

use super::control::lock;
use super::correlation::{Correlation, Pending};
use super::inbox::{Inbox, Response};
use super::request::RequestBuffer;
use super::{ClientConfig, request_name, response_name, watch};
use crate::frame_buffer::Lent;
use crate::pace::Pace;
use crate::{Error, ErrorKind, Reader, Result, SequenceCheck, Writer};

/// How often is looked whether the server still lives while it is waited for.
const LOOK: Duration = Duration::from_millis(100);
/// More than a server needs to decide whose a request is.
const DECISION: Duration = Duration::from_millis(100);

/// The client of a channel. All calls take `&self`: one thread can send while another receives,
/// and sending never waits for a receive.
pub struct DuplexClient {
    channel: String,
    pending: Arc<Mutex<Pending>>,
    // Goes first: a client that comes next finds the requests free only when these are.
    responses: Inbox,
    requests: Mutex<Writer>,
}

impl DuplexClient {
    /// Connects to a channel: waits for the server to be there, creates the response buffer, and
    /// waits for the server to be connected to that.
    ///
    /// # Errors
    /// [`Error::BufferNotFound`] or [`Error::ReaderDead`] if there is no server in time,
    /// [`Error::NotReady`] if it does not connect in time, as when it still serves another client;
    /// [`Error::WriterAlreadyConnected`] at once if the channel has a client.
    pub fn connect(channel: &str, config: &ClientConfig) -> Result<DuplexClient> {
        let deadline = watch::deadline(config.connect_timeout);
        // A server may be replaced by another one while it is connected to.
        watch::until(&request_name(channel), deadline, is_coming, || {
            DuplexClient::try_connect(channel, config, deadline)
        })
    }

    fn try_connect(channel: &str, config: &ClientConfig, deadline: Instant) -> Result<Self> {
        let mut requests = Writer::connect(&request_name(channel))?;
        await_drained(&mut requests, deadline)?;
        let response = response_name(channel);
        let sequence = match config.correlation {
            Correlation::ByOrder => SequenceCheck::Continuous,
            Correlation::Sequence => SequenceCheck::Any,
        };
        let buffer = config.responses.clone().sequence(sequence);
        // A client that just goes has closed the requests before the responses.
        let responses = watch::until(&response, deadline, is_going, || {
            Reader::create(&response, &buffer)
        })?;
        await_server(&requests, &responses, deadline)?;
        let pending = Arc::new(Mutex::new(Pending::new(config.correlation)));
        Ok(DuplexClient {
            channel: channel.to_owned(),
            responses: Inbox::new(responses, Arc::clone(&pending)),
            pending,
            requests: Mutex::new(requests),
        })
    }

    /// Name of the channel.
    pub fn channel(&self) -> &str {
        &self.channel
    }

    /// Says what the requests are, once in the life of their buffer, which is that of the server.
    pub fn set_metadata(&self, metadata: &[u8]) -> Result<()> {
        lock(&self.requests).set_metadata(metadata)
    }

    /// Sets how long a send waits for space; 5 s if never set.
    pub fn set_send_timeout(&self, timeout: Duration) {
        lock(&self.requests).set_write_timeout(timeout);
    }

    /// Copies a request into the ring, and returns its number, which its response will have.
    ///
    /// # Errors
    /// Those of [`Writer::write`]; [`Error::ReaderDead`] if the server is gone.
    pub fn send_request(&self, data: &[u8]) -> Result<u64> {
        let mut request = self.acquire_request_buffer(data.len())?;
        request.copy_from(0, data);
        Ok(request.commit())
    }

    /// Lends a place in the ring for a request of `size` bytes, to be made there. Errors as for
    /// [`send_request`](Self::send_request).
    pub fn acquire_request_buffer(&self, size: usize) -> Result<RequestBuffer<'_>> {
        let mut writer = lock(&self.requests);
        // A writer alone finds that out only when there is no space any more.
        require_server(&writer)?;
        let place = writer.buffer(size)?.suspend();
        Ok(RequestBuffer::new(writer, place, Arc::clone(&self.pending)))
    }

    /// The place of a request that was suspended; nothing was sent since.
    pub(crate) fn resume_request(&self, place: Lent) -> RequestBuffer<'_> {
        RequestBuffer::new(lock(&self.requests), place, Arc::clone(&self.pending))
    }

    /// Sends a request that was made in place; the same as [`RequestBuffer::commit`].
    pub fn commit_request(&self, request: RequestBuffer<'_>) -> u64 {
        request.commit()
    }

    /// The next response, in the order of the requests; `None` if none comes in time. Of several
    /// threads that receive, one after the other gets one.
    ///
    /// # Errors
    /// [`Error::WriterDead`] if the server is gone, and all its responses are received.
    pub fn receive_response(&self, timeout: Duration) -> Result<Option<Response>> {
        self.responses.receive(timeout)
    }

    /// Nobody waits for the response to this request any more: it is dropped when it comes. The
    /// server is not told, and still runs its handler. False if no such response is awaited.
    pub fn cancel(&self, request: u64) -> bool {
        lock(&self.pending).cancel(request)
    }

    /// Requests that were sent, and have neither a response nor been cancelled.
    pub fn pending(&self) -> usize {
        lock(&self.pending).len()
    }

    /// Whether the server reads requests and writes responses. A direction in which another thread
    /// waits just now is not looked at: that wait ends with an error when the server is gone.
    pub fn is_server_connected(&self) -> bool {
        let reads = match self.requests.try_lock() {
            Ok(writer) => writer.is_reader_connected(),
            Err(TryLockError::Poisoned(writer)) => writer.into_inner().is_reader_connected(),
            Err(TryLockError::WouldBlock) => true,
        };
        reads && self.responses.is_writer_connected().unwrap_or(true)
    }
}

/// A server may come, or come again.
fn is_coming(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::BufferNotFound | ErrorKind::NotReady | ErrorKind::ReaderDead
    )
}

/// Another client is about to go.
fn is_going(kind: ErrorKind) -> bool {
    kind == ErrorKind::ReaderAlreadyConnected
}

/// Waits until the server has read what another client left: then it cannot take that for ours.
fn await_drained(requests: &mut Writer, deadline: Instant) -> Result<()> {
    // Nothing tells who does not wait for space that there is some.
    let mut pace = Pace::for_arrival();
    while !requests.is_read() {
        require_server(requests)?;
        let Some(pause) = pace.next(Some(deadline)) else {
            return Err(Error::NotReady {
                name: requests.name().to_owned(),
                what: "its server has not read what another client left",
            });
        };
        thread::sleep(pause);
    }
    // It may have read the last one just now, and not have decided whose it is. But a handler may
    // have it for long, and whoever was killed may have taken space that never comes back.
    let moment = Instant::now() + DECISION;
    let mut pace = Pace::for_arrival();
    while !requests.is_given_back()
        && let Some(pause) = pace.next(Some(moment.min(deadline)))
    {
        thread::sleep(pause);
    }
    Ok(())
}

fn require_server(requests: &Writer) -> Result<()> {
    match requests.is_reader_connected() {
        true => Ok(()),
        false => Err(Error::ReaderDead {
            name: requests.name().to_owned(),
        }),
    }
}

/// Waits until the server writes responses.
fn await_server(requests: &Writer, responses: &Reader, deadline: Instant) -> Result<()> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if responses.is_writer_connected(left.min(LOOK)) {
            return Ok(());
        }
        require_server(requests)?;
        if left.is_zero() {
            return Err(Error::NotReady {
                name: responses.name().to_owned(),
                what: "no server has connected to it",
            });
        }
    }
}
