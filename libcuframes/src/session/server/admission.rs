//! Who may come in: limits per user, names that are taken, and those who were evicted.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use crate::wire::{ConsumerName, ErrorCode};

use super::peer::{Peer, State};
use super::{Limits, own_uid};

/// Connections of a user other than the publisher's own.
const PEERS_PER_UID: usize = 16;
/// Of them, those that are not live yet.
const JOINING_PER_UID: usize = 4;
/// The first refusal after an eviction, and the longest.
const FIRST_PENALTY: Duration = Duration::from_secs(1);
const LONGEST_PENALTY: Duration = Duration::from_secs(60);
/// How long a subscriber that was waited for in vain is remembered.
const LAGGING_MEMORY: Duration = Duration::from_secs(60);

/// Why somebody is refused: the code and the sentence of ERROR.
pub type Refusal = (ErrorCode, String);

/// Whom a memory is about: one subscriber of this user, or all of another user.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Who {
    Named(u32, ConsumerName),
    User(u32),
}

impl Who {
    fn of(uid: u32, name: ConsumerName) -> Who {
        match uid == own_uid() {
            true => Who::Named(uid, name),
            false => Who::User(uid),
        }
    }
}

/// What the door remembers.
#[derive(Debug, Default)]
pub struct Admission {
    penalties: HashMap<Who, (Instant, Duration)>,
    lagging: HashMap<(u32, ConsumerName), (Instant, u64)>,
}

impl Admission {
    /// Decides about a connection before it has said anything.
    pub fn check_connection(
        limits: &Limits,
        peers: &BTreeMap<u64, Peer>,
        uid: u32,
    ) -> Result<(), Refusal> {
        if !limits.is_admitted(uid) {
            let text = format!("user {uid} is not admitted; add it to the publisher's allow_uids");
            return Err((ErrorCode::Permission, text));
        }
        if peers.len() >= limits.peers as usize {
            let text = format!(
                "all {} places are taken; raise max_subscribers",
                limits.peers
            );
            return Err((ErrorCode::TooManySubscribers, text));
        }
        if uid == own_uid() {
            return Ok(());
        }
        let theirs = || peers.values().filter(|peer| peer.uid == uid);
        let joining = theirs().filter(|peer| peer.state != State::Live).count();
        if theirs().count() >= PEERS_PER_UID || joining >= JOINING_PER_UID {
            let text = format!(
                "user {uid} has as many connections as another user may have \
                 ({PEERS_PER_UID}, of them {JOINING_PER_UID} joining); close some"
            );
            return Err((ErrorCode::TooManySubscribers, text));
        }
        Ok(())
    }

    /// Decides about a subscriber's name.
    pub fn check_name(
        &mut self,
        peers: &BTreeMap<u64, Peer>,
        asking: u64,
        uid: u32,
        name: ConsumerName,
    ) -> Result<(), Refusal> {
        let now = Instant::now();
        if let Some(&(until, _)) = self.penalties.get(&Who::of(uid, name))
            && now < until
        {
            let left = (until - now).as_millis();
            let text = format!("{name} was evicted; it may come back in {left} ms");
            return Err((ErrorCode::Evicted, text));
        }
        let taken = peers.iter().any(|(&id, peer)| {
            let member = peer.member.as_ref();
            id != asking && peer.uid == uid && member.is_some_and(|member| member.name == name)
        });
        if taken {
            let text = format!("a subscriber named {name} is already there; choose another name");
            return Err((ErrorCode::AlreadyExists, text));
        }
        Ok(())
    }

    /// Remembers an eviction: each costs twice the time of the one before.
    pub fn punish(&mut self, uid: u32, name: ConsumerName) {
        let now = Instant::now();
        // Who has kept out of trouble for as long as the longest penalty starts anew.
        self.penalties
            .retain(|_, (until, _)| now < *until + LONGEST_PENALTY);
        let entry = self.penalties.entry(Who::of(uid, name));
        entry
            .and_modify(|(until, penalty)| {
                *penalty = (*penalty * 2).min(LONGEST_PENALTY);
                *until = now + *penalty;
            })
            .or_insert((now + FIRST_PENALTY, FIRST_PENALTY));
    }

    /// Remembers that a subscriber left while it was not waited for.
    pub fn remember_lagging(&mut self, uid: u32, name: ConsumerName, until_seq: u64) {
        let now = Instant::now();
        self.lagging.retain(|_, (expires, _)| now < *expires);
        self.lagging
            .insert((uid, name), (now + LAGGING_MEMORY, until_seq));
    }

    /// The sequence that a returning subscriber has to consume before it is waited for again.
    pub fn recall_lagging(&mut self, uid: u32, name: ConsumerName) -> u64 {
        let remembered = self.lagging.remove(&(uid, name));
        match remembered {
            Some((expires, until_seq)) if Instant::now() < expires => until_seq,
            _ => 0,
        }
    }
}
