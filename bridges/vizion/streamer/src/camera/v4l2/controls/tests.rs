//! Against something that behaves as a UVC webcam does, whose controls vivid lacks.

use std::cell::RefCell;

use super::*;

const EXPOSURE_AUTO: u32 = 0x009a_0901;
const EXPOSURE_ABSOLUTE: u32 = 0x009a_0902;
const AUTO_WHITE_BALANCE: u32 = 0x0098_090c;
const WHITE_BALANCE: u32 = 0x0098_091a;
const GAIN: u32 = 0x0098_0913;
const WIDE_DYNAMIC_RANGE: u32 = 0x009a_0915;
const GAMMA: u32 = 0x0098_0910;

/// A control: its id, kind, least and largest value and flags.
type Row = (u32, u32, i32, i32, u32);

struct Webcam {
    rows: Vec<Row>,
    /// Choices of the menu of exposure.
    menu: Vec<u32>,
    values: RefCell<Vec<(u32, i32)>>,
    writes: RefCell<Vec<(u32, i32)>>,
}

impl Webcam {
    /// Everything automatic, as after plugging in.
    fn new() -> Webcam {
        let rows = vec![
            (EXPOSURE_AUTO, 3, 0, 3, 0),
            (EXPOSURE_ABSOLUTE, 1, 3, 2047, INACTIVE),
            (AUTO_WHITE_BALANCE, 2, 0, 1, 0),
            (WHITE_BALANCE, 1, 2000, 6500, INACTIVE),
            (GAIN, 1, 0, 100, 0),
            (WIDE_DYNAMIC_RANGE, 2, 0, 1, 0),
            (GAMMA, 1, 72, 500, READ_ONLY),
        ];
        let values = [
            (EXPOSURE_AUTO, 3),
            (EXPOSURE_ABSOLUTE, 250),
            (AUTO_WHITE_BALANCE, 1),
            (WHITE_BALANCE, 4600),
            (GAIN, 0),
            (WIDE_DYNAMIC_RANGE, 0),
            (GAMMA, 100),
        ];
        Webcam {
            rows,
            menu: vec![1, 3],
            values: RefCell::new(values.into()),
            writes: RefCell::new(Vec::new()),
        }
    }

    fn row(&self, id: u32) -> Result<Row, Errno> {
        let row = self.rows.iter().find(|row| row.0 == id);
        row.copied().ok_or(Errno::INVAL)
    }

    fn writes(&self) -> Vec<(u32, i32)> {
        self.writes.take()
    }
}

impl Driver for Webcam {
    fn camera(&self) -> String {
        "webcam".to_owned()
    }

    fn failed(&self, what: &str, errno: Errno) -> CameraError {
        CameraError::Io {
            camera: self.camera(),
            what: what.to_owned(),
            source: errno.into(),
        }
    }

    fn query(&self, query: &mut ControlQuery) -> Result<(), Errno> {
        let (id, kind, minimum, maximum, flags) = self.row(query.id)?;
        *query = ControlQuery {
            id,
            kind,
            minimum,
            maximum,
            step: 1,
            default_value: minimum,
            flags,
            ..ControlQuery::default()
        };
        Ok(())
    }

    fn query_menu(&self, query: &mut MenuQuery) -> Result<(), Errno> {
        match query.id == EXPOSURE_AUTO && self.menu.contains(&query.index) {
            true => Ok(()),
            false => Err(Errno::INVAL),
        }
    }

    fn read(&self, id: u32) -> Result<i32, Errno> {
        self.row(id)?;
        let values = self.values.borrow();
        let value = values.iter().find(|value| value.0 == id);
        value.map(|&(_, value)| value).ok_or(Errno::INVAL)
    }

    /// What is chosen by the camera cannot be set, and the menu has no other choices.
    fn write(&self, id: u32, value: i32) -> Result<(), Errno> {
        let governed = match id {
            EXPOSURE_ABSOLUTE => self.read(EXPOSURE_AUTO)? != 1,
            WHITE_BALANCE => self.read(AUTO_WHITE_BALANCE)? != 0,
            _ => false,
        };
        if governed {
            return Err(Errno::IO);
        }
        if id == EXPOSURE_AUTO && !self.menu.contains(&value.cast_unsigned()) {
            return Err(Errno::INVAL);
        }
        self.writes.borrow_mut().push((id, value));
        let mut values = self.values.borrow_mut();
        let place = values.iter_mut().find(|value| value.0 == id);
        // Gain has steps of 10.
        place.ok_or(Errno::INVAL)?.1 = if id == GAIN { value / 10 * 10 } else { value };
        Ok(())
    }
}

#[test]
fn what_is_automatic_is_switched_off_before_a_value() {
    let webcam = Webcam::new();
    assert_eq!(set(&webcam, Control::Exposure, 300).unwrap(), 300);
    assert_eq!(
        webcam.writes(),
        [(EXPOSURE_AUTO, 1), (EXPOSURE_ABSOLUTE, 300)]
    );
    assert_eq!(set(&webcam, Control::Exposure, 301).unwrap(), 301);
    assert_eq!(
        webcam.writes(),
        [(EXPOSURE_ABSOLUTE, 301)],
        "it is off already"
    );
    assert_eq!(set(&webcam, Control::WhiteBalance, 5000).unwrap(), 5000);
    assert_eq!(
        webcam.writes(),
        [(AUTO_WHITE_BALANCE, 0), (WHITE_BALANCE, 5000)]
    );
}

#[test]
fn automatic_exposure_is_aperture_priority_where_there_is_nothing_else() {
    let webcam = Webcam::new();
    set(&webcam, Control::ExposureAuto, 0).unwrap();
    assert_eq!(set(&webcam, Control::ExposureAuto, 1).unwrap(), 1);
    assert_eq!(webcam.writes(), [(EXPOSURE_AUTO, 1), (EXPOSURE_AUTO, 3)]);
}

#[test]
fn the_value_that_the_camera_took_is_returned() {
    let webcam = Webcam::new();
    assert_eq!(set(&webcam, Control::Gain, 57).unwrap(), 50);
    assert_eq!(webcam.writes(), [(GAIN, 57)], "there is no automatic gain");
}

#[test]
fn ehdr_is_the_other_way_round() {
    let webcam = Webcam::new();
    assert_eq!(set(&webcam, Control::EhdrMode, 0).unwrap(), 0);
    assert_eq!(set(&webcam, Control::EhdrMode, 1).unwrap(), 1);
    assert_eq!(
        webcam.writes(),
        [(WIDE_DYNAMIC_RANGE, 1), (WIDE_DYNAMIC_RANGE, 0)]
    );
}

#[test]
fn what_cannot_be_set_writes_nothing() {
    let webcam = Webcam::new();
    for (control, value) in [
        (Control::Exposure, 2),
        (Control::Exposure, 2048),
        (Control::ExposureAuto, 2),
        (Control::WhiteBalanceAuto, -1),
        (Control::Gain, i64::MAX),
    ] {
        let refused = set(&webcam, control, value).unwrap_err();
        assert!(
            matches!(refused, CameraError::OutOfRange { .. }),
            "{refused}"
        );
    }
    let refused = set(&webcam, Control::Gamma, 100).unwrap_err();
    assert!(
        refused.to_string().contains("can be read and not set"),
        "{refused}"
    );
    let refused = set(&webcam, Control::Sharpness, 1).unwrap_err();
    assert!(
        matches!(refused, CameraError::NoControl { .. }),
        "{refused}"
    );
    assert_eq!(webcam.writes(), []);
}

#[test]
fn all_controls_are_told_as_they_are_here() {
    let all = all(&Webcam::new()).unwrap();
    let told = |control| all.iter().find(|info| info.control == control).unwrap();
    let names: Vec<_> = all.iter().map(|info| info.control.name()).collect();
    let expected = [
        "exposure_auto",
        "exposure",
        "whitebalance_auto",
        "whitebalance",
        "gamma",
        "gain",
        "ehdr_mode",
    ];
    assert_eq!(names, expected);
    let auto = told(Control::ExposureAuto);
    assert_eq!((auto.min, auto.max, auto.value), (0, 1, 1));
    let exposure = told(Control::Exposure);
    assert_eq!((exposure.min, exposure.max, exposure.value), (3, 2047, 250));
    assert!(exposure.flags.inactive && !exposure.flags.read_only);
    assert!(told(Control::Gamma).flags.read_only);
    assert_eq!(told(Control::EhdrMode).value, 1, "off");
}
