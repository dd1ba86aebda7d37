//! Arguments of `snapshot`.

use std::path::PathBuf;

use clap::{ArgAction, Args};
use frame_lending::gateway::DEFAULT_GATEWAY;

use super::Trust;
use super::values::Patience;

/// Write the newest frame of a key as a PNG or JPEG picture.
///
/// Colours are those that the publisher tells: its matrix, range, primaries and PQ are converted
/// to sRGB. Where it tells none they are BT.709 from 720 rows on and BT.601 below, of limited
/// range, as players take them. What is cropped off is not in the picture.
///
/// The frame is copied without a subscription: a publisher without a free place, or with
/// subscribers that are waited for, does not notice. Frames in the memory of a GPU are lent to
/// subscribers only; for those it subscribes, for one frame.
///
/// With --detections it is the first frame of which somebody knows what is in it, with a box around
/// each, in a colour for each class. For that it subscribes, and keeps frames until their detections
/// come, at most 512 MiB of them.
///
/// The file is written under another name first: it is never half a picture.
#[derive(Debug, Args)]
pub struct SnapshotArguments {
    /// The key.
    pub key: String,
    /// The picture: a name that ends with .png, .jpg or .jpeg.
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// Draw boxes around what inference processes find; see cuframes detections.
    #[arg(long)]
    pub detections: bool,
    /// The socket at which cuframes lend tells of detections.
    #[arg(long, value_name = "PATH", default_value = DEFAULT_GATEWAY, requires = "detections")]
    pub gateway: PathBuf,
    /// Longest wait for a publisher and its first frame, in seconds, or never.
    #[arg(long, value_name = "S", default_value = "5")]
    pub timeout: Patience,
    /// Do not subscribe for frames in the memory of a GPU, but fail.
    #[arg(long = "no-cuda", action = ArgAction::SetFalse)]
    pub cuda: bool,
    /// Whose processes are trusted.
    #[command(flatten)]
    pub trust: Trust,
}
