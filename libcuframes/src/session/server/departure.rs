//! How peers leave: by their own will, for cause, or because everyone has to.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use zerocopy::IntoBytes;

use crate::sync::Order;
use crate::wire::{Close, CloseReason, ErrorCode, MessageType};

use super::admission::Refusal;
use super::peer::{Member, Peer, State};
use super::service::{Leave, Server};
use super::{answer, leases};

/// From the first CLOSE on: who is not gone then is left behind.
const LEAVE_TIME: Duration = Duration::from_secs(1);

impl Server {
    pub(super) fn relieve_pressure(&mut self) {
        self.inspect_leases(Instant::now());
        if self.is_context_lost() {
            return;
        }
        let oldest = |(&id, peer): (&u64, &Peer)| {
            let since = leases::oldest(self.current_member(peer)?)?;
            Some((since, id))
        };
        if let Some((_, id)) = self.peers.iter().filter_map(oldest).min() {
            self.evict(id, ErrorCode::Timeout);
        }
    }

    pub(super) fn evict_lagging(&mut self, index: usize, generation: u32) {
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

    /// Tells everyone to go. Who is on the way to the current epoch joins it first, if it is to
    /// read to the end: in the older one it would take CLOSE for the loss of what comes after.
    pub(super) fn take_leave(&mut self, reason: CloseReason) {
        let ends = Instant::now() + LEAVE_TIME;
        self.leave = Some(Leave { reason, ends });
        if let Some(listener) = self.listener.take() {
            // It leaves the poller with its descriptor.
            drop(listener);
            remove_socket(&self.socket);
        }
        let mut gone = Vec::new();
        for (&id, peer) in &mut self.peers {
            if peer.state == State::Rejoining && reason == CloseReason::EndOfStream {
                continue;
            }
            let was_joined = peer.state != State::Accepted;
            peer.enter(State::Draining);
            let sent = send_close(peer, reason);
            gone.extend((sent.is_err() || !was_joined).then_some(id));
        }
        // Whoever sleeps wakes up and finds CLOSE at once.
        let epoch = self.shared.epoch();
        epoch.ring.announce();
        epoch.wake_all();
        self.shared.shake_packets();
        gone.into_iter().for_each(|id| self.forget(id));
    }

    /// Tells a peer that has just joined to go, if everyone has to.
    pub(super) fn dismiss(&mut self, id: u64) {
        let (Some(leave), Some(peer)) = (&self.leave, self.peers.get_mut(&id)) else {
            return;
        };
        peer.enter(State::Draining);
        if send_close(peer, leave.reason).is_err() {
            self.forget(id);
        }
    }

    /// Waits no longer for those who have not gone.
    pub(super) fn end_leave(&mut self, now: Instant) {
        let Some(leave) = self.leave.as_ref().filter(|leave| now >= leave.ends) else {
            return;
        };
        for peer in self.peers.values() {
            peer.leave_memory();
            if peer.state != State::Draining {
                // The connection ends in any case.
                let _ = send_close(peer, leave.reason);
            }
        }
        let left: Vec<u64> = self.peers.keys().copied().collect();
        left.into_iter().for_each(|id| self.forget(id));
    }

    pub(super) fn inspect_leases(&mut self, now: Instant) {
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
        if guilty.is_empty() || self.is_context_lost() {
            return;
        }
        guilty
            .into_iter()
            .for_each(|(id, code)| self.evict(id, code));
    }

    /// True if our context is lost: then nothing tells us any more which leases are over, and
    /// nobody is to blame for it.
    fn is_context_lost(&self) -> bool {
        let epoch = self.shared.epoch();
        epoch.order.as_ref().is_some_and(Order::is_lost)
    }

    fn evict(&mut self, id: u64, code: ErrorCode) {
        let Some(peer) = self.peers.get(&id) else {
            return;
        };
        if let Some(member) = &peer.member {
            tracing::warn!(key = self.shared.key, name = %member.name, %code, "subscriber evicted");
            // Before its slots are free: who gets one of them finds it counted.
            self.shared.count_eviction();
            let epoch = &member.epoch;
            epoch
                .ring
                .evict(member.index, code.as_i32(), || epoch.wake_all());
            self.shared.shake_packets();
            self.admission.punish(peer.uid, member.name);
        }
        peer.leave_memory();
        // The connection ends in any case.
        let _ = send_close(peer, CloseReason::Evicted);
        self.forget(id);
    }

    /// Says ERROR and forgets the peer.
    pub(super) fn refuse(&mut self, id: u64, (code, text): Refusal) {
        if let Some(peer) = self.peers.get(&id) {
            let (pid, uid) = (peer.pid, peer.uid);
            let key = &self.shared.key;
            match code {
                // A name in use is asked for again and again until it is free.
                ErrorCode::AlreadyExists => tracing::debug!(key, pid, uid, text, "name in use"),
                _ => tracing::warn!(key, pid, uid, %code, text, "peer refused"),
            }
            peer.connection.send_error(code, &text);
        }
        self.forget(id);
    }

    /// Frees everything that a peer had.
    pub(super) fn forget(&mut self, id: u64) {
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
