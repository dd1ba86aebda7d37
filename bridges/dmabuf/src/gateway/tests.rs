//! What is lost, and who is told.

use proptest::prelude::*;
use serde_json::Value;

use super::queue::{Body, Outgoing, Queue};

fn body(number: u64) -> Body {
    Body::from(format!("{{\"sequence\":{number}").into_bytes())
}

fn read(outgoing: &Outgoing) -> (u64, u64) {
    let message: Value = serde_json::from_slice(&outgoing.packet()).expect("JSON");
    let number = |name| {
        message
            .get(name)
            .map_or(0, |v: &Value| v.as_u64().expect("a number"))
    };
    (number("sequence"), number("lost"))
}

#[test]
fn the_oldest_are_lost_and_the_next_one_says_so() {
    let mut queue = Queue::new(2);
    let lost: Vec<u64> = (0..5).map(|number| queue.push(&body(number))).collect();
    assert_eq!(lost, [0, 0, 1, 1, 1]);
    assert_eq!(read(&queue.take().expect("one waits")), (3, 3));
    assert_eq!(read(&queue.take().expect("one waits")), (4, 0));
    assert_eq!(queue.take(), None);
}

#[test]
fn one_that_could_not_go_is_the_first_to_be_lost() {
    let mut queue = Queue::new(2);
    queue.push(&body(0));
    queue.push(&body(1));
    let first = queue.take().expect("one waits");
    queue.push(&body(2));
    assert_eq!(queue.put_back(first), 1, "there is no room for it");
    assert_eq!(read(&queue.take().expect("one waits")), (1, 1));
    let last = queue.take().expect("one waits");
    assert_eq!(queue.put_back(last), 0);
    assert_eq!(read(&queue.take().expect("it waits again")), (2, 0));
}

proptest! {
    /// Whatever happens, each message says how many are missing before it, and none is forgotten.
    #[test]
    fn the_gaps_are_told(
        capacity in 0usize..4,
        steps in proptest::collection::vec(0u8..4, 0..64),
    ) {
        let mut queue = Queue::new(capacity);
        let (mut published, mut sent, mut lost, mut next) = (0, 0, 0, 0);
        for step in steps {
            if step < 2 {
                lost += queue.push(&body(published));
                published += 1;
            } else if let Some(outgoing) = queue.take() {
                if step == 2 {
                    let (number, gap) = read(&outgoing);
                    prop_assert_eq!(number, next + gap);
                    next = number + 1;
                    sent += 1;
                } else {
                    lost += queue.push(&body(published));
                    published += 1;
                    lost += queue.put_back(outgoing);
                }
            }
            prop_assert_eq!(published, sent + lost + queue.len() as u64);
        }
    }
}
