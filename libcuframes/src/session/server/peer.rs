//! One connection of a publisher, and the states it goes through.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::session::connection::Connection;
use crate::session::epoch::Epoch;
use crate::session::roster::RosterEntry;
use crate::wire::{ConsumerName, MemoryKind, Mode, SyncKind};

/// From accept to HELLO_REQ.
const HELLO_TIME: Duration = Duration::from_secs(2);
/// From HELLO_RESP to ATTACHED, and from RECONFIGURE to HELLO_REQ where an import is to be closed.
const ATTACH_TIME: Duration = Duration::from_secs(30);

/// Where a peer is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Connected; HELLO_REQ is next.
    Accepted,
    /// HELLO_RESP sent, its page is listed; ATTACHED is next.
    Attaching,
    /// Reading, or observing.
    Live,
    /// RECONFIGURE sent; HELLO_REQ is next, an ATTACHED may cross it.
    Rejoining,
    /// CLOSE sent; DETACH is next.
    Draining,
}

/// What a subscriber, not an observer, has beyond its connection.
#[derive(Debug)]
pub struct Member {
    /// Its number, also the place of its page.
    pub index: usize,
    /// Its name.
    pub name: ConsumerName,
    /// What it asked for.
    pub mode: Mode,
    /// The epoch that its page was made for.
    pub epoch: Arc<Epoch>,
    /// Capability bits that it was granted.
    pub granted: u32,
    /// It may have imported the frames. Who reads packets only says that it has not.
    pub imports: bool,
    /// Per slot: the sequence first met held and no longer the newest, and when.
    pub met: [Option<(u64, Instant)>; crate::wire::MAX_SLOTS],
    /// Highest `consumed_seq` seen in this epoch.
    pub consumed: u64,
}

/// One connection.
#[derive(Debug)]
pub struct Peer {
    /// Its socket.
    pub connection: Connection,
    /// Its process, as the kernel told it.
    pub pid: u32,
    /// Its user, as the kernel told it.
    pub uid: u32,
    /// Where it is.
    pub state: State,
    /// What it has, once it said HELLO as a subscriber.
    pub member: Option<Member>,
    since: Instant,
}

impl Peer {
    /// A connection just accepted.
    pub fn new(connection: Connection, pid: u32, uid: u32) -> Self {
        Peer {
            connection,
            pid,
            uid,
            state: State::Accepted,
            member: None,
            since: Instant::now(),
        }
    }

    /// Goes on to `state`.
    pub fn enter(&mut self, state: State) {
        self.state = state;
        self.since = Instant::now();
    }

    /// When its patience is over: by its state, and for a message that has begun to arrive.
    pub fn deadline(&self) -> Option<Instant> {
        let by_state = match self.state {
            State::Accepted => Some(self.since + HELLO_TIME),
            State::Attaching => Some(self.since + ATTACH_TIME),
            State::Rejoining if self.keeps_our_memory() => Some(self.since + ATTACH_TIME),
            // It keeps nothing of the publisher's alive: it may take its time; and the leave that
            // all take has an end of its own.
            State::Live | State::Rejoining | State::Draining => None,
        };
        match (by_state, self.connection.deadline()) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// True if what it imported has to be closed before we may free it.
    fn keeps_our_memory(&self) -> bool {
        self.member.as_ref().is_some_and(|member| {
            let geometry = &member.epoch.geometry;
            let lent =
                geometry.memory == MemoryKind::CudaIpc || geometry.sync == SyncKind::CudaEvent;
            lent && member.imports
        })
    }

    /// It is sent away, and nobody knows whether it has closed what it imported: that stays
    /// until this process ends.
    pub fn leave_memory(&self) {
        if let Some(member) = self.member.as_ref().filter(|_| self.keeps_our_memory()) {
            std::mem::forget(Arc::clone(&member.epoch));
        }
    }

    /// Its entry in the roster, if it is a subscriber.
    pub fn entry(&self) -> Option<RosterEntry> {
        self.member.as_ref().map(|member| RosterEntry {
            index: member.index as u32,
            name: member.name,
            pid: self.pid,
            uid: self.uid,
            mode: member.mode,
            live: self.state == State::Live,
            epoch: Arc::clone(&member.epoch),
        })
    }
}
