//! The steps that correctness rests on, each with a name.
//!
//! In the library `holds` is always true and costs nothing. Under the model checker, and in
//! tests of this crate itself, rules can be broken, one at a time, to see that the model or
//! the campaign which covers it does fail without it.

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
    /// Observer: between its last read of the data and reading the sequence again.
    ObserverFence,
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
    /// Packet writer: the end of the stream is a release.
    PacketCloseRelease,
    /// Packet reader: asks whether the stream has ended before it asks for the newest number.
    PacketStateFirst,
    /// Packet reader: looks at no packet beyond the newest number that it has seen.
    PacketHeadBound,
    /// Packet reader: looks at the sequence before it reads the slot.
    PacketFirstLook,
    /// Packet reader: reads no data that it knows to be given to a later packet.
    PacketDataLook,
    /// Packet reader: takes no size that cannot be.
    PacketSizeBound,
    /// Packet reader: takes no position that cannot be.
    PacketPosAligned,
    /// Packet reader: begins, and goes on after a loss, with a key packet.
    PacketKeyFirst,
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
pub const ALL: [Rule; 24] = [
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
    Rule::ObserverFence,
];

/// Every rule of the packet ring that an honest publisher can show to be needed.
pub const PACKETS: [Rule; 22] = [
    Rule::PacketSeqRelease,
    Rule::PacketWritingFence,
    Rule::PacketKeyRelease,
    Rule::PacketHeadRelease,
    Rule::PacketFutexRelease,
    Rule::PacketPublishFence,
    Rule::PacketCloseRelease,
    Rule::PacketStateFirst,
    Rule::PacketHeadBound,
    Rule::PacketFirstLook,
    Rule::PacketDataLook,
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

/// Rules of the packet reader against a publisher that lies; with an honest one they never
/// decide anything.
pub const HOSTILE: [Rule; 3] = [
    Rule::PacketSizeBound,
    Rule::PacketPosAligned,
    Rule::PacketKeyFirst,
];

/// True unless a test is running without `rule`.
#[cfg(not(any(loom, test)))]
#[inline(always)]
pub(super) fn holds(_rule: Rule) -> bool {
    true
}

#[cfg(any(loom, test))]
pub use broken::{BROKEN_RULES, break_rules, holds};

/// Which rules this process does without.
#[cfg(any(loom, test))]
mod broken {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::{ALL, HOSTILE, PACKETS, Rule};

    /// The environment variable with the names of the rules to leave out, `+` between them.
    pub const BROKEN_RULES: &str = "CUFRAMES_BROKEN_RULES";

    static BROKEN: AtomicU64 = AtomicU64::new(0);

    /// True unless a test is running without `rule`.
    pub fn holds(rule: Rule) -> bool {
        BROKEN.load(Ordering::Relaxed) & (1 << rule as u8) == 0
    }

    /// Leaves the rules of [`BROKEN_RULES`], and no others, out from now on in this process.
    ///
    /// # Panics
    /// If one of the names is no rule's: a control that leaves out nothing controls nothing.
    pub fn break_rules() {
        let names = std::env::var(BROKEN_RULES).unwrap_or_default();
        let broken = names
            .split('+')
            .filter(|name| !name.is_empty())
            .fold(0, |all, name| all | 1 << named(name) as u8);
        BROKEN.store(broken, Ordering::Relaxed);
    }

    fn named(name: &str) -> Rule {
        ALL.into_iter()
            .chain(PACKETS)
            .chain(HOSTILE)
            .find(|rule| format!("{rule:?}") == name)
            .unwrap_or_else(|| panic!("{BROKEN_RULES} has {name}, which is no rule"))
    }
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
