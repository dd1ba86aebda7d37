//! The program and the peer, each as the other's writer and reader: every frame arrives, with
//! every byte. Where the peer has a fault of its own, a test names it, and shows that we avoid or
//! survive it; the faults are described in docs/zerobuffer.md by the same numbers.

#[cfg(feature = "faults")]
mod controls;
mod faults;
mod matrix;
mod races;
mod support;
