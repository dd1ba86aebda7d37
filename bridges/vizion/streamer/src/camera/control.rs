//! What can be set at a camera, in the units of VizionStreamer.

/// A control of a camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Control {
    /// 1: the camera chooses its exposure. 0: [`Exposure`](Control::Exposure) holds.
    ExposureAuto,
    /// Exposure time in units of 100 us, as of V4L2.
    Exposure,
    /// 1: the camera chooses its white balance. 0: [`WhiteBalance`](Control::WhiteBalance) holds.
    WhiteBalanceAuto,
    /// Colour temperature in Kelvin.
    WhiteBalance,
    /// Brightness.
    Brightness,
    /// Contrast.
    Contrast,
    /// Saturation.
    Saturation,
    /// Sharpness.
    Sharpness,
    /// Gamma, in hundredths.
    Gamma,
    /// Gain.
    Gain,
    /// eHDR: 0 is on, 1 is off.
    EhdrMode,
    /// eHDR: fewest exposures of a frame.
    EhdrExposureMin,
    /// eHDR: most exposures of a frame.
    EhdrExposureMax,
    /// eHDR: smallest ratio of exposures.
    EhdrRatioMin,
    /// eHDR: largest ratio of exposures.
    EhdrRatioMax,
}

impl Control {
    /// Every control.
    pub const ALL: [Control; 15] = [
        Control::ExposureAuto,
        Control::Exposure,
        Control::WhiteBalanceAuto,
        Control::WhiteBalance,
        Control::Brightness,
        Control::Contrast,
        Control::Saturation,
        Control::Sharpness,
        Control::Gamma,
        Control::Gain,
        Control::EhdrMode,
        Control::EhdrExposureMin,
        Control::EhdrExposureMax,
        Control::EhdrRatioMin,
        Control::EhdrRatioMax,
    ];

    /// Its name in `get_controls`, `get_control` and `set_controls`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Control::ExposureAuto => "exposure_auto",
            Control::Exposure => "exposure",
            Control::WhiteBalanceAuto => "whitebalance_auto",
            Control::WhiteBalance => "whitebalance",
            Control::Brightness => "brightness",
            Control::Contrast => "contrast",
            Control::Saturation => "saturation",
            Control::Sharpness => "sharpness",
            Control::Gamma => "gamma",
            Control::Gain => "gain",
            Control::EhdrMode => "ehdr_mode",
            Control::EhdrExposureMin => "ehdr_exposure_min",
            Control::EhdrExposureMax => "ehdr_exposure_max",
            Control::EhdrRatioMin => "ehdr_ratio_min",
            Control::EhdrRatioMax => "ehdr_ratio_max",
        }
    }

    /// The control of a name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Control> {
        Control::ALL.into_iter().find(|one| one.name() == name)
    }

    /// Whether it is one of eHDR, which a camera may forget when a stream starts.
    #[must_use]
    pub const fn is_ehdr(self) -> bool {
        matches!(
            self,
            Control::EhdrMode
                | Control::EhdrExposureMin
                | Control::EhdrExposureMax
                | Control::EhdrRatioMin
                | Control::EhdrRatioMax
        )
    }
}

/// A control as a camera has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ControlInfo {
    /// Which.
    pub control: Control,
    /// Smallest value.
    pub min: i64,
    /// Largest value.
    pub max: i64,
    /// From one possible value to the next.
    pub step: i64,
    /// Value after a reset.
    pub default: i64,
    /// Value now.
    pub value: i64,
    /// What else is to be known.
    pub flags: ControlFlags,
}

/// What else is to be known of a control.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ControlFlags {
    /// It has no effect now, as its automatic counterpart is on.
    pub inactive: bool,
    /// It cannot be set.
    pub read_only: bool,
    /// The camera changes it by itself.
    pub volatile: bool,
}
