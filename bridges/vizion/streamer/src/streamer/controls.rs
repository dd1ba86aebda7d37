//! The camera's controls, as they were asked for and as they are.

use crate::camera::{Camera, CameraError, Control, ControlInfo};

use super::{LIMIT, Refusal, Streamer};

/// What to do with something that a camera may also choose by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// The camera chooses.
    Auto,
    /// This value; `None`: whatever it is now.
    Manual(Option<i64>),
}

/// What a control has after it was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Its value, read back.
    pub value: i64,
}

/// What was set, in its order.
pub type AppliedControls = Vec<(Control, Applied)>;

impl Streamer {
    /// Chooses the exposure, or lets the camera.
    pub fn set_exposure(&mut self, setting: Setting) -> Result<(), Refusal> {
        self.set_with_auto(Control::ExposureAuto, Control::Exposure, setting)
    }

    /// Chooses the colour temperature, or lets the camera.
    pub fn set_white_balance(&mut self, setting: Setting) -> Result<(), Refusal> {
        self.set_with_auto(Control::WhiteBalanceAuto, Control::WhiteBalance, setting)
    }

    /// Sets a control.
    pub fn set_control(&mut self, control: Control, value: i64) -> Result<Applied, Refusal> {
        let applied = self.set_controls(&[(control, value)])?;
        Ok(applied
            .first()
            .map_or(Applied { value }, |&(_, applied)| applied))
    }

    /// Sets several controls in this order. Each is looked at before the first is set.
    pub fn set_controls(&mut self, wanted: &[(Control, i64)]) -> Result<AppliedControls, Refusal> {
        let jobs = wanted.to_vec();
        let applied = self.desk.ask(LIMIT, move |camera| {
            check(camera, &jobs)?;
            apply(camera, &jobs)
        })??;
        for &(control, value) in wanted {
            self.settings.note(control, value);
        }
        self.keep()?;
        Ok(applied)
    }

    /// Gives every control that can be set its default value.
    pub fn reset_controls(&mut self) -> Result<AppliedControls, Refusal> {
        let applied = self.desk.ask(LIMIT, |camera| {
            let mut defaults: Vec<_> = camera
                .controls()?
                .into_iter()
                .filter(|info| !info.flags.read_only)
                .map(|info| (info.control, info.default))
                .collect();
            // What is automatic by default makes others inactive, which can then not be set.
            defaults.sort_by_key(|&(control, value)| {
                let automatic =
                    matches!(control, Control::ExposureAuto | Control::WhiteBalanceAuto);
                (automatic && value != 0, control)
            });
            apply(camera, &defaults)
        })??;
        self.settings.controls.clear();
        self.keep()?;
        Ok(applied)
    }

    /// The controls that the camera has.
    pub fn controls(&mut self) -> Result<Vec<ControlInfo>, Refusal> {
        Ok(self.desk.ask(LIMIT, |camera| camera.controls())??)
    }

    fn set_with_auto(
        &mut self,
        auto: Control,
        manual: Control,
        setting: Setting,
    ) -> Result<(), Refusal> {
        let wanted = match setting {
            Setting::Auto => vec![(auto, 1)],
            Setting::Manual(None) => vec![(auto, 0)],
            Setting::Manual(Some(value)) => vec![(auto, 0), (manual, value)],
        };
        self.set_controls(&wanted).map(drop)
    }

    /// Sets what was kept of the last time. A camera that does not take it any more says so in the
    /// log, and is used nevertheless.
    pub(super) fn restore_controls(&mut self) {
        let wanted: Vec<_> = self.settings.controls().collect();
        for (control, value) in wanted {
            let set = self
                .desk
                .ask(LIMIT, move |camera| camera.set(control, value));
            let failed = match set {
                Ok(Ok(_)) => continue,
                Ok(Err(error)) => error.to_string(),
                Err(busy) => busy.to_string(),
            };
            tracing::warn!("{} was not set to {value} again: {failed}", control.name());
        }
    }
}

/// Looks whether the camera has the controls, and takes the values.
fn check(camera: &mut dyn Camera, wanted: &[(Control, i64)]) -> Result<(), CameraError> {
    let known = camera.controls()?;
    for &(control, value) in wanted {
        let Some(info) = known.iter().find(|info| info.control == control) else {
            let camera = camera.name();
            return Err(CameraError::NoControl { camera, control });
        };
        let (min, max) = (info.min, info.max);
        if !(min..=max).contains(&value) {
            return Err(CameraError::OutOfRange {
                control,
                value,
                min,
                max,
            });
        }
    }
    Ok(())
}

fn apply(
    camera: &mut dyn Camera,
    wanted: &[(Control, i64)],
) -> Result<AppliedControls, CameraError> {
    let set = |&(control, value): &(Control, i64)| {
        let value = camera.set(control, value)?;
        Ok((control, Applied { value }))
    };
    wanted.iter().map(set).collect()
}
