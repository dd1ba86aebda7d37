//! The loop of the control thread.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use zerocopy::IntoBytes;

use crate::session::connection::Connection;
use crate::session::epoch::Epoch;
use crate::sys::{self, Listener, Poller, Ready};
use crate::wire::{CloseReason, ErrorCode, MessageType, Reconfigure, control};

use super::admission::Admission;
use super::peer::{Peer, State};
use super::{Command, Shared, leases};

/// How often the heartbeat is written and leases are looked at, at least.
const TURN: Duration = Duration::from_millis(500);
const LISTENER: u64 = 0;
const WAKER: u64 = 1;
const FIRST_PEER: u64 = 2;

/// The control thread's own state.
#[derive(Debug)]
pub struct Server {
    pub(super) shared: Arc<Shared>,
    pub(super) poller: Poller,
    pub(super) listener: Option<Listener>,
    pub(super) socket: PathBuf,
    pub(super) peers: BTreeMap<u64, Peer>,
    next_peer: u64,
    pub(super) next_index: usize,
    pub(super) admission: Admission,
    /// Everyone has to go.
    pub(super) leave: Option<Leave>,
    /// Older epochs on whose memory a GPU may still work.
    retired: Vec<Arc<Epoch>>,
    /// The listener is out of the poller for a turn.
    resting: bool,
}

/// The end of serving.
#[derive(Debug)]
pub(super) struct Leave {
    /// What everyone is told.
    pub reason: CloseReason,
    /// When nobody is waited for any more.
    pub ends: Instant,
}

impl Server {
    /// Listens at `socket`, where nobody else is: the caller has the key's lock.
    pub fn new(shared: Arc<Shared>, socket: PathBuf, mode: u32) -> io::Result<Self> {
        match std::fs::remove_file(&socket) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = sys::listen(&socket, mode)?;
        let poller = Poller::new()?;
        poller.add(&listener, LISTENER)?;
        poller.add(&shared.waker, WAKER)?;
        Ok(Server {
            shared,
            poller,
            listener: Some(listener),
            socket,
            peers: BTreeMap::new(),
            next_peer: FIRST_PEER,
            next_index: 1,
            admission: Admission::default(),
            leave: None,
            retired: Vec::new(),
            resting: false,
        })
    }

    /// Serves until it is told to close and everyone has gone.
    pub fn run(mut self) {
        let mut ready = Vec::new();
        while self.leave.is_none() || !self.peers.is_empty() {
            if let Err(error) = self.poller.wait(&mut ready, self.patience()) {
                tracing::error!(%error, key = self.shared.key, "the control thread cannot wait");
                break;
            }
            for &Ready { token } in &ready {
                match token {
                    LISTENER => self.accept(),
                    WAKER => self.obey(),
                    peer => self.hear(peer),
                }
            }
            self.tick(Instant::now());
        }
        // Memory on which a GPU still works stays until this process ends.
        self.retired.retain(is_busy);
        self.retired.drain(..).for_each(std::mem::forget);
    }

    /// How long nothing needs to be done.
    fn patience(&self) -> Duration {
        let limits = &self.shared.limits;
        let leases = |peer: &Peer| leases::deadline(peer.member.as_ref()?, limits);
        let deadlines = self
            .peers
            .values()
            .flat_map(|peer| [peer.deadline(), leases(peer)]);
        let leave = self.leave.as_ref().map(|leave| leave.ends);
        let next = deadlines.flatten().chain(leave).min();
        let until = next.map(|next| next.saturating_duration_since(Instant::now()));
        // A millisecond late rather than a turn early: deadlines are then over when looked at.
        let turn = match limits.lease_timeout {
            timeout if timeout.is_zero() => TURN,
            timeout => TURN.min(timeout / 4).max(Duration::from_millis(1)),
        };
        until.map_or(turn, |until| turn.min(until + Duration::from_millis(1)))
    }

    fn accept(&mut self) {
        while let Some(listener) = &self.listener {
            let connection = match listener.accept() {
                Ok(fd) => Connection::new(fd),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) => return self.rest(&error),
            };
            let Ok((pid, uid)) = connection.peer() else {
                continue;
            };
            let limits = &self.shared.limits;
            if let Err((code, text)) = Admission::check_connection(limits, &self.peers, uid) {
                tracing::warn!(pid, uid, %code, text, "a connection was refused");
                connection.send_error(code, &text);
                continue;
            }
            if self.poller.add(&connection, self.next_peer).is_ok() {
                self.peers
                    .insert(self.next_peer, Peer::new(connection, pid, uid));
                self.next_peer += 1;
            }
        }
    }

    /// Out of descriptors, most likely. The waiting connection would wake us without end, so
    /// nobody is let in until the next turn.
    fn rest(&mut self, error: &io::Error) {
        tracing::error!(key = self.shared.key, %error, "a connection could not be accepted");
        if let Some(listener) = &self.listener {
            self.resting = self.poller.remove(listener).is_ok();
        }
    }

    fn end_rest(&mut self) {
        if let Some(listener) = self.listener.as_ref().filter(|_| self.resting) {
            self.resting = self.poller.add(listener, LISTENER).is_err();
        }
    }

    /// Does what the publishing thread asked for.
    fn obey(&mut self) {
        for command in self.shared.take_commands() {
            match command {
                Command::Reconfigured(old) => {
                    self.retired.push(old);
                    self.announce_epoch();
                }
                Command::RelievePressure => self.relieve_pressure(),
                Command::EvictLagging(index, generation) => self.evict_lagging(index, generation),
                Command::Close(reason) => self.take_leave(reason),
            }
        }
    }

    fn announce_epoch(&mut self) {
        let epoch = self.shared.epoch().number();
        let mut gone = Vec::new();
        for (&id, peer) in &mut self.peers {
            let joined = matches!(
                peer.state,
                State::Attaching | State::Live | State::Rejoining
            );
            if !joined {
                continue;
            }
            peer.enter(State::Rejoining);
            record(&self.shared, peer);
            let message = Reconfigure { epoch };
            let sent = peer
                .connection
                .send(MessageType::Reconfigure, message.as_bytes(), &[]);
            gone.extend(sent.is_err().then_some(id));
        }
        gone.into_iter().for_each(|id| self.forget(id));
    }

    /// What time alone asks for.
    fn tick(&mut self, now: Instant) {
        self.end_rest();
        self.retired.retain(is_busy);
        let epoch = self.shared.epoch();
        let heartbeat = sys::monotonic_ns();
        let control = &epoch.ring.control;
        control.store_u64(control::HEARTBEAT_NS, heartbeat, Ordering::Relaxed);
        let over = |peer: &Peer| peer.deadline().is_some_and(|deadline| now >= deadline);
        let late: Vec<u64> = self
            .peers
            .iter()
            .filter(|(_, peer)| over(peer))
            .map(|(&id, _)| id)
            .collect();
        for id in late {
            let Some(peer) = self.peers.get(&id) else {
                continue;
            };
            peer.leave_memory();
            self.refuse(id, (ErrorCode::Timeout, "a message is overdue".into()));
        }
        self.inspect_leases(now);
        self.end_leave(now);
    }
}

fn is_busy(epoch: &Arc<Epoch>) -> bool {
    let slots = epoch.ring.shape().slots;
    epoch
        .order
        .as_ref()
        .is_some_and(|order| !order.is_idle(slots))
}

/// Brings the roster up to date about `peer`.
pub(super) fn record(shared: &Shared, peer: &Peer) {
    if let Some(entry) = peer.entry() {
        shared.roster.put(entry);
    }
}
