//! Responses on their way to one client, in the order of its requests.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tracing::{debug, warn};

use super::Correlation;
use super::control::{Control, lock};
use super::error::{Failure, OnError, ServerError};
use super::handler::Answer;
use super::server_config::ErrorCallback;
use crate::fault::{Fault, planted};
use crate::{Error, ErrorKind, Result, Writer};

/// How long a write into a full buffer goes on before is looked whether the server shall stop.
const SLICE: Duration = Duration::from_millis(100);

/// What all clients of a server have in common.
pub(super) struct Policy {
    pub(super) correlation: Correlation,
    pub(super) on_error: Option<ErrorCallback>,
    pub(super) control: Arc<Control>,
}

struct State {
    /// Whose turn it is.
    next: u64,
    /// Absent while somebody whose turn it is writes.
    writer: Option<Writer>,
    /// No response can reach the client any more.
    closed: bool,
    /// Threads that wait for their turn.
    waiting: usize,
    /// Somebody wanted to know whether the client is gone while the writer was absent.
    asked: bool,
}

/// The way to one client. Each request has a ticket, counted from 0, and each ticket is delivered.
pub(super) struct Delivery {
    policy: Arc<Policy>,
    state: Mutex<State>,
    turn: Condvar,
}

impl Delivery {
    pub(super) fn new(mut writer: Writer, policy: Arc<Policy>) -> Self {
        writer.set_write_timeout(SLICE);
        let state = State {
            next: 0,
            writer: Some(writer),
            closed: false,
            waiting: 0,
            asked: false,
        };
        Delivery {
            policy,
            state: Mutex::new(state),
            turn: Condvar::new(),
        }
    }

    /// True if nobody reads the responses any more. While one is written, that cannot be told;
    /// then the server is woken when it can.
    pub(super) fn client_is_gone(&self) -> bool {
        let mut state = lock(&self.state);
        match &state.writer {
            Some(writer) => state.closed || !writer.is_reader_connected(),
            None => {
                state.asked = true;
                state.closed
            }
        }
    }

    /// Waits until all tickets below `ticket` are delivered, and closes the way. True if the
    /// client went without closing its end.
    pub(super) fn finish(&self, ticket: u64) -> bool {
        let writer = self.wait_turn(ticket).writer.take();
        writer.is_some_and(|writer| writer.reader_pid().is_some() && !writer.is_reader_connected())
    }

    fn wait_turn(&self, ticket: u64) -> MutexGuard<'_, State> {
        let mut state = lock(&self.state);
        while state.next != ticket && !(planted(Fault::OutOfTurn) && state.writer.is_some()) {
            state.waiting += 1;
            state = self
                .turn
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
            state.waiting -= 1;
        }
        state
    }

    /// Writes what became of the request `sequence` when it is the turn of `ticket`.
    pub(super) fn deliver(&self, ticket: u64, sequence: u64, outcome: Result<Answer, Failure>) {
        let mut state = self.wait_turn(ticket);
        let writer = state.writer.take();
        let open = !state.closed;
        drop(state);
        let mut writer = writer.expect("only one ticket has its turn");
        let reached = open && self.conclude(&mut writer, sequence, outcome);
        let mut state = lock(&self.state);
        state.writer = Some(writer);
        state.closed |= !reached;
        state.next += 1;
        let asked = std::mem::take(&mut state.asked);
        // Waking nobody costs a system call too.
        if state.waiting > 0 {
            self.turn.notify_all();
        }
        drop(state);
        if asked {
            self.policy.control.changed();
        }
    }

    /// False if the client gets no further responses.
    fn conclude(&self, to: &mut Writer, sequence: u64, outcome: Result<Answer, Failure>) -> bool {
        let error = match outcome {
            Ok(Answer::Bytes(bytes)) if bytes.is_empty() => ServerError::EmptyResponse { sequence },
            Ok(answer) => match self.send(to, sequence, &answer) {
                Ok(reached) => return reached,
                Err(source) => ServerError::Response { sequence, source },
            },
            Err(Failure::Error(source)) => ServerError::Handler { sequence, source },
            Err(Failure::Panic(message)) => ServerError::Panic { sequence, message },
            Err(Failure::Abandoned) => return false,
        };
        self.decide(to, sequence, error)
    }

    fn decide(&self, to: &mut Writer, sequence: u64, error: ServerError) -> bool {
        let control = &self.policy.control;
        let ask = || self.policy.on_error.as_ref().map(|ask| ask(&error));
        let decision = catch_unwind(AssertUnwindSafe(ask)).unwrap_or_else(|_| {
            warn!(sequence, "the callback for errors panicked: stopping");
            None
        });
        match decision.unwrap_or_default() {
            OnError::Skip if self.policy.correlation == Correlation::Sequence => {
                control.note(error);
                true
            }
            OnError::Respond(bytes) if !bytes.is_empty() => {
                control.note(error);
                self.substitute(to, sequence, bytes)
            }
            OnError::Respond(_) | OnError::Skip | OnError::Stop => {
                control.fail(error);
                false
            }
        }
    }

    fn substitute(&self, to: &mut Writer, sequence: u64, bytes: Vec<u8>) -> bool {
        let sent = self.send(to, sequence, &Answer::Bytes(bytes.into()));
        sent.unwrap_or_else(|source| {
            let error = ServerError::Response { sequence, source };
            self.policy.control.fail(error);
            false
        })
    }

    /// Writes a response as soon as there is space; false if the client is gone or the server
    /// stops before that. A client that does not read holds its server up, as it is meant to.
    fn send(&self, to: &mut Writer, sequence: u64, answer: &Answer) -> Result<bool> {
        loop {
            match self.write(to, sequence, answer) {
                Ok(()) => return Ok(true),
                Err(error) if error.kind() == ErrorKind::ReaderDead => {
                    debug!(sequence, "the client is gone");
                    return Ok(false);
                }
                Err(Error::BufferFull { .. }) if !to.is_reader_connected() => return Ok(false),
                Err(Error::BufferFull { .. }) if self.policy.control.stopping() => {
                    warn!(sequence, "stopped before there was space for the response");
                    return Ok(false);
                }
                Err(Error::BufferFull { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn write(&self, to: &mut Writer, sequence: u64, answer: &Answer) -> Result<()> {
        let size = match answer {
            Answer::Bytes(bytes) => bytes.len(),
            Answer::Request(frame) => frame.len(),
        };
        let mut buffer = to.buffer(size)?;
        match answer {
            Answer::Bytes(bytes) => buffer.copy_from(0, bytes),
            Answer::Request(frame) => buffer.copy_from_frame(frame),
        }
        if self.policy.correlation == Correlation::Sequence && !planted(Fault::OwnNumbers) {
            buffer.set_sequence(sequence);
        }
        buffer.commit();
        Ok(())
    }
}
