//! Arguments of every command.

use std::path::PathBuf;

use clap::Args;
use vizion::control::DEFAULT_SOCKET;

/// Which daemon, and how it is told what it said.
#[derive(Debug, Args)]
pub struct DaemonArguments {
    /// The daemon's socket
    #[arg(long, global = true, value_name = "PATH", env = "VIZION_SOCKET", hide_env_values = true, default_value = DEFAULT_SOCKET)]
    pub socket: PathBuf,
    /// Print the daemon's answer as it is, one line of JSON
    #[arg(long, global = true)]
    pub json: bool,
}
