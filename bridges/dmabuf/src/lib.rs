//! Frames lent to an inference process as file descriptors, and its detections back.
//!
//! An engine sends each frame as a JSON object with a descriptor over a SOCK_SEQPACKET socket; the
//! consumer maps the descriptor, looks at the frame, and returns it with what it found. What is on
//! the wire, and where this goes beyond what others wrote about it, is in `docs/lending.md`.

pub mod buffers;
pub mod camera;
pub mod consumer;
pub mod engine;
mod failpoint;
mod fault;
pub mod format;
pub mod gateway;
pub mod ledger;
pub mod memory;
pub mod message;
pub mod real_time;
pub mod socket;
#[allow(unsafe_code)]
mod sys;
