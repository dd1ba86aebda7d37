//! Models of the ring: loom runs the code that ships, on words of its own, in every
//! interleaving and with every value that a load may return.
//!
//! ```sh
//! RUSTFLAGS="--cfg loom" cargo test -p libcuframes --release --test ring_models
//! ```
//!
//! A green model proves that within its bounds (two or three threads, two slots, up to four
//! frames) no execution that loom explores tears a leased frame, overlooks a page, loses a
//! wake-up or passes over a frame. Where a model limits preemptions, it says how many.
//!
//! What it does not prove:
//!
//! - loom treats SeqCst *accesses* as acquire and release. The ring has none, only fences,
//!   which loom does model: as a total order that every fence joins. This orders more than
//!   the language does (what happened before one fence happens before all that follows a
//!   later one), so an execution that needs a fence to be no more than a fence is not seen;
//! - no load returns a value that is stored later in the run (load buffering). Instead of
//!   looking for the bytes of such an execution, the models touch the pixels of a lease as
//!   plain memory too, and fail if nothing orders the accesses;
//! - loom remembers the last seven stores of a word, and no model stores more;
//! - meta is left out, the kernel replaced (see `sleep`), joining is a flag, and two slots
//!   stand for sixteen because the rules are per slot.
//!
//! `controls` leaves out one rule at a time and demands that a model fails.
#![cfg(loom)]

mod controls;
mod eviction;
mod explore;
mod finding;
mod lease;
mod observer;
mod packets;
mod shared;
mod sleep;
mod stage;
mod timeline;
