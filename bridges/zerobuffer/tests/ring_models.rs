//! The ring under a model checker, which tries every order that the memory model allows:
//! `RUSTFLAGS="--cfg loom" cargo test --release -p zerobuffer --test ring_models`.
#![cfg(loom)]
#![allow(unsafe_code)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use loom::cell::UnsafeCell;
use loom::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use loom::thread;
use zerobuffer::SequenceCheck;
use zerobuffer::ring::{Header, Held, ReaderRing, Words, WriterRing};
use zerobuffer::wire::field;

/// An order that correctness rests on, which a control takes away.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Weak {
    None,
    /// The semaphore is posted without a release.
    Post,
    /// The semaphore is taken without an acquire.
    Take,
    /// Space is given back without a release.
    Give,
    /// What is free is read without an acquire.
    Free,
}

/// One frame of two words fits, so that the second goes over the first.
const PAYLOAD: u64 = 32;

/// First block, payload and semaphore; all of them words of the checker.
struct Shared {
    fields: Vec<AtomicU64>,
    /// The checker fails when two sides access one of them and neither is ordered behind the other.
    payload: Vec<UnsafeCell<u64>>,
    tokens: AtomicU64,
    weak: Weak,
}

impl Shared {
    fn new(weak: Weak) -> Self {
        let shared = Shared {
            fields: (0..16).map(|_| AtomicU64::new(0)).collect(),
            payload: (0..PAYLOAD / 8).map(|_| UnsafeCell::new(0)).collect(),
            tokens: AtomicU64::new(0),
            weak,
        };
        shared.store(field::FREE, PAYLOAD, Ordering::Relaxed);
        shared
    }

    fn unless(&self, weak: Weak, order: Ordering) -> Ordering {
        if self.weak == weak {
            Ordering::Relaxed
        } else {
            order
        }
    }

    fn data(&self, position: u64) -> u64 {
        // SAFETY: the checker fails where another thread may write it meanwhile.
        self.payload[position as usize / 8].with(|word| unsafe { *word })
    }

    fn set_data(&self, position: u64, value: u64) {
        // SAFETY: the checker fails where another thread may access it meanwhile.
        self.payload[position as usize / 8].with_mut(|word| unsafe { *word = value });
    }

    fn post(&self) {
        let order = self.unless(Weak::Post, Ordering::Release);
        self.tokens.fetch_add(1, order);
    }

    fn take(&self) {
        let order = self.unless(Weak::Take, Ordering::Acquire);
        loop {
            let tokens = self.tokens.load(Ordering::Relaxed);
            let taken = |tokens| {
                self.tokens
                    .compare_exchange(tokens, tokens - 1, order, Ordering::Relaxed)
            };
            if tokens > 0 && taken(tokens).is_ok() {
                return;
            }
            thread::yield_now();
        }
    }
}

impl Words for Shared {
    fn load(&self, field: usize, order: Ordering) -> u64 {
        let order = match field {
            field::FREE => self.unless(Weak::Free, order),
            _ => order,
        };
        self.fields[field / 8].load(order)
    }

    fn store(&self, field: usize, value: u64, order: Ordering) {
        self.fields[field / 8].store(value, order);
    }

    fn add(&self, field: usize, value: u64, order: Ordering) -> u64 {
        self.fields[field / 8].fetch_add(value, self.unless(Weak::Give, order))
    }

    fn subtract(&self, field: usize, value: u64, order: Ordering) -> u64 {
        self.fields[field / 8].fetch_sub(value, order)
    }

    fn replace(&self, field: usize, old: u64, new: u64) -> bool {
        let word = &self.fields[field / 8];
        word.compare_exchange(old, new, Ordering::AcqRel, Ordering::Relaxed)
            .is_ok()
    }

    fn header(&self, position: u64) -> Header {
        Header {
            size: self.data(position),
            sequence: self.data(position + 8),
        }
    }

    fn set_header(&self, position: u64, header: Header) {
        self.set_data(position, header.size);
        self.set_data(position + 8, header.sequence);
    }
}

/// Frames of a writer of its own thread.
const FRAMES: u64 = 2;

fn write_all(shared: &Shared) {
    let mut ring = WriterRing::new(PAYLOAD, 0, 0, 1);
    for number in 1..=FRAMES {
        let placement = ring.place(16).expect("fits");
        while ring.free(shared).expect("never more than there is") < placement.need {
            thread::yield_now();
        }
        if placement.tail > 0 {
            ring.wrap(shared);
        }
        ring.begin(shared, &placement);
        shared.set_data(placement.at + 16, number * 11);
        ring.commit(shared, &placement, number);
        shared.post();
    }
}

fn read_all(shared: &Shared) {
    let mut ring = ReaderRing::new(PAYLOAD, SequenceCheck::Continuous);
    let held = Held::new(PAYLOAD);
    for number in 1..=FRAMES {
        shared.take();
        let span = ring.next(shared, &held).expect("a frame");
        held.take(|returned| ReaderRing::give_back(shared, returned));
        let data = shared.data(span.position);
        assert_eq!((span.sequence, data), (number, number * 11));
        held.release(span.held);
        held.take(|returned| ReaderRing::give_back(shared, returned));
    }
}

fn frames_are_whole(weak: Weak) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(2);
    model.check(move || {
        let shared = Arc::new(Shared::new(weak));
        let writing = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || write_all(&shared))
        };
        read_all(&shared);
        writing.join().expect("the writer");
        assert_eq!(shared.load(field::FREE, Ordering::SeqCst), PAYLOAD);
    });
}

#[test]
fn what_is_read_is_what_was_written_and_stays_so_while_it_is_held() {
    frames_are_whole(Weak::None);
}

#[test]
fn every_order_that_is_taken_away_is_noticed() {
    for weak in [Weak::Post, Weak::Take, Weak::Give, Weak::Free] {
        let outcome = catch_unwind(AssertUnwindSafe(|| frames_are_whole(weak)));
        assert!(
            outcome.is_err(),
            "{weak:?} is not needed, as far as the model sees"
        );
    }
}

#[test]
fn space_of_frames_given_back_by_several_threads_comes_back_once_and_in_order() {
    loom::model(|| {
        let held = Arc::new(Held::new(PAYLOAD));
        let given = Arc::new(AtomicU64::new(0));
        let numbers = [100, 20, 3].map(|bytes| held.push(bytes));
        let first = Arc::new(AtomicBool::new(false));
        let give = |held: &Held, given: &AtomicU64, first: &AtomicBool| {
            held.take(|returned| {
                given.fetch_add(returned.bytes, Ordering::SeqCst);
                // The later ones are never free before the first.
                assert!(returned.bytes == 0 || first.load(Ordering::SeqCst));
            });
        };
        let other = {
            let all = (Arc::clone(&held), Arc::clone(&given), Arc::clone(&first));
            thread::spawn(move || {
                let (held, given, first) = all;
                held.release(numbers[1]);
                give(&held, &given, &first);
            })
        };
        held.release(numbers[2]);
        give(&held, &given, &first);
        first.store(true, Ordering::SeqCst);
        held.release(numbers[0]);
        give(&held, &given, &first);
        other.join().expect("the other");
        assert_eq!(given.load(Ordering::SeqCst), 123);
        assert_eq!((held.count(), held.bytes()), (0, Some(0)));
    });
}
