//! What peers say, and what they are answered.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use zerocopy::IntoBytes;

use crate::failpoint::{self, Point};
use crate::session::connection::Arrival;
use crate::session::epoch::Epoch;
use crate::wire::page::{self, EVENT_HANDLE_SIZE};
use crate::wire::{
    Attached, ErrorCode, HelloRequest, MAX_SLOTS, MAX_SUBSCRIBERS, Message, MessageType, Mode,
    PAGE_SIZE, capability, encode_stats,
};

use super::Limits;
use super::admission::Refusal;
use super::answer::{self, Grant, Place};
use super::peer::{Member, Peer, State};
use super::service::{Server, record};

impl Server {
    /// Reads one message of a peer and acts on it.
    pub(super) fn hear(&mut self, id: u64) {
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
        let current = self.shared.epoch();
        // Our RECONFIGURE may still be on its way, but memory has told the peer already.
        let outdated = |peer: &Peer| {
            let member = peer.member.as_ref();
            member.is_some_and(|member| !Arc::ptr_eq(&member.epoch, &current))
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
            (Message::HelloRequest(hello), _) if outdated(peer) => self.welcome(id, &hello),
            (Message::Attached(attached), State::Attaching) => {
                check_attached(peer, &attached)?;
                if let Some(member) = &mut peer.member {
                    member.imports = attached.capabilities & capability::MEMORY != 0;
                }
                open_acks(peer, &attached, &self.shared.limits)?;
                self.go_live(id);
                self.dismiss(id);
                Ok(())
            }
            // It crossed our RECONFIGURE.
            (Message::Attached(attached), State::Rejoining) => check_attached(peer, &attached),
            (Message::StatsRequest, State::Live | State::Rejoining) => self.tell_stats(id),
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
        let grant = answer::grant(&hello, &epoch, self.shared.packets())?;
        let capabilities = grant.capabilities;
        self.close_acks(id);
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
                let lagging = self
                    .admission
                    .recall_lagging(uid, name)
                    .max(self.lagging_of(id));
                let index = self.index_for(id)?;
                let place = answer::make_place(&epoch, index, &name, uid, capabilities, lagging)
                    .map_err(|error| (ErrorCode::System, format!("make the page: {error}")))?;
                let member = Member {
                    index,
                    name,
                    mode: hello.mode,
                    epoch: Arc::clone(&epoch),
                    granted: capabilities,
                    imports: true,
                    met: [None; MAX_SLOTS],
                    consumed: 0,
                };
                self.give_place(id, member);
                Some((index, place))
            }
        };
        self.send_welcome(id, &epoch, &grant, place.as_ref());
        Ok(())
    }

    /// A peer that says HELLO again has closed what it imported; so do we, before we answer.
    fn close_acks(&self, id: u64) {
        if let Some(member) = self.peers.get(&id).and_then(|peer| peer.member.as_ref()) {
            member.epoch.ring.pages.set_acks(member.index, None);
        }
    }

    /// What a peer that joins again still had to consume before it is waited for.
    fn lagging_of(&self, id: u64) -> u64 {
        let member = self.peers.get(&id).and_then(|peer| peer.member.as_ref());
        member.map_or(0, |member| {
            member.epoch.lagging[member.index].load(Ordering::Relaxed)
        })
    }

    fn send_welcome(
        &mut self,
        id: u64,
        epoch: &Epoch,
        grant: &Grant,
        place: Option<&(usize, Place)>,
    ) {
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        peer.enter(State::Attaching);
        let index = place.map_or(0, |(index, _)| *index);
        let place = place.map(|(_, place)| place);
        let shared = &self.shared;
        let packets = shared.packets();
        let (response, fds) = answer::response(epoch, packets, &shared.limits, grant, index, place);
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
}

/// CUDA_EVENT: opens the events by which the peer ends its leases. Who was granted them and does
/// not use them reads packets only: what it leases all the same is never given back, which is
/// its end.
fn open_acks(peer: &Peer, attached: &Attached, limits: &Limits) -> Result<(), Refusal> {
    let Some(member) = &peer.member else {
        return Ok(());
    };
    let epoch = &member.epoch;
    let uses_events = attached.capabilities & capability::CUDA_EVENT != 0;
    let order = epoch.order.as_ref();
    let Some(order) = order.filter(|order| order.has_events() && uses_events) else {
        return Ok(());
    };
    if !limits.is_trusted(peer.uid) {
        let text = format!(
            "event handles of user {} are not opened; let the publisher use another sync, or \
             add the user to its allow_uids",
            peer.uid
        );
        return Err((ErrorCode::Permission, text));
    }
    let first = member.index * PAGE_SIZE + page::ACK_EVENTS;
    let handles: Vec<_> = (0..epoch.ring.shape().slots)
        .map(|slot| read_handle(epoch, first + slot * EVENT_HANDLE_SIZE))
        .collect();
    let acks = order
        .open_acks(&handles)
        .map_err(|error| (ErrorCode::Cuda, format!("open the ack events: {error}")))?;
    epoch
        .ring
        .pages
        .set_acks(member.index, Some(Arc::new(acks)));
    Ok(())
}

fn read_handle(epoch: &Epoch, at: usize) -> [u8; EVENT_HANDLE_SIZE] {
    let words: [u64; EVENT_HANDLE_SIZE / 8] =
        std::array::from_fn(|word| epoch.ring.pages.load_u64(at + word * 8, Ordering::Relaxed));
    zerocopy::transmute!(words)
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
