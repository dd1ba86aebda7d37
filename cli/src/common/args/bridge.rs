//! Arguments of `bridge`.

use std::time::Duration;

use clap::{ArgGroup, Args, Subcommand, ValueEnum};

use super::Trust;
use super::publish::PolicyName;
use super::values::{Bytes, Patience, seconds};
use crate::exit;

/// Carry frames between a key and a channel of another kind.
#[derive(Debug, Args)]
pub struct BridgeArguments {
    /// Which kind.
    #[command(subcommand)]
    pub to: Bridge,
}

/// The kinds of channels.
#[derive(Debug, Subcommand)]
#[expect(
    missing_docs,
    reason = "help shows what their arguments say about themselves"
)]
pub enum Bridge {
    #[command(name = "vizion", after_help = exit::TABLE)]
    Vizion(Box<VizionArguments>),
    #[command(name = "zerobuffer", after_help = exit::TABLE)]
    ZeroBuffer(Box<ZeroBufferArguments>),
}

/// How rows lie in the frames of a buffer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Rows {
    /// One behind the other, as raw video files have them.
    #[default]
    Packed,
    /// As GStreamer lays out a picture of its caps: each begins at a multiple of four bytes.
    Gstreamer,
}

/// Carry frames between a key and a ZeroBuffer, which one process writes and another reads.
///
/// With --from the frames of a key go into a buffer that its reader has made, or makes later.
/// The buffer's metadata is a JSON object that has the format of the frames as GStreamer caps
/// (caps), and their size, pitches and planes (cuframes). A buffer that is full loses the frame,
/// and metadata is written once in a buffer's life: frames of another format wait for a new
/// buffer.
///
/// With --from-buffer this program makes the buffer, and the frames that come become those of a
/// key. What they are is read from the metadata, or given by --caps. A frame of another size is
/// dropped and counted. A writer that is gone is followed by the next one, for whom the buffer
/// is made anew.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("source").required(true).args(["from", "from_buffer"])))]
pub struct ZeroBufferArguments {
    /// Read the frames of this key.
    #[arg(long, value_name = "KEY")]
    pub from: Option<String>,
    /// Read the frames of this buffer, which is made.
    #[arg(long, value_name = "NAME")]
    pub from_buffer: Option<String>,
    /// The buffer, or the key, that gets the frames.
    #[arg(long, value_name = "NAME")]
    pub to: String,
    /// Stop after so many frames.
    #[arg(long, value_name = "N")]
    pub frames: Option<u64>,
    /// End when the publisher, the reader or the writer is gone, or the format changes, instead
    /// of waiting for the next.
    #[arg(long)]
    pub once: bool,
    /// How long to wait for a publisher, a reader or a writer that is not there, in seconds, or
    /// never.
    #[arg(long, value_name = "S", default_value = "never")]
    pub connect_timeout: Patience,
    /// With --from: every frame in its order, instead of always the newest.
    #[arg(long, conflicts_with = "from_buffer")]
    pub strict: bool,
    /// With --from: wait while the buffer is full, instead of dropping the frame.
    #[arg(long, conflicts_with = "from_buffer")]
    pub wait: bool,
    /// With --from: take frames in the memory of any GPU too. They are downloaded.
    #[arg(long, conflicts_with = "from_buffer")]
    pub cuda: bool,
    /// With --from: how rows lie in the frames of the buffer.
    #[arg(long, default_value = "packed", conflicts_with = "from_buffer")]
    pub rows: Rows,
    /// With --from-buffer: what the frames are, as in "video/x-raw, format=NV12, width=640,
    /// height=480, framerate=25/1", whatever the metadata says.
    #[arg(long, conflicts_with = "from")]
    pub caps: Option<String>,
    /// With --from-buffer: bytes for metadata, as 4096 or 64K.
    #[arg(
        long,
        value_name = "SIZE",
        default_value = "4096",
        conflicts_with = "from"
    )]
    pub metadata_size: Bytes,
    /// With --from-buffer: bytes for frames, each of which takes 16 more [room for eight where
    /// --caps tells their size, 256M otherwise].
    #[arg(long, value_name = "SIZE", conflicts_with = "from")]
    pub payload_size: Option<Bytes>,
    /// With --from-buffer: slots of the key's ring, 2 to 16 (default: 8).
    #[arg(long, value_name = "N", conflicts_with = "from")]
    pub slots: Option<u32>,
    /// With --from-buffer: what happens when every slot is in use.
    #[arg(long, default_value = "drop_oldest", conflicts_with = "from")]
    pub policy: PolicyName,
    /// With --from-buffer: how long strict_wait waits for one frame, in seconds.
    #[arg(long, value_name = "S", default_value = "1", value_parser = seconds, conflicts_with = "from")]
    pub strict_timeout: Duration,
    /// With --from-buffer: wait for so many subscribers before the first frame.
    #[arg(long, value_name = "N", default_value_t = 0, conflicts_with = "from")]
    pub wait_subscribers: usize,
    /// Whose processes are trusted.
    #[command(flatten)]
    pub trust: Trust,
    /// A line of JSON on standard output for each event, and a summary at the end.
    #[arg(long)]
    pub json: bool,
    /// No progress and no events on standard error.
    #[arg(short, long)]
    pub quiet: bool,
}

/// Carry frames between a key and the shared memory of VizionStreamer (VIZN).
///
/// With --from the frames of a key go into shared memory, each over the one before, for readers
/// who look at the newest. Formats are those that VIZN names: yuyv422 (YUY2), uyvy422, nv12,
/// bgr24 and rgb24; with --packets the packets of a key whose codec is mjpeg (MJPG). The time of a
/// frame is when it was published, on the wall clock. A frame that does not fit is dropped and
/// counted.
///
/// With --from-shm the frames that somebody writes into shared memory become those of a key: raw
/// ones as they are, and JPEG pictures as packets. A writer that is gone is followed by the next
/// one. The pts of a frame is the writer's time.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("source").required(true).args(["from", "from_shm"])))]
pub struct VizionArguments {
    /// Read the frames of this key.
    #[arg(long, value_name = "KEY")]
    pub from: Option<String>,
    /// Read the frames of this shared memory, as in /vizion_frame.
    #[arg(long, value_name = "NAME")]
    pub from_shm: Option<String>,
    /// The shared memory, or the key, that gets the frames.
    #[arg(long, value_name = "NAME")]
    pub to: String,
    /// Stop after so many frames.
    #[arg(long, value_name = "N")]
    pub frames: Option<u64>,
    /// End when the publisher or the writer is gone, instead of waiting for the next.
    #[arg(long)]
    pub once: bool,
    /// How long to wait for a publisher or a writer that is not there, in seconds, or never.
    #[arg(long, value_name = "S", default_value = "never")]
    pub connect_timeout: Patience,
    /// With --from: every frame in its order, instead of always the newest. Readers of the shared
    /// memory may still miss some.
    #[arg(long, conflicts_with_all = ["from_shm", "packets"])]
    pub strict: bool,
    /// With --from: JPEG pictures, from the key's packets.
    #[arg(long, conflicts_with_all = ["from_shm", "cuda"])]
    pub packets: bool,
    /// With --from: take frames in the memory of any GPU too. They are downloaded.
    #[arg(long, conflicts_with = "from_shm")]
    pub cuda: bool,
    /// With --from: bytes of the shared memory, its header of 128 included, as 16M [8294528, as
    /// readers expect it, or more where a frame needs more].
    #[arg(long, value_name = "SIZE", conflicts_with = "from_shm")]
    pub buffer_size: Option<Bytes>,
    /// With --from-shm: slots of the key's ring, 2 to 16 (default: 8).
    #[arg(long, value_name = "N", conflicts_with = "from")]
    pub slots: Option<u32>,
    /// With --from-shm: what happens when every slot is in use.
    #[arg(long, default_value = "drop_oldest", conflicts_with = "from")]
    pub policy: PolicyName,
    /// With --from-shm: how long strict_wait waits for one frame, in seconds.
    #[arg(long, value_name = "S", default_value = "1", value_parser = seconds, conflicts_with = "from")]
    pub strict_timeout: Duration,
    /// With --from-shm: wait for so many subscribers before the first frame.
    #[arg(long, value_name = "N", default_value_t = 0, conflicts_with = "from")]
    pub wait_subscribers: usize,
    /// Whose processes are trusted.
    #[command(flatten)]
    pub trust: Trust,
    /// A line of JSON on standard output for each event, and a summary at the end.
    #[arg(long)]
    pub json: bool,
    /// No progress and no events on standard error.
    #[arg(short, long)]
    pub quiet: bool,
}
