//! The scenarios by which ZeroBuffer's other implementations are tested, in our words, one file
//! for each of their feature files. `docs/zerobuffer-scenarios.md` has the list.

#[path = "../support/mod.rs"]
mod support;

mod advanced_errors;
mod basic;
mod benchmarks;
mod compliance;
mod corruption;
mod edges;
mod errors;
mod lifecycle;
mod monitoring;
mod planted;
mod platform;
mod resources;
mod stress;
mod synchronisation;
mod table;

/// Not a test: the other processes of the tests.
#[test]
fn actor() {
    support::role::play();
}
