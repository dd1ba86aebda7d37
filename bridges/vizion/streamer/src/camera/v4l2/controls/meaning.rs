//! What a driver's control means here.

use crate::camera::Control;
use v4l2::ControlQuery;

/// How a driver's value is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The same number.
    Same,
    /// 0 or 1.
    Switch,
    /// 0 or 1, where ours is 1 or 0.
    Opposite,
    /// `V4L2_CID_EXPOSURE_AUTO`, a menu.
    ExposureMode,
}

/// A driver's control: `V4L2_CID_*`, and how it is read.
pub type Candidate = (u32, Kind);

const EXPOSURE_AUTO: Candidate = (0x009a_0901, Kind::ExposureMode);
const AUTO_WHITE_BALANCE: Candidate = (0x0098_090c, Kind::Switch);
const AUTO_GAIN: Candidate = (0x0098_0912, Kind::Switch);
const AUTO_BRIGHTNESS: Candidate = (0x0098_0920, Kind::Switch);

/// Of `V4L2_CID_EXPOSURE_AUTO`: which of time and aperture the camera chooses. `NEITHER` is what
/// V4L2 calls manual, `ONLY_APERTURE` its shutter priority, `ONLY_TIME` its aperture priority.
const BOTH: i32 = 0;
const NEITHER: i32 = 1;
const ONLY_APERTURE: i32 = 2;
const ONLY_TIME: i32 = 3;

/// What a control can be at a driver, the usual one first.
pub const fn candidates(control: Control) -> &'static [Candidate] {
    match control {
        Control::ExposureAuto => &[EXPOSURE_AUTO],
        // In 100 us, as here. Of V4L2_CID_EXPOSURE, which has no unit, nobody can tell.
        Control::Exposure => &[(0x009a_0902, Kind::Same)],
        Control::WhiteBalanceAuto => &[AUTO_WHITE_BALANCE],
        Control::WhiteBalance => &[(0x0098_091a, Kind::Same)],
        Control::Brightness => &[(0x0098_0900, Kind::Same)],
        Control::Contrast => &[(0x0098_0901, Kind::Same)],
        Control::Saturation => &[(0x0098_0902, Kind::Same)],
        Control::Sharpness => &[(0x0098_091b, Kind::Same)],
        Control::Gamma => &[(0x0098_0910, Kind::Same)],
        // V4L2_CID_GAIN, and V4L2_CID_ANALOGUE_GAIN of bare sensors.
        Control::Gain => &[(0x0098_0913, Kind::Same), (0x009e_0903, Kind::Same)],
        // V4L2_CID_WIDE_DYNAMIC_RANGE: 1 is on, and here 0 is.
        Control::EhdrMode => &[(0x009a_0915, Kind::Opposite)],
        Control::EhdrExposureMin
        | Control::EhdrExposureMax
        | Control::EhdrRatioMin
        | Control::EhdrRatioMax => &[],
    }
}

/// What must be off before a control has an effect, if the camera has it.
pub const fn automatic_of(control: Control) -> Option<Candidate> {
    match control {
        Control::Exposure => Some(EXPOSURE_AUTO),
        Control::WhiteBalance => Some(AUTO_WHITE_BALANCE),
        Control::Gain => Some(AUTO_GAIN),
        Control::Brightness => Some(AUTO_BRIGHTNESS),
        _ => None,
    }
}

/// How the values of a driver's control become ours, and the other way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// They are the same.
    Same,
    /// 0 or 1.
    Switch,
    /// The other one of 0 and 1.
    Opposite,
    /// 0 and 1 are choices of a menu, as far as it has them.
    Choice {
        /// What 0 is.
        off: Option<i32>,
        /// What 1 is.
        on: Option<i32>,
    },
}

impl Meaning {
    /// Of a control of this kind, which is a menu with these choices or none. `None`: it can be
    /// neither on nor off.
    pub fn of(kind: Kind, choices: &[i32]) -> Option<Meaning> {
        let first = |of: [i32; 2]| of.into_iter().find(|one| choices.contains(one));
        match kind {
            Kind::Same => Some(Meaning::Same),
            Kind::Switch => Some(Meaning::Switch),
            Kind::Opposite => Some(Meaning::Opposite),
            Kind::ExposureMode => match (first([NEITHER, ONLY_APERTURE]), first([BOTH, ONLY_TIME]))
            {
                (None, None) => None,
                (off, on) => Some(Meaning::Choice { off, on }),
            },
        }
    }

    /// Smallest and largest of our values.
    pub fn range(self, query: &ControlQuery) -> (i64, i64) {
        match self {
            Meaning::Same => (i64::from(query.minimum), i64::from(query.maximum)),
            Meaning::Switch | Meaning::Opposite => (0, 1),
            Meaning::Choice { off, on } => (i64::from(off.is_none()), i64::from(on.is_some())),
        }
    }

    /// From one of our values to the next.
    pub fn step(self, query: &ControlQuery) -> i64 {
        match self {
            Meaning::Same => i64::from(query.step.max(1)),
            _ => 1,
        }
    }

    /// Ours.
    pub fn of_driver(self, value: i32) -> i64 {
        match self {
            Meaning::Same => i64::from(value),
            Meaning::Switch => i64::from(value != 0),
            Meaning::Opposite => i64::from(value == 0),
            Meaning::Choice { .. } => i64::from(matches!(value, BOTH | ONLY_TIME)),
        }
    }

    /// The driver's; `None` if it has none for ours.
    pub fn to_driver(self, value: i64) -> Option<i32> {
        match (self, value) {
            (Meaning::Same, value) => i32::try_from(value).ok(),
            (Meaning::Switch, 0) | (Meaning::Opposite, 1) => Some(0),
            (Meaning::Switch, 1) | (Meaning::Opposite, 0) => Some(1),
            (Meaning::Choice { off, .. }, 0) => off,
            (Meaning::Choice { on, .. }, 1) => on,
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(choices: &[i32]) -> Option<Meaning> {
        Meaning::of(Kind::ExposureMode, choices)
    }

    #[test]
    fn automatic_exposure_is_the_choice_that_the_menu_has() {
        // UVC cameras: manual and aperture priority only.
        let uvc = mode(&[NEITHER, ONLY_TIME]).unwrap();
        assert_eq!((uvc.to_driver(1), uvc.to_driver(0)), (Some(3), Some(1)));
        let full = mode(&[0, 1, 2, 3]).unwrap();
        assert_eq!((full.to_driver(1), full.to_driver(0)), (Some(0), Some(1)));
        let odd = mode(&[BOTH, ONLY_APERTURE]).unwrap();
        assert_eq!((odd.to_driver(1), odd.to_driver(0)), (Some(0), Some(2)));
        assert_eq!(
            [0, 1, 2, 3].map(|value| full.of_driver(value)),
            [1, 0, 0, 1]
        );
        assert_eq!(full.to_driver(2), None);
    }

    #[test]
    fn a_menu_without_one_of_both_has_a_range_of_one_value() {
        let query = ControlQuery::default();
        assert_eq!(mode(&[ONLY_TIME]).unwrap().range(&query), (1, 1));
        assert_eq!(mode(&[NEITHER]).unwrap().range(&query), (0, 0));
        assert_eq!(mode(&[]), None);
    }

    #[test]
    fn ehdr_is_on_at_0_here_and_at_1_there() {
        let [(id, kind)] = candidates(Control::EhdrMode) else {
            panic!("one candidate");
        };
        let meaning = Meaning::of(*kind, &[]).unwrap();
        assert_eq!(*id, 0x009a_0915);
        assert_eq!(
            (meaning.to_driver(0), meaning.to_driver(1)),
            (Some(1), Some(0))
        );
        assert_eq!((meaning.of_driver(1), meaning.of_driver(0)), (0, 1));
    }

    #[test]
    fn a_number_is_itself_in_its_range() {
        let query = ControlQuery {
            minimum: -64,
            maximum: i32::MAX,
            step: 0,
            ..ControlQuery::default()
        };
        let same = Meaning::Same;
        assert_eq!(same.range(&query), (-64, i64::from(i32::MAX)));
        assert_eq!(same.step(&query), 1);
        assert_eq!(same.to_driver(i64::from(i32::MAX) + 1), None);
    }

    #[test]
    fn what_is_chosen_by_hand_has_what_chooses_it_by_itself() {
        let of = |control| automatic_of(control).map(|(id, _)| id);
        assert_eq!(of(Control::Exposure), Some(0x009a_0901));
        assert_eq!(of(Control::WhiteBalance), Some(0x0098_090c));
        assert_eq!(of(Control::Gain), Some(0x0098_0912));
        assert_eq!(of(Control::Contrast), None);
    }
}
