//! Arguments of `detections`.

use std::path::PathBuf;

use clap::Args;
use frame_lending::gateway::DEFAULT_GATEWAY;

use super::Trust;
use super::values::Patience;

/// Show what inference processes find in frames that are lent to them.
///
/// A line for each frame that came back: key, sequence, size, time from its publication to its
/// detections, model, and what was found where, in pixels. Whoever reads too slowly loses the
/// oldest and is told how many.
#[derive(Debug, Args)]
pub struct DetectionsArguments {
    /// Only those of this key.
    pub key: Option<String>,
    /// The socket at which cuframes lend tells of detections.
    #[arg(long, value_name = "PATH", default_value = DEFAULT_GATEWAY)]
    pub gateway: PathBuf,
    /// Stop after so many frames.
    #[arg(long, value_name = "N")]
    pub count: Option<u64>,
    /// Longest wait for detections, in seconds, or never.
    #[arg(long, value_name = "S", default_value = "never")]
    pub timeout: Patience,
    /// How long to wait for a gateway that is not there, in seconds, or never.
    #[arg(long, value_name = "S", default_value = "5")]
    pub connect_timeout: Patience,
    /// End when the gateway is gone, instead of waiting for it to come back.
    #[arg(long)]
    pub no_reattach: bool,
    /// Whose processes are trusted.
    #[command(flatten)]
    pub trust: Trust,
    /// Each message as one line of JSON.
    #[arg(long)]
    pub json: bool,
    /// No events on standard error.
    #[arg(short, long)]
    pub quiet: bool,
}
