//! What a publisher can tell about itself.

use std::sync::atomic::Ordering;

use crate::session::{Epoch, Shared};
use crate::wire::Mode;

/// Counters of a publisher, since its start.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PublisherStats {
    /// Frames published.
    pub published: u64,
    /// Frames dropped because no slot was free; they have no sequence.
    pub dropped: u64,
    /// Published frames that were copied into their slot, not made in it.
    pub copies: u64,
    /// Subscribers evicted.
    pub evicted: u64,
    /// Random number of this start or reconfiguration.
    pub epoch: u64,
    /// The newest sequence, 0 before the first frame.
    pub latest_seq: u64,
    /// Everyone who is subscribed.
    pub subscribers: Vec<SubscriberRow>,
    /// Packets, where there are any.
    pub packets: Option<PacketStats>,
}

/// Counters of a publisher's packets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PacketStats {
    /// Packets published, which is the newest sequence.
    pub published: u64,
    /// Of them, key packets.
    pub keys: u64,
    /// Bytes of all of them.
    pub bytes: u64,
}

/// One subscriber. Its counters are its own: they are shown, and never relied on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SubscriberRow {
    /// Its number, 1 to 255.
    pub index: u32,
    /// Its name.
    pub name: String,
    /// Its process, as the kernel told it.
    pub pid: u32,
    /// Its user, as the kernel told it.
    pub uid: u32,
    /// What it asked for.
    pub mode: Mode,
    /// Frames it holds now.
    pub held: u32,
    /// Every sequence up to this is released or skipped.
    pub consumed_seq: u64,
    /// Frames it was lent.
    pub received: u64,
    /// Frames it missed.
    pub missed: u64,
    /// It may miss nothing, but was too slow: it is not waited for until it has caught up.
    pub lagging: bool,
}

impl PublisherStats {
    pub(super) fn of(shared: &Shared, epoch: &Epoch, latest_seq: u64) -> Self {
        let rows = shared.roster.entries().into_iter().map(|entry| {
            let row = entry.row();
            SubscriberRow {
                index: entry.index,
                name: entry.name.as_str().to_owned(),
                pid: entry.pid,
                uid: entry.uid,
                mode: entry.mode,
                held: row.held_mask.count_ones(),
                consumed_seq: row.consumed_seq,
                received: row.received,
                missed: row.missed,
                lagging: entry.is_lagging(),
            }
        });
        PublisherStats {
            published: shared.published.load(Ordering::Relaxed),
            dropped: shared.dropped.load(Ordering::Relaxed),
            copies: shared.copies.load(Ordering::Relaxed),
            evicted: shared.evicted.load(Ordering::Relaxed),
            epoch: epoch.number(),
            latest_seq,
            subscribers: rows.collect(),
            packets: None,
        }
    }
}
