//! Looking after leases: whose clock has run out, who takes more than its share, and whose
//! page makes no sense.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::sys::PAGE;
use crate::wire::{ErrorCode, control, is_sequence, page};

use super::Limits;
use super::peer::Member;

/// Looks at what `member` holds: `Err` has the reason to evict it.
pub fn inspect(member: &mut Member, limits: &Limits, now: Instant) -> Result<(), ErrorCode> {
    let ring = &member.epoch.ring;
    // The page first: what was consumed is not above what is published afterwards.
    let consumed_at = member.index * PAGE + page::CONSUMED_SEQ;
    let consumed = ring.pages.load_u64(consumed_at, Ordering::Acquire);
    let latest = ring
        .control
        .load_u64(control::LATEST_SEQ, Ordering::Relaxed);
    if consumed < member.consumed {
        return Err(ErrorCode::Protocol);
    }
    if latest != 0 && consumed > latest {
        return Err(ErrorCode::Protocol);
    }
    member.consumed = consumed;
    if ring.held_by(member.index).count_ones() > limits.max_leases {
        return Err(ErrorCode::Evicted);
    }
    start_clocks(member, latest, now);
    match oldest(member) {
        Some(since) if is_over(since, limits.lease_timeout, now) => Err(ErrorCode::Timeout),
        _ => Ok(()),
    }
}

/// When the first lease of `member` will have lasted too long.
pub fn deadline(member: &Member, limits: &Limits) -> Option<Instant> {
    let since = oldest(member)?;
    (!limits.lease_timeout.is_zero()).then(|| since + limits.lease_timeout)
}

/// When the oldest lease of `member` was first met.
pub fn oldest(member: &Member) -> Option<Instant> {
    member.met.iter().flatten().map(|&(_, since)| since).min()
}

fn is_over(since: Instant, timeout: Duration, now: Instant) -> bool {
    !timeout.is_zero() && now.saturating_duration_since(since) >= timeout
}

/// A clock starts when a slot is first met held and no longer the newest, so that a paused
/// source evicts nobody.
fn start_clocks(member: &mut Member, latest: u64, now: Instant) {
    let ring = &member.epoch.ring;
    for slot in 0..ring.shape().slots {
        let seq = ring.seq(slot);
        let held = is_sequence(seq) && ring.holds_slot(member.index, slot, seq);
        member.met[slot] = match member.met[slot] {
            _ if !held || seq == latest => None,
            Some((met, since)) if met == seq => Some((met, since)),
            _ => Some((seq, now)),
        };
    }
}
