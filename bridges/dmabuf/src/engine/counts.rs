//! What is told of the engine and of each consumer.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::ledger::Counts;
use crate::socket::Peer;

/// What was counted of one consumer, or of all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// The account of the frames: always balanced.
    pub frames: Counts,
    /// Frames that are not back though they were reported as timed out.
    pub quarantined: u64,
    /// Frames that were passed over: newer ones were there when there was room.
    pub dropped: u64,
    /// Frames that were lent as copies.
    pub copied: u64,
    /// Messages of consumers that were none.
    pub malformed: u64,
}

impl Tally {
    pub(super) fn add(&mut self, other: &Tally) {
        let (all, one) = (&mut self.frames, &other.frames);
        all.sent += one.sent;
        all.returned += one.returned;
        all.errors += one.errors;
        all.timed_out += one.timed_out;
        all.abandoned += one.abandoned;
        all.in_flight += one.in_flight;
        all.late += one.late;
        all.unknown += one.unknown;
        self.quarantined += other.quarantined;
        self.dropped += other.dropped;
        self.copied += other.copied;
        self.malformed += other.malformed;
    }
}

/// How a consumer is lent the frames of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lending {
    /// Where they lie.
    InPlace,
    /// As copies, as every consumer is.
    Copied,
    /// As copies, though one that said hello would get them where they lie.
    CopiedWithoutHello,
}

/// A consumer.
#[derive(Clone, Debug)]
pub struct ConsumerRow {
    /// What it calls itself, or its process.
    pub name: String,
    /// Its process and user.
    pub peer: Peer,
    /// The version of the extensions that it gets: 0 none.
    pub version: u32,
    /// How it was lent the last frame of each stream that it was lent any of.
    pub lending: BTreeMap<String, Lending>,
    /// What was counted of it.
    pub tally: Tally,
}

/// What is told of an engine.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Of all consumers, those that are gone included.
    pub total: Tally,
    /// Those that are there.
    pub consumers: Vec<ConsumerRow>,
    /// Consumers that are gone.
    pub gone: u64,
    /// Peers that were not served: of another user, or too many.
    pub refused: u64,
}

/// What is told of one consumer, by its thread alone.
#[derive(Clone, Debug)]
pub(super) struct Row(Arc<Mutex<ConsumerRow>>);

impl Row {
    /// Changes what is told.
    pub fn update(&self, change: impl FnOnce(&mut ConsumerRow)) {
        change(&mut lock(&self.0));
    }
}

/// The rows of all consumers.
#[derive(Debug, Default)]
pub(super) struct Table {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    rows: Vec<Row>,
    ended: Tally,
    gone: u64,
    refused: u64,
}

impl Table {
    /// A row for a consumer, if there are less than `limit`.
    pub fn enter(&self, row: ConsumerRow, limit: usize) -> Option<Row> {
        let mut state = lock(&self.state);
        if state.rows.len() >= limit {
            return None;
        }
        let row = Row(Arc::new(Mutex::new(row)));
        state.rows.push(row.clone());
        Some(row)
    }

    /// A consumer is gone.
    pub fn leave(&self, row: &Row) {
        let mut state = lock(&self.state);
        state.rows.retain(|known| !Arc::ptr_eq(&known.0, &row.0));
        state.ended.add(&lock(&row.0).tally);
        state.gone += 1;
    }

    /// A peer was not served.
    pub fn refuse(&self) {
        lock(&self.state).refused += 1;
    }

    pub fn report(&self) -> Report {
        let state = lock(&self.state);
        let rows = state.rows.iter().map(|row| lock(&row.0).clone());
        let consumers: Vec<_> = rows.collect();
        let mut total = state.ended;
        for row in &consumers {
            total.add(&row.tally);
        }
        Report {
            total,
            consumers,
            gone: state.gone,
            refused: state.refused,
        }
    }
}

/// Every change is whole before anything can panic.
fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}
