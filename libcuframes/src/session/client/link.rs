//! The connection of a subscriber, for as long as anything needs it.

use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use zerocopy::IntoBytes;

use crate::error::Error;
use crate::session::connection::{Arrival, Connection};
use crate::sys;
use crate::wire::{CloseReason, Detach, DetachReason, ErrorMessage, Message, MessageType};

/// What the connection has told so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// It is there.
    Open,
    /// RECONFIGURE came: HELLO is to be said again, to join this epoch or a later one.
    Reconfigured(u64),
    /// CLOSE came.
    Closing(CloseReason),
    /// ERROR came: [`Link::refusal`] has it.
    Refused,
    /// It is gone.
    Gone,
}

/// The connection of a subscriber. It says DETACH when the last that needs it is dropped, or
/// sooner if it is told to.
#[derive(Debug)]
pub struct Link {
    key: String,
    connection: Mutex<Connection>,
    detached: AtomicBool,
    refused: OnceLock<ErrorMessage>,
    generation: sys::Generation,
}

impl Link {
    pub(super) fn new(key: &str, connection: Connection) -> Self {
        Link {
            key: key.to_owned(),
            connection: Mutex::new(connection),
            detached: AtomicBool::new(false),
            refused: OnceLock::new(),
            generation: sys::generation(),
        }
    }

    /// The key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Looks at the socket without blocking, and says what is new.
    pub fn look(&self) -> LinkState {
        match self.lock().receive() {
            Arrival::Nothing => LinkState::Open,
            Arrival::Message(Message::Reconfigure(message), _) => {
                LinkState::Reconfigured(message.epoch)
            }
            Arrival::Message(Message::Close(close), _) => {
                LinkState::Closing(close.validate().unwrap_or(CloseReason::Shutdown))
            }
            Arrival::Message(Message::Error(error), _) => {
                tracing::warn!(key = self.key, code = %error.code(), text = error.text, "refused");
                // Who says ERROR closes, so that there is no second one.
                self.refused.get_or_init(|| error);
                LinkState::Refused
            }
            Arrival::Message(..) => LinkState::Open,
            Arrival::Closed | Arrival::Broken(_) => LinkState::Gone,
        }
    }

    /// Why the publisher ended a subscription that it had granted.
    pub fn refusal(&self) -> Option<Error> {
        self.refused.get().map(|error| Error::Refused {
            key: self.key.clone(),
            code: error.code(),
            sentence: error.text.clone(),
        })
    }

    /// Waits at most `limit` for something to arrive.
    pub fn wait(&self, limit: Duration) -> bool {
        sys::wait_readable(self.lock().as_fd(), limit).unwrap_or(true)
    }

    /// Runs `with` with the socket, to add it to an event loop.
    pub fn with_socket<T>(&self, with: impl FnOnce(BorrowedFd<'_>) -> T) -> T {
        with(self.lock().as_fd())
    }

    /// Takes leave: the publisher need not wait for this subscriber any longer.
    pub fn detach(&self) {
        if self.generation.is_current() && !self.detached.swap(true, Ordering::Relaxed) {
            let reason = DetachReason::Normal as u32;
            let message = Detach { reason };
            // Who is gone already needs no farewell.
            let _ = self
                .lock()
                .send(MessageType::Detach, message.as_bytes(), &[]);
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.detach();
    }
}
