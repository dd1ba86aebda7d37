//! Named points at which a crash test kills its own process.
//!
//! Without the feature `failpoints` a point is nothing at all. With it, the process that runs
//! into the point named by `CUFRAMES_FAILPOINT=name[:n]` for the n-th time (default: the
//! first) sends SIGKILL to itself, so that a crash at an exact place is a real one.

/// Where a process can be made to die.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Point {
    /// Publisher: has the key's lock, and nothing else yet.
    LockTaken,
    /// Publisher: the control segment is whole, but under its temporary name.
    BeforeRename,
    /// Publisher: a slot says CLAIMED.
    Claimed,
    /// Publisher: a slot says WRITING.
    Writing,
    /// Publisher: the slot has its sequence, the header does not yet.
    BeforeLatest,
    /// Publisher: a subscriber has its answer, but has not said ATTACHED.
    HelloAnswered,
    /// Subscriber: has said HELLO.
    HelloSent,
    /// Subscriber: has mapped everything, but not said ATTACHED.
    PageMapped,
    /// Subscriber: its bit is set, the sequence not read again yet.
    BitSet,
    /// Subscriber: holds a lease.
    LeaseHeld,
    /// Subscriber: is counted as asleep.
    Asleep,
    /// Publisher: the extradata says that it is being written.
    ExtradataOdd,
    /// Publisher: a packet's slot says WRITING.
    PacketWriting,
    /// Publisher: the packet has its sequence, the header does not yet.
    BeforeHead,
    /// Subscriber: has copied a packet, and not looked whether it was whole.
    PacketCopied,
    /// Subscriber: is counted as asleep until the next packet.
    PacketAsleep,
}

#[cfg(not(all(feature = "failpoints", not(loom))))]
#[inline(always)]
pub(crate) fn reach(_point: Point) {}

#[cfg(all(feature = "failpoints", not(loom)))]
pub(crate) fn reach(point: Point) {
    static CRASH: ::failpoint::Crash = ::failpoint::Crash::new("CUFRAMES_FAILPOINT");
    CRASH.reach(point);
}
