//! The loop of the control thread.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use zerocopy::IntoBytes;

use crate::failpoint::{self, Point};
use crate::session::connection::{Arrival, Connection};
use crate::session::epoch::Epoch;
use crate::sys::{self, Listener, Poller, Ready};
use crate::wire::{
    Attached, Close, CloseReason, ErrorCode, HelloRequest, MAX_SLOTS, MAX_SUBSCRIBERS, Message,
    MessageType, Mode, Reconfigure, control, encode_stats,
};

use super::admission::{Admission, Refusal};
use super::answer::{self, Place};
use super::peer::{Member, Peer, State};
use super::{Command, Shared, leases};

/// How often the heartbeat is written and leases are looked at, at least.
const TURN: Duration = Duration::from_millis(500);
const LISTENER: u64 = 0;
const WAKER: u64 = 1;
const FIRST_PEER: u64 = 2;

/// The control thread's own state.
#[derive(Debug)]
pub struct Server {
    shared: Arc<Shared>,
    poller: Poller,
    listener: Option<Listener>,
    socket: PathBuf,
    peers: BTreeMap<u64, Peer>,
    next_peer: u64,
    next_index: usize,
    admission: Admission,
    closing: bool,
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
            closing: false,
        })
    }

    /// Serves until it is told to close and everyone has gone.
    pub fn run(mut self) {
        let mut ready = Vec::new();
        while !(self.closing && self.peers.is_empty()) {
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
    }

    /// How long nothing needs to be done.
    fn patience(&self) -> Duration {
        let limits = &self.shared.limits;
        let leases = |peer: &Peer| leases::deadline(peer.member.as_ref()?, limits);
        let deadlines = self
            .peers
            .values()
            .flat_map(|peer| [peer.deadline(), leases(peer)]);
        let next = deadlines.flatten().min();
        let until = next.map(|next| next.saturating_duration_since(Instant::now()));
        // A millisecond late rather than a turn early: deadlines are then over when looked at.
        let turn = match limits.lease_timeout {
            timeout if timeout.is_zero() => TURN,
            timeout => TURN.min(timeout / 4).max(Duration::from_millis(1)),
        };
        until.map_or(turn, |until| turn.min(until + Duration::from_millis(1)))
    }

    fn accept(&mut self) {
        while let Some(Ok(fd)) = self.listener.as_ref().map(Listener::accept) {
            let connection = Connection::new(fd);
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

    /// Reads one message of a peer and acts on it.
    fn hear(&mut self, id: u64) {
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        match peer.connection.receive() {
            Arrival::Nothing => {}
            Arrival::Closed => self.forget(id),
            Arrival::Broken(error) => self.refuse(id, (error.code(), error.to_string())),
            Arrival::Message(message, _) => {
                if let Err(refusal) = self.act(id, message) {
                    self.refuse(id, refusal);
                }
            }
        }
    }

    fn act(&mut self, id: u64, message: Message) -> Result<(), Refusal> {
        let Some(peer) = self.peers.get_mut(&id) else {
            return Ok(());
        };
        match (message, peer.state) {
            (Message::Detach(_) | Message::Error(_) | Message::Close(_), _) => {
                self.forget(id);
                Ok(())
            }
            // On its way to DETACH a peer may still have said something.
            (_, State::Draining) => Ok(()),
            (Message::HelloRequest(hello), State::Accepted | State::Rejoining) => {
                self.welcome(id, &hello)
            }
            (Message::Attached(attached), State::Attaching) => {
                check_attached(peer, &attached)?;
                self.go_live(id);
                Ok(())
            }
            // It crossed our RECONFIGURE.
            (Message::Attached(attached), State::Rejoining) => check_attached(peer, &attached),
            (Message::StatsRequest, State::Live) => self.tell_stats(id),
            (message, state) => {
                let text = format!("{} is not expected now ({state:?})", kind_of(&message));
                Err((ErrorCode::Protocol, text))
            }
        }
    }

    /// Answers HELLO_REQ.
    fn welcome(&mut self, id: u64, hello: &HelloRequest) -> Result<(), Refusal> {
        let hello = hello
            .validate()
            .map_err(|error| (error.code(), error.to_string()))?;
        let epoch = self.shared.epoch();
        let grant = answer::grant(&hello, &epoch)?;
        let Some(uid) = self.peers.get(&id).map(|peer| peer.uid) else {
            return Ok(());
        };
        let place = match hello.name {
            _ if hello.is_observer() => None,
            None => {
                return Err((
                    ErrorCode::InvalidArgument,
                    "a subscriber needs a name".into(),
                ));
            }
            Some(name) => {
                self.admission.check_name(&self.peers, id, uid, name)?;
                let lagging = self.admission.recall_lagging(uid, name);
                let index = self.index_for(id)?;
                let place = answer::make_place(&epoch, index, &name, uid, grant.1, lagging)
                    .map_err(|error| (ErrorCode::System, format!("make the page: {error}")))?;
                let member = Member {
                    index,
                    name,
                    mode: hello.mode,
                    epoch: Arc::clone(&epoch),
                    granted: grant.1,
                    met: [None; MAX_SLOTS],
                    consumed: 0,
                };
                self.give_place(id, member);
                Some((index, place))
            }
        };
        self.send_welcome(id, &epoch, grant, place.as_ref());
        Ok(())
    }

    fn send_welcome(
        &mut self,
        id: u64,
        epoch: &Epoch,
        grant: (u32, u32),
        place: Option<&(usize, Place)>,
    ) {
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        peer.enter(State::Attaching);
        let index = place.map_or(0, |(index, _)| *index);
        let place = place.map(|(_, place)| place);
        let (response, fds) = answer::response(epoch, &self.shared.limits, grant, index, place);
        let sent = peer
            .connection
            .send(MessageType::HelloResponse, response.as_bytes(), &fds);
        failpoint::reach(Point::HelloAnswered);
        if sent.is_err() {
            self.forget(id);
        }
    }

    /// Puts a member in its place, leaving the one of an older epoch.
    fn give_place(&mut self, id: u64, member: Member) {
        if let Some(peer) = self.peers.get_mut(&id) {
            peer.member = Some(member);
            record(&self.shared, peer);
        }
    }

    /// The index that the peer has already, or one that was not used for the longest time.
    fn index_for(&mut self, id: u64) -> Result<usize, Refusal> {
        let member = |peer: &Peer| peer.member.as_ref().map(|member| member.index);
        if let Some(index) = self.peers.get(&id).and_then(member) {
            return Ok(index);
        }
        let highest = MAX_SUBSCRIBERS as usize;
        for turn in 0..highest {
            let index = (self.next_index - 1 + turn) % highest + 1;
            if self.peers.values().all(|peer| member(peer) != Some(index)) {
                self.next_index = index % highest + 1;
                return Ok(index);
            }
        }
        Err((ErrorCode::TooManySubscribers, "no index is left".into()))
    }

    fn go_live(&mut self, id: u64) {
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        peer.enter(State::Live);
        if let Some(member) = &peer.member {
            if member.mode == Mode::StrictOrder && self.shared.limits.is_trusted(peer.uid) {
                member.epoch.strict.insert(member.index);
            }
            tracing::info!(key = self.shared.key, name = %member.name, "subscriber joined");
        }
        record(&self.shared, peer);
    }

    fn tell_stats(&mut self, id: u64) -> Result<(), Refusal> {
        let entries = self.shared.roster.entries();
        let rows: Vec<_> = entries.iter().map(|entry| entry.row()).collect();
        let Some(peer) = self.peers.get(&id) else {
            return Ok(());
        };
        let messages = encode_stats(&rows);
        let sent = messages
            .iter()
            .try_for_each(|bytes| peer.connection.send_framed(bytes));
        if sent.is_err() {
            self.forget(id);
        }
        Ok(())
    }

    /// Does what the publishing thread asked for.
    fn obey(&mut self) {
        for command in self.shared.take_commands() {
            match command {
                Command::Reconfigured => self.announce_epoch(),
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

    fn relieve_pressure(&mut self) {
        self.inspect_leases(Instant::now());
        let oldest = |(&id, peer): (&u64, &Peer)| {
            let since = leases::oldest(self.current_member(peer)?)?;
            Some((since, id))
        };
        if let Some((_, id)) = self.peers.iter().filter_map(oldest).min() {
            self.evict(id, ErrorCode::Timeout);
        }
    }

    fn evict_lagging(&mut self, index: usize, generation: u32) {
        let found = self.peers.iter().find(|(_, peer)| {
            self.current_member(peer).is_some_and(|member| {
                let current = member.epoch.generation[index].load(Ordering::Relaxed);
                member.index == index && current == generation
            })
        });
        if let Some((&id, _)) = found {
            self.evict(id, ErrorCode::Timeout);
        }
    }

    /// The member of `peer`, if its page counts: it joined the current epoch.
    fn current_member<'a>(&self, peer: &'a Peer) -> Option<&'a Member> {
        let current = self.shared.epoch();
        let member = peer.member.as_ref()?;
        Arc::ptr_eq(&member.epoch, &current).then_some(member)
    }

    fn take_leave(&mut self, reason: CloseReason) {
        self.closing = true;
        if let Some(listener) = self.listener.take() {
            // It leaves the poller with its descriptor.
            drop(listener);
            remove_socket(&self.socket);
        }
        let mut gone = Vec::new();
        for (&id, peer) in &mut self.peers {
            let was_joined = peer.state != State::Accepted;
            peer.enter(State::Draining);
            let sent = send_close(peer, reason);
            gone.extend((sent.is_err() || !was_joined).then_some(id));
        }
        gone.into_iter().for_each(|id| self.forget(id));
    }

    /// What time alone asks for.
    fn tick(&mut self, now: Instant) {
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
            match self.peers.get(&id).map(|peer| peer.state) {
                Some(State::Draining) => self.forget(id),
                _ => self.refuse(id, (ErrorCode::Timeout, "a message is overdue".into())),
            }
        }
        self.inspect_leases(now);
    }

    fn inspect_leases(&mut self, now: Instant) {
        let current = self.shared.epoch();
        let limits = &self.shared.limits;
        let mut guilty = Vec::new();
        for (&id, peer) in &mut self.peers {
            let Some(member) = &mut peer.member else {
                continue;
            };
            let counts = Arc::ptr_eq(&member.epoch, &current) && peer.state == State::Live;
            if counts && let Err(code) = leases::inspect(member, limits, now) {
                guilty.push((id, code));
            }
        }
        guilty
            .into_iter()
            .for_each(|(id, code)| self.evict(id, code));
    }

    fn evict(&mut self, id: u64, code: ErrorCode) {
        let Some(peer) = self.peers.get(&id) else {
            return;
        };
        if let Some(member) = &peer.member {
            tracing::warn!(key = self.shared.key, name = %member.name, %code, "subscriber evicted");
            let epoch = &member.epoch;
            epoch
                .ring
                .evict(member.index, code.as_i32(), || epoch.wake_all());
            self.admission.punish(peer.uid, member.name);
            self.shared.count_eviction();
        }
        // The connection ends in any case.
        let _ = send_close(peer, CloseReason::Evicted);
        self.forget(id);
    }

    /// Says ERROR and forgets the peer.
    fn refuse(&mut self, id: u64, (code, text): Refusal) {
        if let Some(peer) = self.peers.get(&id) {
            let (pid, uid) = (peer.pid, peer.uid);
            tracing::warn!(key = self.shared.key, pid, uid, %code, text, "peer refused");
            peer.connection.send_error(code, &text);
        }
        self.forget(id);
    }

    /// Frees everything that a peer had.
    fn forget(&mut self, id: u64) {
        let Some(peer) = self.peers.remove(&id) else {
            return;
        };
        // It would leave the poller with its descriptor anyway.
        let _ = self.poller.remove(&peer.connection);
        let Some(member) = peer.member else {
            return;
        };
        let lagging = member.epoch.lagging[member.index].load(Ordering::Relaxed);
        if lagging != 0 {
            self.admission
                .remember_lagging(peer.uid, member.name, lagging);
        }
        answer::clear_place(&member.epoch, member.index);
        self.shared.roster.remove(member.index as u32);
    }
}

/// Brings the roster up to date about `peer`.
fn record(shared: &Shared, peer: &Peer) {
    if let Some(entry) = peer.entry() {
        shared.roster.put(entry);
    }
}

fn check_attached(peer: &Peer, attached: &Attached) -> Result<(), Refusal> {
    let index = peer.member.as_ref().map_or(0, |member| member.index as u32);
    let granted = peer
        .member
        .as_ref()
        .map_or(u32::MAX, |member| member.granted);
    attached
        .validate(index, granted)
        .map_err(|error| (error.code(), error.to_string()))
}

fn send_close(peer: &Peer, reason: CloseReason) -> io::Result<()> {
    let message = Close {
        reason: reason as u32,
    };
    peer.connection
        .send(MessageType::Close, message.as_bytes(), &[])
}

fn remove_socket(path: &Path) {
    if let Err(error) = std::fs::remove_file(path) {
        tracing::warn!(path = %path.display(), %error, "the control socket could not be removed");
    }
}

fn kind_of(message: &Message) -> &'static str {
    match message {
        Message::HelloRequest(_) => "HELLO_REQ",
        Message::HelloResponse(_) => "HELLO_RESP",
        Message::Attached(_) => "ATTACHED",
        Message::Detach(_) => "DETACH",
        Message::StatsRequest | Message::Stats(_) => "STATS",
        Message::Reconfigure(_) => "RECONFIGURE",
        Message::Error(_) => "ERROR",
        Message::Close(_) => "CLOSE",
    }
}
