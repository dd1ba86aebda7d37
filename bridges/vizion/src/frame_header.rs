//! What is known of a frame.

use crate::PixelFormat;

/// A frame, as its header describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// How the bytes are arranged.
    pub format: PixelFormat,
    /// Bytes of the frame.
    pub data_size: usize,
    /// Where they begin in the segment.
    pub data_at: usize,
    /// When it was taken, in nanoseconds: of CLOCK_REALTIME, if the writer is one of ours.
    pub timestamp_ns: u64,
    /// Its number. A writer begins with 1 when it starts.
    pub frame_sequence: u32,
    /// What only writers of this crate say.
    pub extras: Option<Extras>,
}

/// What a header has in bytes that were reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extras {
    /// Bytes of the largest frame that fits.
    pub capacity: u64,
    /// The writer's process, by its number in its own PID namespace.
    pub writer_pid: u32,
    /// When that process began, in ticks since the machine started.
    pub writer_start: u64,
    /// When the frame was written, in nanoseconds of CLOCK_MONOTONIC.
    pub written_ns: u64,
    /// Frames that did not fit, so far.
    pub dropped: u64,
    /// When the writer made its first segment, in nanoseconds of CLOCK_MONOTONIC.
    pub began_ns: u64,
}
