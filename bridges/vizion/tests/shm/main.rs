//! Frames in shared memory, between processes: written and followed, in all our languages.

mod campaign;
#[cfg(feature = "faults")]
mod controls;
mod destroyed;
mod ends;
mod foreign;
mod limits;
mod pictures;
mod readers;
mod support;
mod watching;
mod writer;

/// What a writer's process runs.
#[test]
fn actor() {
    writer::play();
}
