//! What is shown of detections, and how that ends.

mod trouble;

use std::path::PathBuf;

use frame_lending::gateway::{Gateway, GatewayOptions};
use frame_lending::message::{Bbox, Detection, DetectionMessage, Status, VERSION};
use rustix::process::Signal;
use serde_json::Value;

use crate::support::{Place, Running, assert_code, parse, text, until};

pub fn socket(place: &Place) -> PathBuf {
    place.dir.path().join("gateway.sock")
}

pub fn gateway(place: &Place) -> Gateway {
    Gateway::listen(GatewayOptions::at(socket(place))).expect("a gateway")
}

/// Starts the command, and waits until the gateway knows it.
pub fn start(place: &Place, gateway: &Gateway, line: &str) -> Running {
    let before = gateway.counts().listeners;
    let running = place.start(&format!(
        "detections --gateway {} {line}",
        socket(place).display()
    ));
    until("listen", || gateway.counts().listeners > before);
    running
}

pub fn found(key: &str, sequence: i64) -> DetectionMessage {
    let detection = Detection {
        class_id: 1,
        class_name: "green".to_owned(),
        confidence: 0.75,
        bbox: Bbox {
            x: 16.0,
            y: 8.5,
            width: 32.0,
            height: 24.0,
        },
        more: serde_json::Map::new(),
    };
    DetectionMessage {
        v: VERSION,
        stream_id: key.to_owned(),
        sequence,
        width: 64,
        height: 48,
        frame_timestamp: 1_737_072_000_000_012_345,
        timestamp: 1_737_072_000_005_012_345,
        inference_time: 4_000_000,
        status: Status::Success,
        model_name: "m.onnx".to_owned(),
        detections: vec![detection],
        error: None,
        consumer: "test".to_owned(),
        lost: 0,
    }
}

#[test]
fn a_line_for_each_frame_of_the_key() {
    let place = Place::new();
    let gateway = gateway(&place);
    let all = start(&place, &gateway, "--count 3");
    let some = start(&place, &gateway, "yard --count 2");
    gateway.publish(&found("door", 7));
    gateway.publish(&found("yard", 1));
    gateway.publish(&DetectionMessage {
        detections: Vec::new(),
        ..found("yard", 2)
    });
    let (all, some) = (all.output(), some.output());
    assert_eq!(assert_code(&all, 0), "");
    let green = "64x48 5.0 ms m.onnx: green 0.75 at 16,8.5 32x24";
    let yard = format!("yard 1 {green}\nyard 2 64x48 5.0 ms m.onnx: nothing\n");
    assert_eq!(text(&all.stdout), format!("door 7 {green}\n{yard}"));
    assert_eq!(assert_code(&some, 0), "");
    assert_eq!(text(&some.stdout), yard);
}

#[test]
fn as_json_a_line_is_the_message() {
    let place = Place::new();
    let gateway = gateway(&place);
    let running = start(&place, &gateway, "--json --count 2");
    let messages = [found("door", 7), found("yard", i64::MAX)];
    messages.iter().for_each(|message| gateway.publish(message));
    let output = running.output();
    assert_code(&output, 0);
    let lines: Vec<Value> = output
        .stdout
        .split_inclusive(|&b| b == b'\n')
        .map(parse)
        .collect();
    let expected: Vec<Value> = messages.iter().map(|m| parse(&m.to_json())).collect();
    assert_eq!(lines, expected);
    let digits = "\"frame_timestamp\":1737072000000012345";
    assert_eq!(text(&output.stdout).matches(digits).count(), 2);
}

/// What is lost among other keys' messages is told with the next one of the key.
#[test]
fn losses_are_told() {
    const FRAMES: i64 = 2000;
    let place = Place::new();
    let options = GatewayOptions {
        queue: 8,
        ..GatewayOptions::at(socket(&place))
    };
    let gateway = Gateway::listen(options).expect("a gateway");
    let running = start(&place, &gateway, "yard --json");
    running.signal(Signal::STOP);
    for sequence in 0..FRAMES {
        gateway.publish(&found("door", sequence));
        gateway.publish(&found("yard", sequence));
    }
    running.signal(Signal::CONT);
    let mut running = running;
    let (mut shown, mut lost, mut last) = (0, 0, None);
    while last != Some(FRAMES - 1) {
        let message = parse(running.read_line().as_bytes());
        shown += 1;
        lost += message["lost"].as_i64().unwrap_or(0);
        last = message["sequence"].as_i64();
    }
    assert_eq!(lost.unsigned_abs(), gateway.counts().lost);
    assert_eq!(gateway.counts().sent + gateway.counts().lost, 4000);
    assert!(lost > 2000 && shown > 4, "{lost} lost, {shown} shown");
    running.signal(Signal::TERM);
    let said = text(&running.output().stderr);
    assert!(said.contains(" messages are lost"), "{said}");
}
