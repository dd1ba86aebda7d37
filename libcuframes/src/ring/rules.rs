//! The steps that correctness rests on, each with a name.
//!
//! In the library `holds` is always true and costs nothing. Under the model checker one rule
//! at a time can be broken, to see that the check which covers it does fail without it.

#[cfg(loom)]
use loom::sync::atomic;
#[cfg(not(loom))]
use std::sync::atomic;

use atomic::Ordering;

/// A step that must not be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Rule {
    /// Reader: between setting its bit and reading the sequence again.
    LeaseFence,
    /// Reader: reads the sequence again after setting its bit.
    LeaseRecheck,
    /// Reader: writes down which sequence it leases before setting its bit.
    LeaseSeq,
    /// Writer: between CLAIMED and asking the pages.
    ClaimFence,
    /// Writer: loads the list of pages after CLAIMED, not before.
    ListReload,
    /// Writer: asks every page again after CLAIMED.
    PageRecheck,
    /// Writer: between WRITING and the first byte of data.
    WritingFence,
    /// Writer: between the new sequence and looking for sleepers.
    PublishFence,
    /// Reader: between announcing its sleep and looking again.
    SleepFence,
    /// Reader: looks at the futex word again after announcing its sleep.
    SleepRecheck,
    /// Publisher: between telling a page that it is evicted and forgetting it.
    EvictFence,
    /// Reader: between its last read of the data and reading `evicted`.
    ReleaseFence,
    /// Reader: reads `evicted` after its last read of the data.
    ReleaseCheck,
    /// Reader: looks only up to the newest sequence it has seen published.
    LatestBound,
}

/// Every rule, for a test that breaks them in turn.
pub const ALL: [Rule; 14] = [
    Rule::LeaseFence,
    Rule::LeaseRecheck,
    Rule::LeaseSeq,
    Rule::ClaimFence,
    Rule::ListReload,
    Rule::PageRecheck,
    Rule::WritingFence,
    Rule::PublishFence,
    Rule::SleepFence,
    Rule::SleepRecheck,
    Rule::EvictFence,
    Rule::ReleaseFence,
    Rule::ReleaseCheck,
    Rule::LatestBound,
];

/// True unless a model is running without `rule`.
#[cfg(not(loom))]
#[inline(always)]
pub(super) fn holds(_rule: Rule) -> bool {
    true
}

#[cfg(loom)]
static BROKEN: std::sync::atomic::AtomicU8 = std::sync::atomic::AtomicU8::new(u8::MAX);

/// True unless a model is running without `rule`.
#[cfg(loom)]
pub(super) fn holds(rule: Rule) -> bool {
    BROKEN.load(std::sync::atomic::Ordering::Relaxed) != rule as u8
}

/// Leaves `rule` out from now on in this process; `None` keeps them all.
#[cfg(loom)]
pub fn break_rule(rule: Option<Rule>) {
    let broken = rule.map_or(u8::MAX, |rule| rule as u8);
    BROKEN.store(broken, std::sync::atomic::Ordering::Relaxed);
}

/// The fence that `rule` asks for.
#[inline(always)]
pub(super) fn fence(rule: Rule, order: Ordering) {
    if holds(rule) {
        atomic::fence(order);
    }
}
