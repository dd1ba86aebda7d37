//! The picture is what the controls say.

use std::time::Duration;

use vizion::{PixelFormat, VideoFormat};

use super::*;
use crate::camera::{Canvas, Picture};
use crate::stream::Spare;

const MODEL: &str = "VCI-AR0822";

fn format(format: PixelFormat) -> VideoFormat {
    VideoFormat {
        width: 640,
        height: 480,
        framerate: 30,
        format,
    }
}

/// The first frame's bytes, with what was `set` when the stream had started.
fn shot(pixels: PixelFormat, set: &[(Control, i64)]) -> Vec<u8> {
    let mut camera = SimCamera::new(MODEL);
    let format = format(pixels);
    let mut capture = camera.start(format).expect("starts");
    for &(control, value) in set {
        assert_eq!(camera.set(control, value).expect("is set"), value);
    }
    let mut canvas = Spare::new(format);
    let captured = capture.next(Some(&mut canvas), Duration::from_secs(1));
    match captured.expect("delivers").expect("a frame").picture {
        Picture::Jpeg(jpeg) => jpeg.to_vec(),
        Picture::Lent(_) => panic!("this camera draws"),
        Picture::Drawn => [canvas.plane(0).0, canvas.plane(1).0].concat(),
    }
}

#[test]
fn every_control_changes_the_picture_in_every_format() {
    let manual = |control| match control {
        Control::Exposure => Some((Control::ExposureAuto, 0)),
        Control::WhiteBalance => Some((Control::WhiteBalanceAuto, 0)),
        control if control.is_ehdr() => Some((Control::EhdrMode, 0)),
        _ => None,
    };
    for pixels in PixelFormat::ALL {
        for control in Control::ALL {
            let automatic = matches!(control, Control::ExposureAuto | Control::WhiteBalanceAuto);
            if automatic {
                continue;
            }
            let before: Vec<_> = manual(control)
                .filter(|&(auto, _)| auto != control)
                .into_iter()
                .collect();
            let range = model::range(control);
            let mut set = before.clone();
            set.push((
                control,
                if range.default == range.max {
                    range.min
                } else {
                    range.max
                },
            ));
            let (plain, changed) = (shot(pixels, &before), shot(pixels, &set));
            assert!(!plain.is_empty());
            let differ = plain.iter().zip(&changed).filter(|(a, b)| a != b).count();
            assert!(
                differ > plain.len() / 200,
                "{pixels} {}: {differ} bytes",
                control.name()
            );
        }
        assert_eq!(shot(pixels, &[]), shot(pixels, &[]));
    }
}

#[test]
fn automatic_exposure_ignores_the_value() {
    let value = (Control::Exposure, 5000);
    let auto = shot(PixelFormat::Yuy2, &[value, (Control::ExposureAuto, 1)]);
    assert_eq!(auto, shot(PixelFormat::Yuy2, &[]));
    assert_ne!(
        auto,
        shot(PixelFormat::Yuy2, &[value, (Control::ExposureAuto, 0)])
    );
}

#[test]
fn only_models_with_the_sensor_have_ehdr() {
    let families = ["VCI", "VCS", "VLS3", "VLS-GM2", "TEVS"];
    for family in families {
        for sensor in ["AR0821", "AR0822"] {
            assert!(model::has_ehdr(&format!("{family}-{sensor}")));
        }
        assert!(!model::has_ehdr(&format!("{family}-AR0234")));
    }
    for model in ["", "AR0822", "-AR0822", "VCI_AR0822", "XVCI-AR0822"] {
        assert!(!model::has_ehdr(model), "{model}");
    }
    let mut plain = SimCamera::new("VCI-AR0234");
    assert_eq!(plain.controls().expect("are told").len(), 10);
    assert!(matches!(
        plain.set(Control::EhdrMode, 0),
        Err(CameraError::NoControl { .. })
    ));
    assert_eq!(
        SimCamera::new(MODEL).controls().expect("are told").len(),
        15
    );
}

#[test]
fn the_bar_moves_and_frames_are_of_their_size() {
    for pixels in PixelFormat::ALL
        .into_iter()
        .filter(|&one| one != PixelFormat::Mjpg)
    {
        let format = format(pixels);
        let mut capture = SimCamera::new(MODEL).start(format).expect("starts");
        let mut shots = Vec::new();
        while shots.len() < 3 {
            let mut canvas = Spare::new(format);
            let captured = capture.next(Some(&mut canvas), Duration::from_secs(1));
            assert!(captured.expect("delivers").is_some());
            shots.push([canvas.plane(0).0, canvas.plane(1).0].concat());
        }
        let size = format.format.frame_size(format.width, format.height);
        assert_eq!(Some(shots[0].len()), size);
        assert!(shots[0] != shots[1] && shots[1] != shots[2] && shots[0] != shots[2]);
    }
}
