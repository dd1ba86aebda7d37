//! The rules of the frame ring.

use cuframes::ring::Rule;

use super::{ASLEEP, Control, Exempt};

/// What the checker says of a read and a write that nothing orders: the slot of a lease is
/// being written.
const RACE: &str = "Causality violation";
const EVICTION: &str = "eviction::is_seen_by_who_saw_new_pixels";
const OBSERVER: &str = "observer::knows_what_was_overwritten";

pub const CONTROLS: &[Control] = &[
    (
        Rule::SeqRelease,
        "lease::of_a_frame_just_published",
        "torn frame",
    ),
    (Rule::LeaseFence, "lease::against_a_claim", RACE),
    (Rule::LeaseFence, "lease::of_a_joiner", RACE),
    (Rule::LeaseRecheck, "lease::against_a_claim", RACE),
    (Rule::LeaseRecheck, "lease::of_a_joiner", RACE),
    (Rule::LeaseSeq, "timeline::slot_waits_for_the_stream", RACE),
    (
        Rule::ClaimWait,
        "lease::against_a_claim",
        "frame lost to a claim taken back",
    ),
    (
        Rule::LoserZero,
        "timeline::who_gave_up_holds_nothing",
        "held without a lease",
    ),
    (Rule::ClearRelease, "lease::given_back_and_reused", RACE),
    (
        Rule::GiveBackRelease,
        "lease::by_the_publisher_itself",
        RACE,
    ),
    (Rule::ClaimFence, "lease::against_a_claim", RACE),
    (Rule::ClaimFence, "lease::of_a_joiner", RACE),
    (Rule::ListReload, "lease::of_a_joiner", RACE),
    (Rule::PageRecheck, "lease::against_a_claim", RACE),
    (Rule::PageRecheck, "lease::of_a_joiner", RACE),
    (Rule::WritingFence, EVICTION, "torn frame passes as whole"),
    (Rule::ObserverFence, OBSERVER, "torn frame passes as whole"),
    (
        Rule::LatestRelease,
        "finding::in_order_passes_over_nothing",
        "published frame not found",
    ),
    (
        Rule::FutexRelease,
        "sleep::on_the_futex_misses_no_frame",
        ASLEEP,
    ),
    (
        Rule::PublishFence,
        "sleep::on_the_futex_misses_no_frame",
        ASLEEP,
    ),
    (
        Rule::PublishFence,
        "sleep::in_a_poll_misses_no_frame",
        ASLEEP,
    ),
    (
        Rule::SleepFence,
        "sleep::on_the_futex_misses_no_frame",
        ASLEEP,
    ),
    (Rule::SleepFence, "sleep::in_a_poll_misses_no_frame", ASLEEP),
    (
        Rule::SleepRecheck,
        "sleep::on_the_futex_misses_no_frame",
        ASLEEP,
    ),
    (Rule::ReleaseFence, EVICTION, "torn frame passes as whole"),
    (Rule::ReleaseCheck, EVICTION, "torn frame passes as whole"),
    (
        Rule::LatestBound,
        "finding::in_order_while_the_writer_wraps",
        "frame passed over",
    ),
    (
        Rule::LatestBound,
        "finding::in_order_passes_over_nothing",
        "frame passed over",
    ),
];

pub const EXEMPT: &[Exempt] = &[
    Exempt {
        rule: Rule::EvictFence,
        model: EVICTION,
        other: Some((Rule::ListRelease, "torn frame passes as whole")),
        because: "the page leaves our list by a release, which carries `evicted` with it; \
                  the fence is for lists that are kept with relaxed stores",
    },
    Exempt {
        rule: Rule::ListRelease,
        model: EVICTION,
        other: Some((Rule::EvictFence, "torn frame passes as whole")),
        because: "the fence before it makes the relaxed removal publish as much",
    },
    Exempt {
        rule: Rule::MaskFirst,
        model: "timeline::slot_waits_for_the_stream",
        other: None,
        because: "the writer asks behind ClaimFence: a lease whose second look was before it \
                  has its lease_seq in sight, one whose look was after it saw CLAIMED. The \
                  order is for those who ask without a claim, such as the lease clocks",
    },
];
