//! The commands of the socket.

/// What the daemon can be asked for. The first 23 are VizionStreamer's; the rest came later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// The formats that the camera delivers.
    GetFormats,
    /// Sets the format of the next stream.
    SetFormat,
    /// Starts the stream.
    StartStream,
    /// Stops the stream.
    StopStream,
    /// Sets the GStreamer pipeline of the next stream.
    SetPipeline,
    /// Whether there is a stream, and its pipeline.
    GetStatus,
    /// Sets the exposure, or lets the camera choose it.
    SetExposure,
    /// Sets the white balance, or lets the camera choose it.
    SetWhitebalance,
    /// Sets the brightness.
    SetBrightness,
    /// Sets the contrast.
    SetContrast,
    /// Sets the saturation.
    SetSaturation,
    /// Sets the sharpness.
    SetSharpness,
    /// Sets the gamma.
    SetGamma,
    /// Sets the gain.
    SetGain,
    /// Turns eHDR on (0) or off (1).
    SetEhdrMode,
    /// Sets the fewest exposures of a frame of eHDR.
    SetEhdrExposureMin,
    /// Sets the most exposures of a frame of eHDR.
    SetEhdrExposureMax,
    /// Sets the smallest ratio of exposures of eHDR.
    SetEhdrRatioMin,
    /// Sets the largest ratio of exposures of eHDR.
    SetEhdrRatioMax,
    /// The settings of eHDR.
    GetEhdrStatus,
    /// Writes the frames of the next stream to shared memory.
    EnableSharedMemory,
    /// Stops that, and removes the shared memory.
    DisableSharedMemory,
    /// Whether frames are written to shared memory, and where.
    GetSharedMemoryStatus,
    /// The camera's controls, with range, default and value.
    GetControls,
    /// One of them.
    GetControl,
    /// Sets several, all or none.
    SetControls,
    /// Sets all to their defaults.
    ResetControls,
    /// Counters of the stream and of its outputs.
    GetStats,
    /// The commands that there are.
    ListCommands,
    /// Writes the newest frame to a JPEG file.
    Snapshot,
    /// The description of an RTP stream, for receivers that need one.
    GetSdp,
}

/// VizionStreamer's own commands, which come first in [`Command::ALL`].
const VIZION_STREAMERS: usize = 23;

impl Command {
    /// Every command, in the order of the documentation.
    pub const ALL: [Command; 31] = [
        Command::GetFormats,
        Command::SetFormat,
        Command::StartStream,
        Command::StopStream,
        Command::SetPipeline,
        Command::GetStatus,
        Command::SetExposure,
        Command::SetWhitebalance,
        Command::SetBrightness,
        Command::SetContrast,
        Command::SetSaturation,
        Command::SetSharpness,
        Command::SetGamma,
        Command::SetGain,
        Command::SetEhdrMode,
        Command::SetEhdrExposureMin,
        Command::SetEhdrExposureMax,
        Command::SetEhdrRatioMin,
        Command::SetEhdrRatioMax,
        Command::GetEhdrStatus,
        Command::EnableSharedMemory,
        Command::DisableSharedMemory,
        Command::GetSharedMemoryStatus,
        Command::GetControls,
        Command::GetControl,
        Command::SetControls,
        Command::ResetControls,
        Command::GetStats,
        Command::ListCommands,
        Command::Snapshot,
        Command::GetSdp,
    ];

    /// Its name in a request.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Command::GetFormats => "get_formats",
            Command::SetFormat => "set_format",
            Command::StartStream => "start_stream",
            Command::StopStream => "stop_stream",
            Command::SetPipeline => "set_pipeline",
            Command::GetStatus => "get_status",
            Command::SetExposure => "set_exposure",
            Command::SetWhitebalance => "set_whitebalance",
            Command::SetBrightness => "set_brightness",
            Command::SetContrast => "set_contrast",
            Command::SetSaturation => "set_saturation",
            Command::SetSharpness => "set_sharpness",
            Command::SetGamma => "set_gamma",
            Command::SetGain => "set_gain",
            Command::SetEhdrMode => "set_ehdr_mode",
            Command::SetEhdrExposureMin => "set_ehdr_exposure_min",
            Command::SetEhdrExposureMax => "set_ehdr_exposure_max",
            Command::SetEhdrRatioMin => "set_ehdr_ratio_min",
            Command::SetEhdrRatioMax => "set_ehdr_ratio_max",
            Command::GetEhdrStatus => "get_ehdr_status",
            Command::EnableSharedMemory => "enable_shared_memory",
            Command::DisableSharedMemory => "disable_shared_memory",
            Command::GetSharedMemoryStatus => "get_shared_memory_status",
            Command::GetControls => "get_controls",
            Command::GetControl => "get_control",
            Command::SetControls => "set_controls",
            Command::ResetControls => "reset_controls",
            Command::GetStats => "get_stats",
            Command::ListCommands => "list_commands",
            Command::Snapshot => "snapshot",
            Command::GetSdp => "get_sdp",
        }
    }

    /// The command of a name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Command> {
        Command::ALL.into_iter().find(|one| one.name() == name)
    }

    /// Whether it is one that VizionStreamer's documentation does not have.
    #[must_use]
    pub const fn is_extra(self) -> bool {
        self as usize >= VIZION_STREAMERS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_commands_belong_to_each_other() {
        for (index, command) in Command::ALL.into_iter().enumerate() {
            assert_eq!(command as usize, index, "{command:?}");
            assert_eq!(Command::of_name(command.name()), Some(command));
        }
        assert_eq!(Command::of_name("get_format"), None);
        assert_eq!(Command::of_name("GET_FORMATS"), None);
    }

    #[test]
    fn the_first_are_vizionstreamers() {
        let extras = Command::ALL.into_iter().filter(|one| one.is_extra());
        assert_eq!(extras.count(), Command::ALL.len() - 23);
        assert!(!Command::GetSharedMemoryStatus.is_extra());
        assert!(Command::GetControls.is_extra());
    }
}
