//! Readers and writers are killed, half of them at random moments, half at named points: whoever
//! comes next works, nothing is left behind, and no frame has wrong bytes.

#[path = "../support/mod.rs"]
mod support;

mod elsewhere;
mod peer;
mod readers;
mod writers;

/// Not a test: the other processes of the tests.
#[test]
fn actor() {
    support::role::play();
}

/// A process for the buffer `name` that kills itself at a point, told as `Name:n`.
fn doomed(name: &str, failpoint: Option<&str>) -> support::actor::Actor {
    let mut command = support::actor::Actor::command(name);
    if let Some(failpoint) = failpoint {
        command.env("ZEROBUFFER_FAILPOINT", failpoint);
    }
    support::actor::Actor::spawn(command)
}

/// The two numbers of an answer like `followed COUNT LAST`.
#[track_caller]
fn numbers(answer: &str, word: &str) -> (u64, u64) {
    let words: Vec<&str> = answer.split(' ').collect();
    assert_eq!((words[0], words.len()), (word, 3), "{answer}");
    let number = |i: usize| words[i].parse().expect("a number");
    (number(1), number(2))
}
