//! A key with frames so small that what they cost is not what is tested.

use std::time::Duration;

use cuframes::Format;
use frame_lending::consumer::Consumer;

use crate::support::{Place, noise};

use super::{Camera, LONG};

/// Bytes of a frame.
pub const SIZE: usize = 64 * 48;

pub fn camera(place: &Place) -> Camera {
    Camera::start(place, Format::R8, 64, 48)
}

/// Writes frame `number`, which `consumer` gets.
pub fn pass(camera: &mut Camera, number: u64, consumer: &mut Consumer) {
    let picture = noise(SIZE, number);
    camera.write(&picture);
    let frame = consumer.receive(LONG).expect("it is there");
    let frame = frame.expect("a frame");
    assert_eq!(frame.send().sequence as u64, number);
    let mut bytes = Vec::new();
    frame.copy(&mut bytes).expect("it is mapped");
    assert!(bytes == picture, "frame {number}");
    let returned = frame.return_success("m", Duration::ZERO, Vec::new());
    returned.expect("it is read");
}
