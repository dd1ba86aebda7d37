//! Controls, as another program sees them.

use vizion::PixelFormat;
use vizion_streamer::camera::{Camera, CameraError, Control, ControlInfo};

use crate::rig::{self, SINGLE, open, read_by_another, small, v4l2_ctl};

fn info(camera: &mut dyn Camera, control: Control) -> ControlInfo {
    let all = camera.controls().unwrap();
    let one = all.into_iter().find(|info| info.control == control);
    one.expect("the control")
}

#[test]
fn brightness_is_set_and_another_program_reads_it() {
    let mut camera = open(SINGLE);
    assert_eq!(camera.name(), "vivid");
    let before = info(&mut *camera, Control::Brightness);
    assert_eq!(
        (before.min, before.max, before.step, before.default),
        (0, 255, 1, 128)
    );
    assert_eq!(camera.set(Control::Brightness, 200).unwrap(), 200);
    assert_eq!(read_by_another("brightness"), 200);
    v4l2_ctl(&["-d", SINGLE, "-c", "brightness=77"]);
    assert_eq!(info(&mut *camera, Control::Brightness).value, 77);
    assert_eq!(camera.set(Control::Brightness, 128).unwrap(), 128);
}

#[test]
fn brightness_changes_the_picture_while_it_streams() {
    let mut camera = open(SINGLE);
    let format = small(&mut *camera, PixelFormat::Nv12);
    let mut stream = camera.start(format).unwrap();
    let mut mean = |brightness: i64| {
        camera.set(Control::Brightness, brightness).unwrap();
        // The buffers that are full already were filled before.
        let picture = (0..8).map(|_| rig::next(&mut *stream)).last().unwrap();
        let luma = &picture.planes[0];
        luma.iter().map(|&byte| f64::from(byte)).sum::<f64>() / luma.len() as f64
    };
    let (dark, bright) = (mean(90), mean(160));
    assert!(bright > dark + 20.0, "{dark} and {bright}");
    mean(128);
}

#[test]
fn gain_is_set_by_hand_after_its_automatic_is_off() {
    let mut camera = open(SINGLE);
    v4l2_ctl(&["-d", SINGLE, "-c", "gain_automatic=1"]);
    let flags = info(&mut *camera, Control::Gain).flags;
    assert!(flags.inactive && flags.volatile, "{flags:?}");
    assert_eq!(camera.set(Control::Gain, 40).unwrap(), 40);
    assert_eq!(read_by_another("gain_automatic"), 0);
    assert_eq!(read_by_another("gain"), 40);
    let flags = info(&mut *camera, Control::Gain).flags;
    assert!(!flags.inactive, "{flags:?}");
}

#[test]
fn what_the_driver_lacks_is_said() {
    let mut camera = open(SINGLE);
    for control in [
        Control::Sharpness,
        Control::Gamma,
        Control::Exposure,
        Control::EhdrMode,
    ] {
        let refused = camera.set(control, 1).unwrap_err();
        let is_it =
            matches!(refused, CameraError::NoControl { control: one, .. } if one == control);
        assert!(is_it, "{refused}");
    }
}

#[test]
fn values_out_of_range_change_nothing() {
    let mut camera = open(SINGLE);
    let before = read_by_another("contrast");
    for value in [-1, 256, i64::MIN, i64::MAX, 1 << 32] {
        let refused = camera.set(Control::Contrast, value).unwrap_err();
        assert!(
            matches!(
                refused,
                CameraError::OutOfRange {
                    min: 0,
                    max: 255,
                    ..
                }
            ),
            "{refused}"
        );
    }
    assert_eq!(read_by_another("contrast"), before);
}
