//! VizionStreamer's interfaces: a camera whose newest frame lies in shared memory, and the socket
//! that controls it.
//!
//! What they are in bytes and in JSON, and where this differs from what others wrote about them, is
//! in `docs/vizion-shared-memory.md` and `docs/vizion.md`.

pub mod control;
mod fault;
mod frame_header;
mod frame_reader;
mod frame_writer;
mod names;
#[cfg(not(loom))]
mod seqlock;
#[cfg(loom)]
#[allow(missing_docs)]
pub mod seqlock;
mod shm_error;
#[allow(unsafe_code)]
mod sys;
mod video_format;
mod wire;

pub use frame_header::{Extras, FrameHeader};
pub use frame_reader::{FrameReader, View};
pub use frame_writer::{DEFAULT_BUFFER_SIZE, DEFAULT_NAME, FrameInfo, FrameWriter, Rows, Written};
pub use names::validate_name;
pub use shm_error::ShmError;
pub use video_format::{InvalidVideoFormat, PixelFormat, UnknownFormat, VideoFormat};
pub use wire::HEADER_SIZE;
