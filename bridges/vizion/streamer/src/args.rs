//! The daemon's arguments.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand};
use clap_complete::Shell;
use vizion::control::DEFAULT_SOCKET;
use vizion_streamer::camera::spec::Spec;
use vizion_streamer::streamer::DEFAULT_PIPELINE;

/// Put a camera under VizionStreamer's control socket.
///
/// Scripts and the program vizion choose its format, start it and set its controls by JSON over the
/// socket. Its frames go into shared memory (enable_shared_memory), through a GStreamer pipeline
/// (set_pipeline), and under a key for readers of cuframes (--key), all three at once. RUST_LOG
/// says how much is told of what happens (error, warn, info, debug, trace); -v is short for debug.
#[derive(Debug, Parser)]
#[command(
    name = "vizion-streamer",
    version,
    after_help = crate::exit::TABLE,
    subcommand_negates_reqs = true,
    args_conflicts_with_subcommands = true
)]
pub struct Arguments {
    /// What to do instead of serving a camera.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// The camera: v4l2:/dev/videoN, sim:MODEL (draws its pictures; with eHDR as VCI-AR0822, for
    /// example), file:CLIP, or cuframes:KEY.
    #[arg(long, value_name = "SPEC", required = true)]
    pub camera: Option<Spec>,

    /// Path of the control socket.
    #[arg(long, value_name = "PATH", default_value = DEFAULT_SOCKET)]
    pub socket: PathBuf,

    /// Permissions of the control socket, in octal.
    #[arg(long, value_name = "MODE", default_value = "0600", value_parser = mode)]
    pub socket_mode: u32,

    /// Serve this user, too, by its number, beside the daemon's own and root; may be repeated. The
    /// permissions of the socket have to let it in. Its pipelines may neither write files nor be
    /// seen on the network, unless --allow-elements says so.
    #[arg(long, value_name = "UID")]
    pub allow_uid: Vec<u32>,

    /// Publish the frames under this key while a stream runs: pictures in place, JPEG as packets.
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,

    /// Permissions of the key's socket and of its segment, in octal.
    #[arg(long, value_name = "MODE", default_value = "0660", value_parser = mode)]
    pub key_mode: u32,

    /// The pipeline as long as nobody has set one; an empty one is none.
    #[arg(long, value_name = "P", default_value = DEFAULT_PIPELINE)]
    pub pipeline: String,

    /// Elements of which pipelines may be made, by anyone, separated by commas.
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub allow_elements: Option<Vec<String>>,

    /// Where a pipeline with an element named pay0 is served, at the path /stream; 'off' for
    /// nowhere.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "0.0.0.0:8554", value_parser = rtsp)]
    pub rtsp: Rtsp,

    /// Keep format, pipeline and controls in this file, and restore them at the start.
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,

    /// Without the line about frames that appears once a second.
    #[arg(short, long)]
    pub quiet: bool,

    /// Tell more of what happens; twice for everything.
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// What else the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write the man page to a directory.
    Man {
        /// Where to; it is made if it is not there.
        directory: PathBuf,
    },
    /// Write a shell's completions to standard output.
    Completions {
        /// Which shell.
        shell: Shell,
    },
}

/// Where RTSP is served, if at all.
#[derive(Clone, Copy, Debug)]
pub struct Rtsp(pub Option<SocketAddr>);

fn rtsp(given: &str) -> Result<Rtsp, String> {
    if given == "off" {
        return Ok(Rtsp(None));
    }
    let address = given.parse().map_err(|_| {
        "not an address and a port, as in 0.0.0.0:8554 or [::1]:8554, and not 'off'".to_owned()
    })?;
    Ok(Rtsp(Some(address)))
}

fn mode(given: &str) -> Result<u32, String> {
    let mode = u32::from_str_radix(given, 8).ok();
    mode.filter(|mode| *mode <= 0o777)
        .ok_or_else(|| "not permissions in octal, as in 0600 or 660".to_owned())
}
