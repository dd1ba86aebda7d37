//! Waiting for the next client of a server.

use std::time::{Duration, Instant};

use tracing::warn;

use super::control::Control;
use super::error::ServerError;
use super::serve::{Arrival, FOREVER, Server, follows};
use super::watch::Pauses;
use crate::{Error, ErrorKind, Frame, Reader, Writer};

/// How long a request may be there before its client's response buffer is.
const RESPONSE_BUFFER: Duration = Duration::from_secs(1);

/// A request that was read before its client was known.
struct Early {
    request: Frame,
    /// Who wrote it.
    pid: Option<u64>,
    since: Instant,
}

impl Early {
    /// True if it is of the client whose responses `writer` writes.
    fn is_of(&self, writer: &Writer) -> bool {
        // A process that closed its end before somebody looked is as good as the other one.
        self.pid.is_none() || self.pid == writer.reader_pid()
    }

    /// True if a response buffer for it may still come.
    fn has_client(&self, requests: &Reader) -> bool {
        self.pid.is_some()
            && requests.writer_pid() == self.pid
            && requests.is_writer_connected(Duration::ZERO)
            && self.since.elapsed() < RESPONSE_BUFFER
    }
}

/// Keeps a request only if it has a client.
fn keep(early: &mut Option<Early>, has_client: impl Fn(&Early) -> bool) {
    if let Some(orphan) = early.take_if(|early| !has_client(early)) {
        drop_request(&orphan.request);
    }
}

fn drop_request(request: &Frame) {
    let sequence = request.sequence();
    warn!(sequence, "request dropped: its client has gone");
}

impl Server {
    /// Waits for a client, however long; `None` if the server is to stop.
    pub(super) fn next_client(&mut self, control: &Control) -> Result<Option<Arrival>, Error> {
        let mut early: Option<Early> = None;
        let mut pauses = Pauses::new();
        loop {
            // Before the look, so that a change during it is not missed.
            let seen = control.changes();
            if control.stopping() {
                return Ok(None);
            }
            let half_made = match Writer::connect(&self.response_name) {
                Err(error) => note(error, control),
                Ok(writer) => {
                    keep(&mut early, |early| early.is_of(&writer));
                    let request = early.map(|early| early.request);
                    return Ok(Some(Arrival { writer, request }));
                }
            };
            keep(&mut early, |early| early.has_client(&self.requests));
            let pause = half_made.then(|| pauses.next()).flatten();
            self.rest(control, seen, pause, &mut early)?;
            if control.changes() != seen {
                pauses = Pauses::new();
            }
        }
    }

    /// Waits until something may have changed.
    fn rest(
        &mut self,
        control: &Control,
        seen: u64,
        pause: Option<Duration>,
        early: &mut Option<Early>,
    ) -> Result<(), Error> {
        let deadline = pause.map(|pause| Instant::now() + pause);
        if let Some(early) = early {
            let end = early.since + RESPONSE_BUFFER;
            control.wait_for_change(seen, Some(deadline.map_or(end, |d| d.min(end))));
            return Ok(());
        }
        let before = self.last;
        match self.read(pause.unwrap_or(FOREVER)) {
            Ok(None) => Ok(()),
            Ok(Some(request)) if follows(request.sequence(), before) => {
                // One of ours sends nothing before it is served.
                drop_request(&request);
                Ok(())
            }
            Ok(Some(request)) => {
                *early = Some(Early {
                    request,
                    pid: self.requests.writer_pid(),
                    since: Instant::now(),
                });
                Ok(())
            }
            // Nobody writes, so only a new client can change anything.
            Err(error) if error.kind() == ErrorKind::WriterDead => {
                control.wait_for_change(seen, deadline);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }
}

/// True if another try may succeed without any further sign.
fn note(error: Error, control: &Control) -> bool {
    match error.kind() {
        ErrorKind::BufferNotFound => false,
        ErrorKind::NotReady | ErrorKind::ReaderDead => true,
        _ => {
            control.note(ServerError::Channel(error));
            false
        }
    }
}
