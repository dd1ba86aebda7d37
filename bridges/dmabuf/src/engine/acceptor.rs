//! Takes consumers in.

use std::collections::BTreeMap;
use std::fs::File;
use std::sync::Arc;
use std::thread::JoinHandle;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

use super::consumer::Consumer;
use super::counts::{ConsumerRow, Tally};
use super::{EngineError, Lease, Shared, Source, system};
use crate::socket::{Connection, Listener, Peer, SocketError};

/// The thread that listens, and those that it started.
pub struct Acceptor<L> {
    listener: Listener,
    source: Arc<dyn Source<L>>,
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    /// Given up for a moment when this process may open no more: a peer that waits for ever would
    /// wake this thread for ever.
    reserve: Option<File>,
}

impl<L: Lease + 'static> Acceptor<L> {
    pub fn new(
        listener: Listener,
        source: Arc<dyn Source<L>>,
        shared: Arc<Shared>,
    ) -> Result<Acceptor<L>, EngineError> {
        Ok(Acceptor {
            listener,
            source,
            shared,
            threads: Vec::new(),
            reserve: Some(reserve().map_err(system("open /dev/null"))?),
        })
    }

    /// Until the engine ends; then every consumer is gone.
    pub fn run(mut self) {
        while self.is_woken_by_peer() {
            self.take_waiting();
            self.threads.retain(|thread| !thread.is_finished());
        }
        for thread in self.threads {
            // A thread that panicked has told so.
            let _ = thread.join();
        }
    }

    fn is_woken_by_peer(&self) -> bool {
        let mut fds = [
            PollFd::new(&self.shared.stop, PollFlags::IN),
            PollFd::new(&self.listener, PollFlags::IN),
        ];
        loop {
            match poll(&mut fds, None) {
                Ok(_) => return fds[0].revents().is_empty(),
                Err(Errno::INTR) => {}
                Err(error) => {
                    tracing::error!(%error, "no more consumers are taken");
                    return false;
                }
            }
        }
    }

    fn take_waiting(&mut self) {
        loop {
            match self.listener.accept() {
                Ok(Some(connection)) => self.take(connection),
                Ok(None) => return,
                Err(error) if is_out_of_descriptors(&error) => {
                    if !self.turn_away(&error) {
                        return;
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "a consumer was not taken");
                    return;
                }
            }
        }
    }

    /// Closes the connection of one peer that waits. False if none does.
    fn turn_away(&mut self, error: &SocketError) -> bool {
        self.reserve = None;
        let refused = matches!(self.listener.accept(), Ok(Some(_)));
        self.reserve = reserve().ok();
        if refused {
            tracing::warn!(%error, "a consumer was turned away; raise RLIMIT_NOFILE");
            self.shared.table.refuse();
        }
        refused && self.reserve.is_some()
    }

    fn take(&mut self, connection: Connection) {
        let peer = match connection.peer() {
            Ok(peer) if peer.is_trusted(&self.shared.options.allow_uids) => peer,
            Ok(peer) => return self.refuse(&peer, "of another user; see allow_uids"),
            Err(error) => {
                tracing::warn!(%error, "a peer that is not known");
                return self.shared.table.refuse();
            }
        };
        let row = ConsumerRow {
            name: format!("process {}", peer.pid),
            peer,
            version: 0,
            lending: BTreeMap::new(),
            tally: Tally::default(),
        };
        let limit = self.shared.options.max_consumers;
        let Some(told) = self.shared.table.enter(row.clone(), limit) else {
            return self.refuse(&peer, "one more than max_consumers");
        };
        let (source, shared) = (Arc::clone(&self.source), Arc::clone(&self.shared));
        let started = std::thread::Builder::new()
            .name(format!("lend-{}", peer.pid))
            .spawn({
                let told = told.clone();
                move || Consumer::new(shared, source, connection, row, told).run()
            });
        match started {
            Ok(thread) => self.threads.push(thread),
            Err(error) => {
                tracing::warn!(%error, %peer, "no thread for a consumer");
                self.shared.table.leave(&told);
            }
        }
    }

    fn refuse(&self, peer: &Peer, why: &str) {
        tracing::warn!(%peer, why, "a consumer was refused");
        self.shared.table.refuse();
    }
}

fn reserve() -> std::io::Result<File> {
    File::open("/dev/null")
}

fn is_out_of_descriptors(error: &SocketError) -> bool {
    let SocketError::System { source, .. } = error else {
        return false;
    };
    let number = source.raw_os_error();
    [Errno::MFILE, Errno::NFILE]
        .iter()
        .any(|errno| number == Some(errno.raw_os_error()))
}
