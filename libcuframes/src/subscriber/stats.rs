//! What a subscriber can tell about itself.

use crate::format::FrameLayout;

/// Counters of a subscriber, since it connected first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SubscriberStats {
    /// Frames delivered.
    pub received: u64,
    /// Sequences passed over because they were overwritten, or because something newer was
    /// there.
    pub missed: u64,
    /// Sequences passed over because `every_nth` or `min_interval` asked for it.
    pub skipped: u64,
    /// Times that the publisher was gone and came back.
    pub reattached: u64,
    /// The sequence delivered last.
    pub last_seq: u64,
    /// The newest sequence of the publisher.
    pub latest_seq: u64,
    /// Frames that the publisher dropped because no slot was free.
    pub publisher_dropped: u64,
    /// Frames held now.
    pub leases: u32,
    /// Packets delivered.
    pub packets: u64,
    /// Packets passed over because they were overwritten.
    pub packets_missed: u64,
    /// Times that packets were overwritten before they were read.
    pub packet_overruns: u64,
    /// The packet delivered last.
    pub last_packet_seq: u64,
}

/// The counters that the subscriber itself keeps.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counters {
    pub received: u64,
    pub missed: u64,
    pub skipped: u64,
    pub reattached: u64,
    pub last_seq: u64,
    pub packets: u64,
    pub packets_missed: u64,
    pub packet_overruns: u64,
    pub last_packet_seq: u64,
}

impl From<Counters> for SubscriberStats {
    fn from(counters: Counters) -> Self {
        SubscriberStats {
            received: counters.received,
            missed: counters.missed,
            skipped: counters.skipped,
            reattached: counters.reattached,
            last_seq: counters.last_seq,
            packets: counters.packets,
            packets_missed: counters.packets_missed,
            packet_overruns: counters.packet_overruns,
            last_packet_seq: counters.last_packet_seq,
            ..SubscriberStats::default()
        }
    }
}

/// Something that happened to a subscription, told by
/// [`on_event`](super::SubscriberBuilder::on_event).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The publisher is gone without an end of stream.
    Disconnected,
    /// The key is published again.
    Reattached {
        /// Random number of the new start.
        epoch: u64,
    },
    /// The frames have another geometry from here on.
    Reconfigured {
        /// Random number of the reconfiguration.
        epoch: u64,
        /// The new geometry.
        layout: FrameLayout,
    },
}
