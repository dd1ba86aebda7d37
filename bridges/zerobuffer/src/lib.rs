//! ZeroBuffer: a channel of frames between two processes, in shared memory.
//!
//! A [`Reader`] makes a buffer and reads from it; a [`Writer`], usually in another process and
//! perhaps in another language, connects to it and writes. Frames lie in a ring and are written and
//! read in place. This is the protocol that the ZeroBuffer libraries for C++, C# and Python speak;
//! what it is in bytes, and where those differ, is in `docs/zerobuffer.md`.
//!
//! ```
//! use std::time::Duration;
//! use zerobuffer::{BufferConfig, Reader, Writer};
//!
//! # let name = format!("zb-doc-crate-{}", std::process::id());
//! let mut reader = Reader::create(&name, &BufferConfig::default())?;
//!
//! # let other = name.clone();
//! std::thread::spawn(move || {
//!     let mut writer = Writer::connect(&other).expect("connects");
//!     for index in 0..3 {
//!         writer.write(&[index; 100]).expect("is written");
//!     }
//! });
//!
//! while reader.frames_read() < 3 {
//!     let frame = reader.read(Duration::from_secs(5))?.expect("a frame in time");
//!     assert_eq!(frame.to_vec(), [frame.sequence() as u8 - 1; 100]);
//! }
//! # Ok::<(), zerobuffer::Error>(())
//! ```

#![cfg_attr(loom, allow(dead_code))]

#[cfg(not(loom))]
#[allow(unsafe_code)]
pub mod capi;
mod cleanup;
mod config;
pub mod duplex;
mod error;
mod failpoint;
mod fault;
mod frame;
mod frame_buffer;
mod inspect;
mod metadata;
mod outlet;
mod pace;
mod reader;
#[cfg(not(any(fuzzing, loom)))]
mod ring;
#[cfg(any(fuzzing, loom))]
#[allow(missing_docs)]
pub mod ring;
mod shared;
#[allow(unsafe_code)]
mod sys;
#[cfg(not(any(fuzzing, loom)))]
mod wire;
#[cfg(any(fuzzing, loom))]
#[allow(missing_docs)]
pub mod wire;
mod writer;

pub use cleanup::{Removed, remove_stale};
pub use config::{
    BufferConfig, DEFAULT_METADATA_SIZE, DEFAULT_PAYLOAD_SIZE, DEFAULT_TIMEOUT, SequenceCheck,
};
pub use error::{Error, ErrorKind, Result};
pub use frame::Frame;
pub use frame_buffer::FrameBuffer;
pub use inspect::{BufferInfo, Process, inspect, list};
pub use reader::Reader;
pub use shared::Waker;
pub use writer::Writer;

/// Bytes in front of each frame's data: a frame takes so much more of the payload.
pub const FRAME_HEADER_SIZE: usize = wire::HEADER_SIZE;
