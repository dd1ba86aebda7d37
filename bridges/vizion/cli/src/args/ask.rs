//! The commands that are one request and its answer.

use std::path::PathBuf;

use clap::Subcommand;

use super::{Assignment, Exposure, FormatWords, Number, SharedMemory, Switch, WhiteBalance};

/// What the daemon can be asked for by one request.
#[derive(Debug, Subcommand)]
pub enum Ask {
    /// Set the format of the next stream, as in: 1920x1080@30 YUY2
    #[command(alias = "set_format")]
    SetFormat(FormatWords),
    /// Set the GStreamer pipeline of the next stream; "" is none
    #[command(alias = "set_pipeline")]
    SetPipeline {
        /// The pipeline in one word or many. All that follows is part of it, so options come first
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        pipeline: Vec<String>,
    },
    /// Tell whether it streams, through which pipeline, and what went wrong
    #[command(visible_alias = "get-status", alias = "get_status")]
    Status,
    /// Set the exposure, or let the camera choose it
    #[command(alias = "set_exposure")]
    SetExposure(Exposure),
    /// Set the white balance, or let the camera choose it
    #[command(visible_alias = "set-white-balance", alias = "set_whitebalance")]
    SetWhitebalance(WhiteBalance),
    /// Set the brightness
    #[command(alias = "set_brightness")]
    SetBrightness(Number),
    /// Set the contrast
    #[command(alias = "set_contrast")]
    SetContrast(Number),
    /// Set the saturation
    #[command(alias = "set_saturation")]
    SetSaturation(Number),
    /// Set the sharpness
    #[command(alias = "set_sharpness")]
    SetSharpness(Number),
    /// Set the gamma, in hundredths
    #[command(alias = "set_gamma")]
    SetGamma(Number),
    /// Set the gain
    #[command(alias = "set_gain")]
    SetGain(Number),
    /// Turn eHDR on or off
    #[command(visible_alias = "set-ehdr", alias = "set_ehdr_mode")]
    SetEhdrMode {
        /// on or off; or as the socket has it: 0 is on, and 1 is off
        mode: Switch,
    },
    /// Set the fewest exposures of a frame of eHDR
    #[command(alias = "set_ehdr_exposure_min")]
    SetEhdrExposureMin(Number),
    /// Set the most exposures of a frame of eHDR
    #[command(alias = "set_ehdr_exposure_max")]
    SetEhdrExposureMax(Number),
    /// Set the smallest ratio of exposures of eHDR
    #[command(alias = "set_ehdr_ratio_min")]
    SetEhdrRatioMin(Number),
    /// Set the largest ratio of exposures of eHDR
    #[command(alias = "set_ehdr_ratio_max")]
    SetEhdrRatioMax(Number),
    /// Tell the settings of eHDR
    #[command(visible_alias = "get-ehdr-status", alias = "get_ehdr_status")]
    EhdrStatus,
    /// Have the frames of the next stream written to shared memory too
    #[command(alias = "enable_shared_memory")]
    EnableSharedMemory(SharedMemory),
    /// End that, and remove the shared memory
    #[command(alias = "disable_shared_memory")]
    DisableSharedMemory,
    /// Tell whether frames are written to shared memory, and where
    #[command(
        visible_alias = "get-shared-memory-status",
        alias = "get_shared_memory_status"
    )]
    SharedMemoryStatus,
    /// List the camera's controls: range, step, default, value
    #[command(visible_alias = "controls", alias = "get_controls")]
    GetControls,
    /// Tell one control: range, step, default, value
    #[command(visible_alias = "get", alias = "get_control")]
    GetControl {
        /// Its name in get-controls
        name: String,
    },
    /// Set several controls, all of them or none
    #[command(visible_alias = "set", alias = "set_controls")]
    SetControls {
        /// Their names in get-controls, and the values
        #[arg(required = true, value_name = "NAME=VALUE")]
        values: Vec<Assignment>,
    },
    /// Set every control to its default
    #[command(visible_alias = "reset", alias = "reset_controls")]
    ResetControls,
    /// Tell the numbers of the stream and of its outputs
    #[command(visible_alias = "get-stats", alias = "get_stats")]
    Stats,
    /// List the commands that the daemon knows
    #[command(alias = "list_commands")]
    ListCommands,
    /// Have the newest frame written to a JPEG file
    Snapshot {
        /// The file. The daemon writes it, with the daemon's rights
        path: PathBuf,
    },
    /// Send any command, and print the answer
    Send {
        /// Its name on the socket
        name: String,
        /// Its parameters
        #[arg(value_name = "NAME=VALUE")]
        params: Vec<Assignment>,
    },
}
