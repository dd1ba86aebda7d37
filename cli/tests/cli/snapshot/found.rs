//! Boxes around what was found, in the frame in which it was found.

use cuframes::{Color, Crop, Format};
use frame_lending::gateway::{Gateway, GatewayOptions};
use frame_lending::message::{Bbox, DetectionMessage};

use super::stage::{Still, decoded, publish};
use crate::detections;
use crate::support::{Place, assert_code, until};

const SIZE: (usize, usize) = (64, 48);
const GREY: [u8; 3] = [90, 90, 90];
const GREEN: [u8; 3] = [0, 255, 0];
const BLACK: [u8; 3] = [0; 3];

/// A grey picture under the place's key.
fn grey(place: &Place, crop: Crop) -> Still {
    let file = place.dir.path().join("grey");
    std::fs::write(&file, [90; SIZE.0 * SIZE.1 * 3]).expect("pixels");
    Still {
        key: place.key.clone(),
        format: Format::Bg24,
        size: SIZE,
        file,
        color: Color::default(),
        crop,
    }
}

/// What a pixel is beside a box: on its line of two pixels, on the black one inside of that, or not.
fn expected(x: usize, y: usize, [left, top, width, height]: [usize; 4]) -> [u8; 3] {
    let (right, bottom) = (left + width, top + height);
    let is_within = |border: usize| {
        (left + border..right - border).contains(&x) && (top + border..bottom - border).contains(&y)
    };
    match [0, 2, 3].map(is_within) {
        [true, false, _] => GREEN,
        [_, true, false] => BLACK,
        _ => GREY,
    }
}

fn assert_picture(pixels: &[u8], (width, height): (usize, usize), line: [usize; 4]) {
    assert_eq!(pixels.len(), width * height * 3);
    for (place, pixel) in pixels.chunks(3).enumerate() {
        let (x, y) = (place % width, place / width);
        assert_eq!(pixel, expected(x, y, line), "{x}, {y}");
    }
}

/// Takes a picture while `messages` are published.
fn taken(place: &Place, gateway: &Gateway, messages: &[DetectionMessage]) -> Vec<u8> {
    let picture = place.dir.path().join("x.png");
    let socket = detections::socket(place);
    let running = place.start(&format!(
        "snapshot KEY -o {} --detections --gateway {}",
        picture.display(),
        socket.display()
    ));
    until("listen", || gateway.counts().listeners == 1);
    for message in messages {
        gateway.publish(message);
    }
    let said = assert_code(&running.output(), 0);
    assert!(said.contains("1 boxes; green is green"), "{said}");
    decoded(&picture)
}

fn message(place: &Place, sequence: u64) -> DetectionMessage {
    detections::found(&place.key, i64::try_from(sequence).expect("a number"))
}

fn newest(place: &Place) -> u64 {
    let info = place.json("info KEY --json");
    info["latest_seq"].as_u64().expect("a sequence")
}

#[test]
fn each_pixel_of_the_box_is_where_it_was_found() {
    let place = Place::new();
    let gateway = detections::gateway(&place);
    let _publisher = publish(&place, &[grey(&place, Crop::default())]);
    let seq = newest(&place);
    let other = detections::found("another key", i64::try_from(seq).expect("a number"));
    let mut wrong = message(&place, seq + 1);
    wrong.detections[0].bbox = Bbox {
        x: 0.0,
        y: 0.0,
        width: 5.0,
        height: 5.0,
    };
    let messages = [other, wrong, message(&place, seq)];
    let pixels = taken(&place, &gateway, &messages);
    // 8.5 is rounded to 9, and so is the lower edge of 32.5.
    assert_picture(&pixels, SIZE, [16, 9, 32, 24]);
}

#[test]
fn what_is_cropped_off_does_not_move_the_box() {
    let place = Place::new();
    let gateway = detections::gateway(&place);
    let crop = Crop {
        left: 10,
        top: 3,
        right: 2,
        bottom: 1,
    };
    let _publisher = publish(&place, &[grey(&place, crop)]);
    let pixels = taken(&place, &gateway, &[message(&place, newest(&place))]);
    assert_picture(&pixels, (52, 44), [6, 6, 32, 24]);
}

#[test]
fn without_its_detections_there_is_no_picture() {
    let place = Place::new();
    let picture = place.dir.path().join("x.png");
    let socket = detections::socket(&place);
    let line = format!(
        "snapshot KEY -o {} --detections --timeout 1 --gateway {}",
        picture.display(),
        socket.display()
    );
    let said = assert_code(&place.run(&line), 3);
    assert!(said.contains("nobody listens at"), "{said}");
    let gateway = Gateway::listen(GatewayOptions::at(&socket)).expect("a gateway");
    let _publisher = publish(&place, &[grey(&place, Crop::default())]);
    let running = place.start(&line);
    until("listen", || gateway.counts().listeners == 1);
    gateway.publish(&message(&place, newest(&place) + 1));
    let said = assert_code(&running.output(), 6);
    assert!(said.contains("no frame with detections within"), "{said}");
    assert!(!picture.exists());
    assert_code(&place.run("snapshot KEY -o x.png --gateway /x"), 2);
}
