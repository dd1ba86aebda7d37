//! Messages as the documentation has them, and as it does not.

use serde_json::{Value, json};

use super::*;

fn returned() -> Value {
    json!({
        "direction": "return", "stream_id": "cam1", "sequence": 12345, "width": 1920, "height": 1080,
        "inference_time": 15_600_000, "status": "success", "model_name": "squares.onnx",
        "timestamp": 1_737_072_000_000_012_345i64,
        "detections": [{"class_id": 0, "class_name": "red", "confidence": 0.95,
                        "bbox": {"x": 100, "y": 200.5, "width": 50, "height": 100}}]
    })
}

fn sent() -> Value {
    json!({
        "direction": "send", "stream_id": "cam1", "sequence": 7, "width": 1920, "height": 1080,
        "format": "NV12", "timestamp": 1_737_072_000_000_012_345i64
    })
}

fn parse(value: &Value) -> Result<FromConsumer, MessageError> {
    parse_from_consumer(value.to_string().as_bytes(), false)
}

#[test]
fn nanoseconds_keep_all_their_digits() {
    let Ok(FromConsumer::Return(read)) = parse(&returned()) else {
        panic!("it is a return");
    };
    assert_eq!(read.timestamp, 1_737_072_000_000_012_345);
    let written: Value = serde_json::from_slice(&read.to_json()).expect("is JSON");
    assert_eq!(
        written["timestamp"].as_i64(),
        Some(1_737_072_000_000_012_345)
    );
    let send = parse_send(sent().to_string().as_bytes()).expect("is one");
    assert_eq!(send.timestamp, 1_737_072_000_000_012_345);
}

#[test]
fn a_plain_frame_has_seven_members_and_their_order() {
    let send = parse_send(sent().to_string().as_bytes()).expect("is one");
    let text = String::from_utf8(send.to_json()).expect("is text");
    let expected = r#"{"direction":"send","stream_id":"cam1","sequence":7,"width":1920,"height":1080,"format":"NV12","timestamp":1737072000000012345}"#;
    assert_eq!(text, expected);
}

#[test]
fn extras_go_there_and_back() {
    let mut send = parse_send(sent().to_string().as_bytes()).expect("is one");
    send.extras = Some(SendExtras {
        v: VERSION,
        planes: vec![PlanePlace {
            offset: 4096,
            stride: 2048,
            size: 100,
        }],
        size: 100,
        fourcc: 0x3231_564E,
        modifier: u64::MAX,
        buffer_id: 3,
        pts_ns: Some(-1),
        clock: "realtime".to_owned(),
        deadline_ns: i64::MAX,
    });
    assert_eq!(parse_send(&send.to_json()), Ok(send));
}

#[test]
fn every_member_that_is_required_is_missed() {
    let optional = ["width", "height", "detections"];
    let whole = returned();
    let members = whole.as_object().expect("an object");
    assert_eq!(members.len(), 10);
    for name in members.keys() {
        let mut part = members.clone();
        part.remove(name);
        let read = parse(&Value::Object(part));
        assert_eq!(
            read.is_ok(),
            optional.contains(&name.as_str()),
            "{name}: {read:?}"
        );
    }
    let whole = sent();
    for name in whole.as_object().expect("an object").keys() {
        let mut part = whole.clone();
        part.as_object_mut().expect("an object").remove(name);
        assert!(parse_send(part.to_string().as_bytes()).is_err(), "{name}");
    }
}

#[test]
fn members_of_other_types_and_signs_are_refused() {
    let wrong = [json!("x"), json!([]), json!({}), json!(1.5), json!(true)];
    for name in [
        "stream_id",
        "sequence",
        "inference_time",
        "timestamp",
        "width",
    ] {
        for value in &wrong {
            if name == "stream_id" && value.is_string() {
                continue;
            }
            let mut message = returned();
            message[name] = value.clone();
            assert!(parse(&message).is_err(), "{name} {value}");
        }
    }
    for (name, value) in [
        ("sequence", json!(-1)),
        ("inference_time", json!(-1)),
        ("width", json!(-1)),
        ("sequence", json!(18_446_744_073_709_551_615u64)),
        ("status", json!("skipped")),
    ] {
        let mut message = returned();
        message[name] = value.clone();
        assert!(parse(&message).is_err(), "{name} {value}");
    }
    let mut message = returned();
    message["status"] = json!("skipped");
    let text = message.to_string();
    assert!(parse_from_consumer(text.as_bytes(), true).is_ok());
}

#[test]
fn detections_are_looked_at() {
    for (pointer, value) in [
        ("/detections/0/confidence", json!(1.01)),
        ("/detections/0/confidence", json!(-0.1)),
        ("/detections/0/confidence", json!("1")),
        ("/detections/0/bbox/width", json!(-1)),
        ("/detections/0/bbox", json!([0, 0, 1, 1])),
        ("/detections/0/class_id", json!("0")),
        ("/detections/0", json!(null)),
        ("/detections", json!({})),
    ] {
        let mut message = returned();
        *message.pointer_mut(pointer).expect("is there") = value.clone();
        assert!(parse(&message).is_err(), "{pointer} {value}");
    }
    let mut message = returned();
    let one = message["detections"][0].clone();
    message["detections"] = Value::Array(vec![one; MAX_DETECTIONS + 1]);
    assert!(parse(&message).is_err());
}

#[test]
fn members_that_nobody_knows_are_sound_too() {
    let with = |more: &[u8]| {
        let mut bytes = returned().to_string().into_bytes();
        assert_eq!(bytes.pop(), Some(b'}'));
        bytes.extend_from_slice(b",\"more\":");
        bytes.extend_from_slice(more);
        bytes.push(b'}');
        parse_from_consumer(&bytes, false)
    };
    for fine in [
        &b"[1,-1,1.5,null,true,\"\\u00e4\",{\"a\":{}}]"[..],
        "\"ä\"".as_bytes(),
    ] {
        assert!(with(fine).is_ok(), "{fine:?}");
    }
    let deep = "[".repeat(200) + &"]".repeat(200);
    let twice = br#"[{"a":1,"a":2}]"#;
    for wrong in [
        &b"\"\xc3\x28\""[..],
        b"1e999",
        deep.as_bytes(),
        twice,
        b"1,\"more\":1",
    ] {
        let refused = with(wrong);
        assert!(
            matches!(refused, Err(MessageError::Malformed { .. })),
            "{refused:?}"
        );
    }
}

#[test]
fn what_is_said_of_a_message_is_short() {
    let mut message = returned();
    message["sequence"] = Value::String("\u{1}".repeat(10_000));
    let refused = parse(&message).expect_err("no number").to_string();
    assert!(refused.len() < 300, "{} bytes", refused.len());
}

#[test]
fn what_is_no_message_is_refused() {
    let deep = format!("{}{}", "[".repeat(60_000), "]".repeat(60_000));
    let large = format!("{{\"direction\":\"{}\"}}", "x".repeat(1 << 20));
    let texts = [
        "",
        "{}",
        "[]",
        "null",
        "{\"direction\":1}",
        "{\"direction\":\"send\"}",
        "\u{0}",
    ];
    for text in texts.into_iter().chain([deep.as_str(), large.as_str()]) {
        assert!(parse_from_consumer(text.as_bytes(), true).is_err());
        assert!(parse_send(text.as_bytes()).is_err());
    }
    let twice = br#"{"direction":"hello","v":1,"v":2}"#;
    assert!(parse_from_consumer(twice, true).is_err());
}
