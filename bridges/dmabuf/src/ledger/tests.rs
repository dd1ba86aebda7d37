//! The account against whatever may happen, in any order.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

const TERMS: Terms = Terms {
    window: 3,
    timeout: Duration::from_millis(200),
};
const QUARANTINE: Duration = Duration::from_secs(4);

fn id(sequence: i64) -> FrameId {
    FrameId {
        stream: (sequence / 20) as usize,
        sequence,
    }
}

#[test]
fn a_late_frame_counts_in_the_window_until_it_is_back() {
    let mut ledger = Ledger::new(TERMS);
    let start = Instant::now();
    for sequence in 0..3 {
        assert_eq!(
            ledger.lend(id(sequence), sequence, QUARANTINE, start),
            Ok(())
        );
    }
    assert_eq!(ledger.lend(id(3), 3, QUARANTINE, start), Err(3));
    assert_eq!(ledger.next_deadline(), Some(start + TERMS.timeout));
    assert_eq!(ledger.time_out(start + TERMS.timeout).len(), 3);
    assert_eq!(ledger.time_out(start + TERMS.timeout), []);
    assert!(!ledger.has_room(0));
    assert!(ledger.has_room(1));
    assert_eq!(ledger.give_back(id(1), true), Returned::Late(1));
    assert_eq!(ledger.give_back(id(1), true), Returned::Unknown);
    assert!(ledger.has_room(0));
    let early = ledger.release(start + QUARANTINE - Duration::from_millis(1));
    assert_eq!(early.len(), 0);
    assert_eq!(ledger.release(start + QUARANTINE), [0, 2]);
    let counts = ledger.counts();
    assert_eq!(
        (counts.sent, counts.timed_out, counts.late, counts.unknown),
        (3, 3, 1, 1)
    );
    assert!(counts.is_balanced());
}

#[test]
fn a_consumer_that_goes_away_gives_everything_back() {
    let mut ledger = Ledger::new(TERMS);
    let start = Instant::now();
    for sequence in 0..3 {
        ledger
            .lend(id(sequence), sequence, QUARANTINE, start)
            .expect("has room");
        assert_eq!(
            ledger.give_back(id(sequence), sequence != 1),
            Returned::InTime(sequence)
        );
    }
    ledger.lend(id(4), 4, QUARANTINE, start).expect("has room");
    ledger.time_out(start + TERMS.timeout);
    ledger.lend(id(5), 5, QUARANTINE, start).expect("has room");
    assert_eq!(ledger.quarantined(), 1);
    let back: BTreeSet<_> = ledger.close().into_iter().collect();
    assert_eq!(back, BTreeSet::from([4, 5]));
    let counts = ledger.counts();
    let told = (
        counts.returned,
        counts.errors,
        counts.timed_out,
        counts.abandoned,
    );
    assert_eq!(told, (2, 1, 1, 1));
    assert!(counts.is_balanced());
}

#[test]
fn a_frame_that_could_not_be_sent_was_never_lent() {
    let mut ledger = Ledger::new(TERMS);
    let start = Instant::now();
    assert_eq!(ledger.lend(id(1), 1, QUARANTINE, start), Ok(()));
    assert_eq!(ledger.unsend(id(1)), Some(1));
    assert_eq!(ledger.unsend(id(1)), None);
    assert_eq!(ledger.counts(), Counts::default());
    assert_eq!(ledger.lend(id(2), 2, QUARANTINE, start), Ok(()));
    ledger.time_out(start + TERMS.timeout);
    assert_eq!(ledger.unsend(id(2)), None, "it was");
    assert!(ledger.release_early(0, |what| *what != 2).is_empty());
    assert_eq!(ledger.release_early(0, |what| *what == 2), [2]);
}

#[derive(Clone, Debug)]
enum Step {
    Lend(i64),
    Return(i64, bool),
    Unsend(i64),
    Wait(u64),
    Need(usize),
    Close,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..40i64).prop_map(Step::Lend),
        4 => (0..40i64, any::<bool>()).prop_map(|(sequence, well)| Step::Return(sequence, well)),
        1 => (0..40i64).prop_map(Step::Unsend),
        3 => (0..1500u64).prop_map(Step::Wait),
        1 => (0..2usize).prop_map(Step::Need),
        1 => Just(Step::Close),
    ]
}

proptest! {
    #[test]
    fn every_frame_is_accounted_for_once(steps in proptest::collection::vec(step(), 1..200)) {
        let mut ledger = Ledger::new(TERMS);
        let mut now = Instant::now();
        // What the ledger keeps, as a set: nothing is lost, nothing comes back twice.
        let mut kept = BTreeSet::new();
        for step in steps {
            match step {
                Step::Lend(sequence) => {
                    let stream = id(sequence).stream;
                    let of_stream = kept.iter().filter(|&&other| id(other).stream == stream);
                    let room = of_stream.count() < TERMS.window && !kept.contains(&sequence);
                    let lent = ledger.lend(id(sequence), sequence, QUARANTINE, now);
                    prop_assert_eq!(lent.is_ok(), room);
                    if room {
                        kept.insert(sequence);
                    }
                }
                Step::Return(sequence, well) => {
                    let had = kept.remove(&sequence);
                    let back = ledger.give_back(id(sequence), well);
                    prop_assert_eq!(back != Returned::Unknown, had);
                }
                Step::Unsend(sequence) => {
                    let in_flight = ledger.counts().in_flight;
                    let back = ledger.unsend(id(sequence));
                    if back.is_some() {
                        prop_assert!(kept.remove(&sequence));
                    }
                    let less = u64::from(back.is_some());
                    prop_assert_eq!(ledger.counts().in_flight, in_flight - less);
                }
                Step::Wait(ms) => {
                    now += Duration::from_millis(ms);
                    ledger.time_out(now);
                    for sequence in ledger.release(now) {
                        prop_assert!(kept.remove(&sequence));
                    }
                    prop_assert!(ledger.next_deadline().is_none_or(|next| next > now));
                }
                Step::Need(stream) => {
                    for sequence in ledger.release_early(stream, |_| true) {
                        prop_assert!(kept.remove(&sequence));
                        prop_assert_eq!(id(sequence).stream, stream);
                    }
                }
                Step::Close => {
                    let back: BTreeSet<_> = ledger.close().into_iter().collect();
                    prop_assert_eq!(&back, &kept);
                    kept.clear();
                }
            }
            let counts = ledger.counts();
            prop_assert!(counts.is_balanced(), "{:?}", counts);
            prop_assert_eq!(kept.len(), counts.in_flight as usize + ledger.quarantined());
        }
    }
}
