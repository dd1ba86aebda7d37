//! Looking after leases: whose clock has run out, who takes more than its share, and whose
//! page makes no sense.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::sys::PAGE;
use crate::wire::{ErrorCode, MAX_SLOTS, control, is_sequence, page};

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
    if has_more_than(limits.max_leases, || leased(member)) {
        return Err(ErrorCode::Evicted);
    }
    start_clocks(member, latest, now);
    match oldest(member) {
        Some(since) if is_over(since, limits.lease_timeout, now) => Err(ErrorCode::Timeout),
        _ => Ok(()),
    }
}

/// What each slot holds that `member` leases, 0 for the others.
fn leased(member: &Member) -> [u64; MAX_SLOTS] {
    let ring = &member.epoch.ring;
    let held = ring.held_by(member.index);
    std::array::from_fn(|slot| match held & (1 << slot) {
        0 => 0,
        _ => ring.seq(slot),
    })
}

/// True if there were more than `limit` leases at one moment.
///
/// On a GPU slot after slot is asked, and meanwhile a lease may end and another begin, so that
/// both are met. A frame that is met leased before and after a moment was leased in it; so too
/// many count only if they are met twice.
fn has_more_than(limit: u32, look: impl Fn() -> [u64; MAX_SLOTS]) -> bool {
    let more = |leased: &[u64]| leased.iter().filter(|&&seq| seq != 0).count() > limit as usize;
    let mut leased = look();
    if !more(&leased) {
        return false;
    }
    for (before, now) in leased.iter_mut().zip(look()) {
        if *before != now {
            *before = 0;
        }
    }
    more(&leased)
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

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// Looks at these in turn, which are the first slots of a ring.
    fn looks<const N: usize>(of: &[[u64; N]]) -> bool {
        let turn = Cell::new(0);
        has_more_than(2, || {
            let index = turn.replace(turn.get() + 1);
            let mut all = [0; MAX_SLOTS];
            all[..N].copy_from_slice(&of[index]);
            all
        })
    }

    #[test]
    fn a_lease_that_ends_while_another_begins_is_not_one_too_many() {
        assert!(!looks(&[[1, 2, 0]]), "no second look");
        assert!(!looks(&[[1, 2, 3], [0, 2, 3]]));
        assert!(!looks(&[[1, 2, 3], [4, 2, 3]]), "another frame");
    }

    #[test]
    fn one_too_many_at_a_time_is() {
        assert!(looks(&[[1, 2, 3], [1, 2, 3]]));
        assert!(looks(&[[1, 2, 3, 4], [0, 2, 3, 4]]));
    }
}
