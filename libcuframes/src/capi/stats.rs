//! Counters as C has them.

use crate::publisher::PublisherStats;
use crate::subscriber::SubscriberStats;

use super::memory::Versioned;

/// Counters of a publisher, since its start.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct cuframes_publisher_stats_t {
    /// sizeof(cuframes_publisher_stats_t), or 0 for that of the first release.
    pub struct_size: u32,
    /// Everyone who is subscribed now.
    pub subscriber_count: u32,
    /// Frames published.
    pub published: u64,
    /// Frames dropped because no slot was free; they have no sequence.
    pub dropped: u64,
    /// Published frames that were copied into their slot, not made in it.
    pub copies: u64,
    /// Subscribers evicted.
    pub evicted: u64,
    /// The newest sequence, 0 before the first frame.
    pub latest_seq: u64,
    /// Random number of this start or reconfiguration.
    pub epoch: u64,
    /// Packets published, which is the newest sequence of a packet.
    pub packets: u64,
    /// Of them, key packets.
    pub packet_keys: u64,
    /// Bytes of all packets.
    pub packet_bytes: u64,
}

// SAFETY: I11: numbers only, struct_size first.
unsafe impl Versioned for cuframes_publisher_stats_t {
    const FIRST_SIZE: usize = 56;
    const NAME: &'static str = "cuframes_publisher_stats_t";
}

const _: () = assert!(size_of::<cuframes_publisher_stats_t>() == 80);

impl From<PublisherStats> for cuframes_publisher_stats_t {
    fn from(stats: PublisherStats) -> Self {
        let packets = stats.packets.unwrap_or_default();
        cuframes_publisher_stats_t {
            struct_size: size_of::<cuframes_publisher_stats_t>() as u32,
            subscriber_count: stats.subscribers.len() as u32,
            published: stats.published,
            dropped: stats.dropped,
            copies: stats.copies,
            evicted: stats.evicted,
            latest_seq: stats.latest_seq,
            epoch: stats.epoch,
            packets: packets.published,
            packet_keys: packets.keys,
            packet_bytes: packets.bytes,
        }
    }
}

/// Counters of a subscriber, since it connected first.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct cuframes_subscriber_stats_t {
    /// sizeof(cuframes_subscriber_stats_t), or 0 for that of the first release.
    pub struct_size: u32,
    /// Frames held now.
    pub leases: u32,
    /// Frames delivered.
    pub received: u64,
    /// Sequences passed over because they were overwritten, or because something newer was
    /// there.
    pub missed: u64,
    /// Sequences passed over because every_nth or min_interval_ns asked for it.
    pub skipped: u64,
    /// Times that the publisher was gone and came back.
    pub reattached: u64,
    /// The sequence delivered last.
    pub last_seq: u64,
    /// The newest sequence of the publisher.
    pub latest_seq: u64,
    /// Frames that the publisher dropped because no slot was free.
    pub publisher_dropped: u64,
    /// Packets delivered.
    pub packets: u64,
    /// Packets passed over because they were overwritten.
    pub packets_missed: u64,
    /// Times that packets were overwritten before they were read.
    pub packet_overruns: u64,
    /// The packet delivered last.
    pub last_packet_seq: u64,
}

// SAFETY: I11: numbers only, struct_size first.
unsafe impl Versioned for cuframes_subscriber_stats_t {
    const FIRST_SIZE: usize = 64;
    const NAME: &'static str = "cuframes_subscriber_stats_t";
}

const _: () = assert!(size_of::<cuframes_subscriber_stats_t>() == 96);

impl From<SubscriberStats> for cuframes_subscriber_stats_t {
    fn from(stats: SubscriberStats) -> Self {
        cuframes_subscriber_stats_t {
            struct_size: size_of::<cuframes_subscriber_stats_t>() as u32,
            leases: stats.leases,
            received: stats.received,
            missed: stats.missed,
            skipped: stats.skipped,
            reattached: stats.reattached,
            last_seq: stats.last_seq,
            latest_seq: stats.latest_seq,
            publisher_dropped: stats.publisher_dropped,
            packets: stats.packets,
            packets_missed: stats.packets_missed,
            packet_overruns: stats.packet_overruns,
            last_packet_seq: stats.last_packet_seq,
        }
    }
}
