//! The life of a server: one client after the other.
//!
//! A client comes when its response buffer does, which the watching thread tells. It is gone when
//! its end of that buffer is, or when its writer is and everything that it wrote has been read.
//!
//! **Whose request?** All clients write into one buffer, and a frame does not say which of them
//! wrote it. One of ours makes its response buffer only when everything that others left is read,
//! and sends nothing before the server is connected to that. The writers of others begin to count
//! with 1. So a request that follows the one before it is of the same client. One that does not,
//! when the client that is served is gone, is of its successor if that has a response buffer, and
//! was left behind otherwise.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tracing::{debug, info};

use super::control::Control;
use super::delivery::{Delivery, Policy};
use super::error::{ServerError, panic_message};
use super::server_config::InitCallback;
use super::workers::{Job, Workers};
use crate::cleanup::remove_one;
use crate::{Error, ErrorKind, Frame, Reader, Writer};

/// Until somebody wakes the reader.
pub(super) const FOREVER: Duration = Duration::from_secs(365 * 24 * 3600);
/// How often is looked whether a client that stopped writing begins again.
const WRITER_LOOK: Duration = Duration::from_millis(50);

pub(super) struct Server {
    // First, so that they finish before the buffer goes.
    pub(super) workers: Workers,
    pub(super) requests: Reader,
    pub(super) response_name: String,
    pub(super) policy: Arc<Policy>,
    pub(super) on_init: Option<InitCallback>,
    /// Number of the last request, of whatever client.
    pub(super) last: Option<u64>,
}

/// A client whose response buffer is connected, and its first request if that was read already.
pub(super) struct Arrival {
    pub(super) writer: Writer,
    pub(super) request: Option<Frame>,
}

impl Server {
    pub(super) fn run(mut self) {
        let control = Arc::clone(&self.policy.control);
        if let Err(error) = self.serve(&control) {
            control.fail(error);
        }
    }

    fn serve(&mut self, control: &Control) -> Result<(), ServerError> {
        let mut successor = None;
        loop {
            let arrival = match successor.take() {
                Some(arrival) => arrival,
                None => match self.next_client(control)? {
                    Some(arrival) => arrival,
                    None => return Ok(()),
                },
            };
            successor = self.serve_client(arrival, control)?;
        }
    }

    fn serve_client(
        &mut self,
        client: Arrival,
        control: &Control,
    ) -> Result<Option<Arrival>, ServerError> {
        let pid = client.writer.reader_pid();
        info!(channel = self.response_name, pid, "client connected");
        let mut session = Session {
            delivery: Arc::new(Delivery::new(client.writer, Arc::clone(&self.policy))),
            server: self,
            control,
            taken: 0,
            last: None,
        };
        let successor = session.serve(client.request)?;
        let requests = session.taken;
        info!(channel = self.response_name, requests, "client gone");
        Ok(successor)
    }

    /// The next request, and its number noted.
    pub(super) fn read(&mut self, timeout: Duration) -> Result<Option<Frame>, Error> {
        let request = self.requests.read(timeout)?;
        Ok(request.inspect(|request| self.last = Some(request.sequence())))
    }

    /// Tells the metadata, once, when there are some.
    fn tell_metadata(&mut self) -> Result<(), ServerError> {
        if self.on_init.is_none() {
            return Ok(());
        }
        let Some(metadata) = self.requests.metadata()? else {
            return Ok(());
        };
        let Some(tell) = self.on_init.take() else {
            return Ok(());
        };
        catch_unwind(AssertUnwindSafe(|| tell(&metadata))).map_err(|payload| ServerError::Init {
            message: panic_message(payload),
        })
    }
}

/// Whether a request has the number after `last`.
pub(super) fn follows(sequence: u64, last: Option<u64>) -> bool {
    last.is_some_and(|last| sequence == last.wrapping_add(1))
}

/// Whose a request is.
enum Owner {
    Current,
    /// Of one that has gone.
    Nobody,
    Successor(Box<Writer>),
}

/// The service of one client.
struct Session<'s> {
    server: &'s mut Server,
    control: &'s Control,
    delivery: Arc<Delivery>,
    taken: u64,
    /// Number of its last request.
    last: Option<u64>,
}

impl Session<'_> {
    /// Serves until the client is gone; returns its successor if that is known by its request.
    fn serve(&mut self, first: Option<Frame>) -> Result<Option<Arrival>, ServerError> {
        if let Some(first) = first {
            self.take(first)?;
        }
        let mut successor = None;
        let mut patience = FOREVER;
        while !self.control.stopping() {
            let before = self.server.last;
            let request = match self.server.read(patience) {
                Ok(Some(request)) => request,
                Ok(None) if patience.is_zero() => break,
                // What it wrote before it went is read all the same: it is nobody else's.
                Ok(None) if self.delivery.client_is_gone() => {
                    patience = Duration::ZERO;
                    continue;
                }
                Ok(None) => continue,
                Err(error) if error.kind() == ErrorKind::WriterDead => {
                    match self.writer_may_return() {
                        true => continue,
                        false => break,
                    }
                }
                Err(error) => return Err(error.into()),
            };
            let sequence = request.sequence();
            match self.owner(sequence, before) {
                Owner::Current => self.take(request)?,
                Owner::Nobody => debug!(sequence, "request dropped: its client is gone"),
                Owner::Successor(writer) => {
                    let (writer, request) = (*writer, Some(request));
                    successor = Some(Arrival { writer, request });
                    break;
                }
            }
        }
        let died = self.delivery.finish(self.taken);
        if died && successor.is_none() {
            // A client in Python that comes after one that was killed cannot do it.
            remove_one(&self.server.response_name);
        }
        Ok(successor)
    }

    /// Whose the request `sequence` is; `before` is the number of the one before it.
    fn owner(&self, sequence: u64, before: Option<u64>) -> Owner {
        if follows(sequence, self.last) || !self.delivery.client_is_gone() {
            return Owner::Current;
        }
        if follows(sequence, before) {
            // One of ours, whose successor waits until this is read.
            return Owner::Nobody;
        }
        let successor = Writer::connect(&self.server.response_name);
        successor.map_or(Owner::Nobody, |writer| Owner::Successor(Box::new(writer)))
    }

    fn take(&mut self, request: Frame) -> Result<(), ServerError> {
        self.last = Some(request.sequence());
        self.server.tell_metadata()?;
        let ticket = self.taken;
        self.taken += 1;
        self.server.workers.take(Job {
            request,
            ticket,
            delivery: Arc::clone(&self.delivery),
        });
        Ok(())
    }

    /// The client has no writer: it may not have one yet, or have closed it and still wait for
    /// responses, or be gone. Waits a moment; false if it is gone, or the server stops.
    fn writer_may_return(&self) -> bool {
        let seen = self.control.changes();
        if self.control.stopping() || self.delivery.client_is_gone() {
            return false;
        }
        if !self.server.requests.is_writer_connected(WRITER_LOOK) {
            let look = Instant::now() + WRITER_LOOK;
            self.control.wait_for_change(seen, Some(look));
        }
        true
    }
}
