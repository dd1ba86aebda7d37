//! The engine: lends every consumer the newest frames of its streams, and takes them back.
//!
//! Each consumer has a thread, subscriptions and an account of its own, so none costs another
//! anything. A consumer that did not say hello gets what the documentation of others has: a message
//! of seven members and the frame without padding, in memory of its own. One that did gets the memory
//! of the publisher for reading, once, and then where in it each frame is.

mod acceptor;
mod answer;
mod consumer;
mod counts;
mod error;
mod lender;
mod options;
mod returns;
mod sending;
mod source;
mod streams;

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use rustix::event::{EventfdFlags, eventfd};

use crate::buffers::Buffers;
use crate::socket::Listener;

pub use counts::{ConsumerRow, Lending, Report, Tally};
pub use error::EngineError;
pub use options::{EngineOptions, Observer};
pub use source::{FrameDescription, Lease, SharedMemory, Source, SourceError, Subscription};

use acceptor::Acceptor;
use counts::Table;

/// An engine that runs. Dropping it stops it.
pub struct Engine {
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

/// What all threads of an engine have.
struct Shared {
    streams: Vec<String>,
    options: EngineOptions,
    table: Table,
    /// Readable from the moment on at which all threads are to end.
    stop: OwnedFd,
}

impl Engine {
    /// Listens, and serves whoever comes.
    pub fn start<L: Lease + 'static>(
        source: Box<dyn Source<L>>,
        options: EngineOptions,
    ) -> Result<Engine, EngineError> {
        options.check()?;
        // A kind that this machine lacks is told now, and not to the first consumer.
        Buffers::new(options.buffers.clone())?;
        let listener = Listener::bind(&options.socket, options.mode)?;
        let stop = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK);
        let shared = Arc::new(Shared {
            streams: source.streams(),
            options,
            table: Table::default(),
            stop: stop.map_err(system("make an event"))?,
        });
        let acceptor = Acceptor::new(listener, source.into(), Arc::clone(&shared))?;
        let thread = std::thread::Builder::new().name("lend".to_owned());
        let thread = thread.spawn(move || acceptor.run());
        let thread = thread.map_err(system("start a thread"))?;
        Ok(Engine {
            shared,
            acceptor: Some(thread),
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn socket(&self) -> &Path {
        &self.shared.options.socket
    }

    /// What was counted until now.
    #[must_use]
    pub fn report(&self) -> Report {
        self.shared.table.report()
    }

    /// Ends: consumers lose their connections, and what they had is counted as abandoned.
    pub fn stop(mut self) -> Report {
        self.end();
        self.report()
    }

    fn end(&mut self) {
        // It only ever fails if it was told 2^64 times.
        let _ = rustix::io::write(self.shared.stop.as_fd(), &1u64.to_ne_bytes());
        if let Some(acceptor) = self.acceptor.take() {
            // A thread that panicked has told so.
            let _ = acceptor.join();
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.end();
    }
}

fn system<E: Into<io::Error>>(what: &'static str) -> impl FnOnce(E) -> EngineError {
    move |source| EngineError::System {
        what,
        source: source.into(),
    }
}
