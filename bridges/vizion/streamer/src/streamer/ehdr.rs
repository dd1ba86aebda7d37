//! eHDR: five controls that belong together, and that a camera forgets when a stream starts.

use crate::camera::{Control, ControlInfo};

use super::{Code, Refusal, Streamer};

/// The settings of eHDR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ehdr {
    /// 0 is on, 1 is off.
    pub mode: i64,
    /// Fewest exposures of a frame.
    pub exposure_min: i64,
    /// Most exposures of a frame.
    pub exposure_max: i64,
    /// Smallest ratio of exposures.
    pub ratio_min: i64,
    /// Largest ratio of exposures.
    pub ratio_max: i64,
}

impl Streamer {
    /// The settings of eHDR, if the camera has it. What was asked for counts: the camera gets it at
    /// the next start at the latest.
    pub fn ehdr(&mut self) -> Result<Ehdr, Refusal> {
        let controls = self.controls()?;
        let value = |control| -> Result<i64, Refusal> {
            let known = |info: &&ControlInfo| info.control == control;
            let info = controls.iter().find(known).ok_or_else(|| {
                let what = format!("camera {} has no eHDR", self.camera);
                Refusal::new(Code::Unsupported, what)
            })?;
            Ok(self.settings.control(control).unwrap_or(info.value))
        };
        Ok(Ehdr {
            mode: value(Control::EhdrMode)?,
            exposure_min: value(Control::EhdrExposureMin)?,
            exposure_max: value(Control::EhdrExposureMax)?,
            ratio_min: value(Control::EhdrRatioMin)?,
            ratio_max: value(Control::EhdrRatioMax)?,
        })
    }

    /// What has to be set again at each start.
    pub(super) fn ehdr_settings(&self) -> Vec<(Control, i64)> {
        let all = self.settings.controls();
        all.filter(|(control, _)| control.is_ehdr()).collect()
    }
}
