//! What others may do wrong: an error and a clean stop, never a fault.

#[path = "../support/mod.rs"]
mod support;

mod blocks;
mod foreign;
mod names;
mod scribbler;
mod sizes;
mod waits;

/// Not a test: the other processes of the tests.
#[test]
fn actor() {
    support::role::play();
}
