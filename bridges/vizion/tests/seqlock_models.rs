//! Reading while somebody writes, under a model checker, which tries every order that the memory
//! model allows: `RUSTFLAGS="--cfg loom" cargo test --release -p vizion --test seqlock_models`.
#![cfg(loom)]

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use loom::sync::atomic::{AtomicU32, fence};
use loom::thread;
use vizion::seqlock::{Counter, Ordering, begin, end, enter, is_whole};

/// An order that correctness rests on, which a control takes away.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Weak {
    None,
    /// The writer does not keep its data behind the odd counter.
    Begin,
    /// The writer does not keep its data before the even counter.
    End,
    /// The reader does not keep its data behind its first look at the counter.
    Enter,
    /// The reader does not keep its data before its second look.
    Leave,
    /// The counter never becomes odd.
    Odd,
}

/// A counter, and two words that make a frame.
struct Shared {
    counter: AtomicU32,
    data: [AtomicU32; 2],
    weak: Weak,
}

impl Counter for Shared {
    type Error = Infallible;

    fn load(&self, order: Ordering) -> Result<u32, Infallible> {
        let order = match (self.weak, order) {
            (Weak::Enter, Ordering::Acquire) => Ordering::Relaxed,
            _ => order,
        };
        Ok(self.counter.load(order))
    }

    fn advance(&self, order: Ordering) -> Result<(), Infallible> {
        let order = match (self.weak, order) {
            (Weak::Odd, Ordering::Relaxed) => return Ok(()),
            (Weak::Odd, _) => {
                self.counter.fetch_add(2, order);
                return Ok(());
            }
            (Weak::End, Ordering::Release) => Ordering::Relaxed,
            _ => order,
        };
        self.counter.fetch_add(1, order);
        Ok(())
    }

    fn fence(&self, order: Ordering) {
        let taken = match order {
            Ordering::Release => self.weak == Weak::Begin,
            _ => self.weak == Weak::Leave,
        };
        if !taken {
            fence(order);
        }
    }
}

/// Frames of the writer; both words of each are its number.
const FRAMES: u32 = 2;

fn write_all(shared: &Shared) {
    for number in 1..=FRAMES {
        begin(shared).expect("a counter");
        for word in &shared.data {
            word.store(number, Ordering::Relaxed);
        }
        end(shared).expect("a counter");
    }
}

/// Looks once: whatever passes is the frame that the counter tells.
fn read(shared: &Shared) {
    let entered = enter(shared).expect("a counter");
    if entered % 2 == 1 {
        return;
    }
    let words = [0, 1].map(|index| shared.data[index].load(Ordering::Relaxed));
    if is_whole(shared, entered).expect("a counter") {
        assert_eq!(words, [entered / 2; 2]);
    }
}

fn what_passes_is_whole(weak: Weak) {
    loom::model(move || {
        let shared = Arc::new(Shared {
            counter: AtomicU32::new(0),
            data: [AtomicU32::new(0), AtomicU32::new(0)],
            weak,
        });
        let writing = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || write_all(&shared))
        };
        read(&shared);
        writing.join().expect("the writer");
    });
}

#[test]
fn what_passes_for_whole_is_one_frame() {
    what_passes_is_whole(Weak::None);
}

#[test]
fn every_order_that_is_taken_away_is_noticed() {
    for weak in [Weak::Begin, Weak::End, Weak::Enter, Weak::Leave, Weak::Odd] {
        let outcome = catch_unwind(AssertUnwindSafe(|| what_passes_is_whole(weak)));
        assert!(
            outcome.is_err(),
            "{weak:?} is not needed, as far as the model sees"
        );
    }
}
