//! One connection: from the first byte of a request to the last one that is read away.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, Shutdown, recv, send, shutdown};
use vizion::control::{Answer, MAX_REQUEST, Scanned, scan};

use super::{Handler, Peer};

/// How long a client that was answered may take to close.
const FAREWELL: Duration = Duration::from_secs(1);
/// Most bytes that are read away meanwhile.
const FAREWELL_BYTES: usize = 1 << 20;

/// A connected client.
#[derive(Debug)]
pub struct Client {
    socket: OwnedFd,
    peer: Peer,
    phase: Phase,
    /// What it sent and was not answered yet.
    received: Vec<u8>,
    /// There is something in `received`, or its end, that was not looked at.
    fresh: bool,
    /// It sends nothing any more.
    ended: bool,
    /// When it connected, or was answered last.
    since: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Its requests are answered.
    Asking,
    /// It has its answer and was told that no other comes. What it sent beyond its request is read
    /// away, so many bytes at most: closing before would be a reset, and could take the answer with
    /// it.
    Leaving { bytes: usize },
    /// To be closed.
    Gone,
}

impl Client {
    pub fn new(socket: OwnedFd, peer: Peer) -> Client {
        Client {
            socket,
            peer,
            phase: Phase::Asking,
            received: Vec::new(),
            fresh: false,
            ended: false,
            since: Instant::now(),
        }
    }

    pub fn is_gone(&self) -> bool {
        self.phase == Phase::Gone
    }

    /// Whether a request may be waiting in what was received.
    pub fn is_fresh(&self) -> bool {
        self.fresh && self.phase == Phase::Asking
    }

    /// Whether more of what it sends is wanted now.
    pub fn wants_input(&self) -> bool {
        let room = self.received.len() < MAX_REQUEST;
        self.phase != Phase::Gone && !self.ended && room
    }

    /// From when on it may be closed to make room, if it has been silent for `grace`.
    pub fn expendable_from(&self, grace: Duration) -> Instant {
        match self.phase {
            Phase::Asking => self.since + grace,
            Phase::Leaving { .. } | Phase::Gone => self.since,
        }
    }

    /// When it has been silent for too long.
    pub fn deadline(&self, idle: Duration) -> Instant {
        match self.phase {
            Phase::Asking => self.since + idle,
            Phase::Leaving { .. } | Phase::Gone => self.since + FAREWELL,
        }
    }

    /// Takes what it sent.
    pub fn receive(&mut self, scratch: &mut [u8]) {
        let room = match self.phase {
            Phase::Gone => return,
            Phase::Asking => MAX_REQUEST.saturating_sub(self.received.len()),
            Phase::Leaving { bytes } => bytes,
        };
        let size = room.min(scratch.len());
        let scratch = &mut scratch[..size];
        match recv(&self.socket, &mut *scratch, RecvFlags::DONTWAIT) {
            Ok((_, 0)) if !scratch.is_empty() => self.end(),
            Ok((_, count)) => self.take(&scratch[..count]),
            Err(Errno::AGAIN | Errno::INTR) => {}
            Err(_) => self.phase = Phase::Gone,
        }
    }

    fn end(&mut self) {
        self.ended = true;
        self.fresh = true;
        if matches!(self.phase, Phase::Leaving { .. }) {
            self.phase = Phase::Gone;
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        match &mut self.phase {
            Phase::Gone => {}
            Phase::Asking => {
                self.received.extend_from_slice(bytes);
                self.fresh |= !bytes.is_empty();
            }
            Phase::Leaving { bytes: left } if *left > bytes.len() => *left -= bytes.len(),
            Phase::Leaving { .. } => self.phase = Phase::Gone,
        }
    }

    /// Answers the next request, if it is complete.
    pub fn serve(&mut self, handler: &mut dyn Handler) {
        self.fresh = false;
        match scan(&self.received) {
            Scanned::Complete { request, length } => {
                self.received.drain(..length);
                let answer = handler.handle(&request, self.peer);
                self.send(&match request.request_id {
                    Some(id) => answer.with("request_id", id),
                    None => answer,
                });
                match request.keep_alive {
                    true => self.fresh = !self.received.is_empty() || self.ended,
                    false => self.leave(),
                }
            }
            Scanned::Invalid(error) => self.refuse(&error.to_string(), "invalid"),
            Scanned::Incomplete if self.ended => self.break_off("it ended too early"),
            Scanned::Incomplete => {}
        }
    }

    /// It has been silent for too long.
    pub fn expire(&mut self) {
        match self.phase {
            Phase::Asking => self.break_off("the rest did not come in time"),
            Phase::Leaving { .. } | Phase::Gone => self.phase = Phase::Gone,
        }
    }

    /// What was received is all that there will be.
    fn break_off(&mut self, why: &str) {
        if self.received.trim_ascii().is_empty() {
            self.phase = Phase::Gone;
        } else {
            self.refuse(&format!("the request is not complete: {why}"), "invalid");
        }
    }

    /// Answers with an error, and nothing after that.
    pub fn refuse(&mut self, message: &str, code: &str) {
        self.send(&Answer::error(message).with("code", code));
        self.leave();
    }

    /// Sends it whole and without waiting. Whoever does not read its answers is left.
    fn send(&mut self, answer: &Answer) {
        let line = answer.to_line();
        let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
        match send(&self.socket, line.as_bytes(), flags) {
            Ok(sent) if sent == line.len() => {}
            _ => self.phase = Phase::Gone,
        }
        self.since = Instant::now();
    }

    fn leave(&mut self) {
        self.received = Vec::new();
        let told = !self.ended && shutdown(&self.socket, Shutdown::Write).is_ok();
        self.phase = match self.phase {
            Phase::Asking if told => Phase::Leaving {
                bytes: FAREWELL_BYTES,
            },
            _ => Phase::Gone,
        };
    }
}

impl AsFd for Client {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
