//! Detections for whoever listens.
//!
//! [`Gateway`] passes each message on to every [`Listener`]. Whoever publishes never waits for one:
//! the messages of a listener that does not read queue up to a limit, from where on the oldest are
//! lost, and the next one that it gets says how many.

mod error;
mod fan;
mod listener;
mod queue;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use rustix::event::{EventfdFlags, eventfd};

use crate::engine::Observer;
use crate::message::DetectionMessage;
use crate::socket;

pub use error::GatewayError;
pub use listener::{Listener, ListenerOptions};

use fan::{Fan, Shared};

/// Where detections are heard if nobody says otherwise.
pub const DEFAULT_GATEWAY: &str = "/tmp/ai-gateway.sock";

/// How a gateway is made.
#[derive(Clone, Debug)]
pub struct GatewayOptions {
    /// Its socket. One that nobody answers at is replaced.
    pub path: PathBuf,
    /// Permissions of the socket.
    pub mode: u32,
    /// Users who may listen beside this process's own and root.
    pub allow_uids: Vec<u32>,
    /// Messages that may wait for each listener, beside those that its socket holds.
    pub queue: usize,
    /// More listeners than this are turned away.
    pub max_listeners: usize,
}

impl GatewayOptions {
    /// A gateway at `path` for this user.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> GatewayOptions {
        GatewayOptions {
            path: path.into(),
            mode: 0o660,
            allow_uids: Vec::new(),
            queue: 256,
            max_listeners: 256,
        }
    }
}

/// What a gateway did. A message to two listeners counts as two, but for `published`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GatewayCounts {
    /// Messages that were given to [`Gateway::publish`].
    pub published: u64,
    /// Messages that went to a listener.
    pub sent: u64,
    /// Messages that did not: the listener did not read, or went away.
    pub lost: u64,
    /// Messages that wait now.
    pub waiting: u64,
    /// Listeners who were turned away: users who may not listen, or one too many.
    pub refused: u64,
    /// Listeners now.
    pub listeners: usize,
}

/// Passes detections on. Dropping it ends the connections, after all that their sockets take.
#[derive(Debug)]
pub struct Gateway {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    path: PathBuf,
}

impl Gateway {
    /// Listens.
    pub fn listen(options: GatewayOptions) -> Result<Gateway, GatewayError> {
        let listener = socket::Listener::bind(&options.path, options.mode)?;
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        let bell = eventfd(0, flags).map_err(GatewayError::system("make an eventfd"))?;
        let shared = Arc::new(Shared::new(bell, options.queue));
        let path = options.path.clone();
        let fan = Fan::new(listener, options, Arc::clone(&shared));
        let thread = thread::Builder::new().name("gateway".to_owned());
        let thread = thread.spawn(move || fan.run());
        let thread = thread.map_err(|error| GatewayError::System {
            what: "start a thread",
            source: error,
        })?;
        Ok(Gateway {
            shared,
            thread: Some(thread),
            path,
        })
    }

    /// Passes a message on to everybody who listens now; what it says to be lost is not looked at.
    /// Waits for nobody.
    pub fn publish(&self, message: &DetectionMessage) {
        self.shared.publish(message);
    }

    /// What it has done.
    #[must_use]
    pub fn counts(&self) -> GatewayCounts {
        self.shared.counts()
    }

    /// Where it listens.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// What is returned goes on as it comes, late or not: what was seen in a frame stays true.
impl Observer for Gateway {
    fn returned(&self, message: &DetectionMessage, _is_late: bool) {
        self.publish(message);
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.shared.stop();
        if let Some(thread) = self.thread.take() {
            // It has nothing to say, and what it might have panicked about is on standard error.
            let _ = thread.join();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing is half done in there when something panics.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
