//! The steps that correctness rests on, each with a name.
//!
//! In the library `holds` is always true and costs nothing. Under the model checker rules
//! can be broken, one at a time, to see that the model which covers it does fail without it.

#[cfg(loom)]
use loom::sync::atomic;
#[cfg(not(loom))]
use std::sync::atomic;

use atomic::Ordering;

/// A step that must not be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Rule {
    /// Writer: the new sequence is a release.
    SeqRelease,
    /// Reader: between setting its bit and reading the sequence again.
    LeaseFence,
    /// Reader: reads the sequence again after setting its bit.
    LeaseRecheck,
    /// Reader: writes down which sequence it leases before setting its bit.
    LeaseSeq,
    /// Reader: waits, its bit set, for a claim to be decided.
    ClaimWait,
    /// Reader: takes its lease_seq back when it lost the frame.
    LoserZero,
    /// Reader: clearing its bit is a release.
    ClearRelease,
    /// Publisher: giving a slot back inside its process is a release.
    GiveBackRelease,
    /// Writer: between CLAIMED and asking the pages.
    ClaimFence,
    /// Writer: loads the list of pages after CLAIMED, not before.
    ListReload,
    /// Writer: asks every page again after CLAIMED.
    PageRecheck,
    /// Writer: asks a page for its mask first, then for its lease_seq.
    MaskFirst,
    /// Writer: between WRITING and the first byte of data.
    WritingFence,
    /// Writer: the newest number is a release.
    LatestRelease,
    /// Writer: moving the futex word on is a release.
    FutexRelease,
    /// Writer: between the new sequence and looking for sleepers.
    PublishFence,
    /// Reader: between announcing its sleep and looking again.
    SleepFence,
    /// Reader: looks at the futex word again after announcing its sleep.
    SleepRecheck,
    /// Publisher: between telling a page that it is evicted and forgetting it.
    EvictFence,
    /// Publisher: forgetting a page is a release.
    ListRelease,
    /// Reader: between its last read of the data and reading `evicted`.
    ReleaseFence,
    /// Reader: reads `evicted` after its last read of the data.
    ReleaseCheck,
    /// Reader: looks only up to the newest sequence it has seen published.
    LatestBound,
    /// Packet writer: the new sequence is a release.
    PacketSeqRelease,
    /// Packet writer: between WRITING and what is reserved, and the first byte.
    PacketWritingFence,
    /// Packet writer: the newest key packet is a release.
    PacketKeyRelease,
    /// Packet writer: the newest number is a release.
    PacketHeadRelease,
    /// Packet writer: moving the futex word on is a release.
    PacketFutexRelease,
    /// Packet writer: between the new packet and looking for sleepers.
    PacketPublishFence,
    /// Packet reader: between its last read of the data and looking again.
    PacketFence,
    /// Packet reader: reads the sequence again after the data.
    PacketSlotRecheck,
    /// Packet reader: reads again, after the data, what is reserved.
    PacketDataRecheck,
    /// Packet reader: between announcing its sleep and looking again.
    PacketSleepFence,
    /// Packet reader: looks at the futex word again after announcing its sleep.
    PacketSleepRecheck,
    /// Packet writer: between the odd generation and the extradata.
    ExtradataFence,
    /// Packet writer: the even generation is a release.
    ExtradataRelease,
    /// Packet reader: between the extradata and reading the generation again.
    ExtradataReadFence,
    /// Packet reader: takes no extradata of an odd generation.
    ExtradataEven,
    /// Packet reader: reads the generation again after the extradata.
    ExtradataRecheck,
    /// Packet reader: takes the extradata of the packet's own generation only.
    ExtradataOfPacket,
}

/// Every rule of the frame ring, for a test that breaks them in turn.
pub const ALL: [Rule; 23] = [
    Rule::SeqRelease,
    Rule::LeaseFence,
    Rule::LeaseRecheck,
    Rule::LeaseSeq,
    Rule::ClaimWait,
    Rule::LoserZero,
    Rule::ClearRelease,
    Rule::GiveBackRelease,
    Rule::ClaimFence,
    Rule::ListReload,
    Rule::PageRecheck,
    Rule::MaskFirst,
    Rule::WritingFence,
    Rule::LatestRelease,
    Rule::FutexRelease,
    Rule::PublishFence,
    Rule::SleepFence,
    Rule::SleepRecheck,
    Rule::EvictFence,
    Rule::ListRelease,
    Rule::ReleaseFence,
    Rule::ReleaseCheck,
    Rule::LatestBound,
];

/// Every rule of the packet ring.
pub const PACKETS: [Rule; 17] = [
    Rule::PacketSeqRelease,
    Rule::PacketWritingFence,
    Rule::PacketKeyRelease,
    Rule::PacketHeadRelease,
    Rule::PacketFutexRelease,
    Rule::PacketPublishFence,
    Rule::PacketFence,
    Rule::PacketSlotRecheck,
    Rule::PacketDataRecheck,
    Rule::PacketSleepFence,
    Rule::PacketSleepRecheck,
    Rule::ExtradataFence,
    Rule::ExtradataRelease,
    Rule::ExtradataReadFence,
    Rule::ExtradataEven,
    Rule::ExtradataRecheck,
    Rule::ExtradataOfPacket,
];

/// True unless a model is running without `rule`.
#[cfg(not(loom))]
#[inline(always)]
pub(super) fn holds(_rule: Rule) -> bool {
    true
}

#[cfg(loom)]
static BROKEN: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);

/// True unless a model is running without `rule`.
#[cfg(loom)]
pub(super) fn holds(rule: Rule) -> bool {
    BROKEN.load(std::sync::atomic::Ordering::Relaxed) & (1u64 << rule as u8) == 0
}

/// Leaves `rules`, and no others, out from now on in this process.
#[cfg(loom)]
pub fn break_rules(rules: &[Rule]) {
    let broken = rules
        .iter()
        .fold(0u64, |all, &rule| all | 1u64 << rule as u8);
    BROKEN.store(broken, std::sync::atomic::Ordering::Relaxed);
}

/// The fence that `rule` asks for.
#[inline(always)]
pub(super) fn fence(rule: Rule, order: Ordering) {
    if holds(rule) {
        atomic::fence(order);
    }
}

/// The order that `rule` asks of an access.
#[inline(always)]
pub(super) fn order(rule: Rule, order: Ordering) -> Ordering {
    match holds(rule) {
        true => order,
        false => Ordering::Relaxed,
    }
}
