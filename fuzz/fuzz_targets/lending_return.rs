//! Whatever a consumer of lent frames sends: it is refused in few words, or it is what a parser of
//! JSON says that it is, keeps its promises, says the same when it is written again, and is the same
//! where its texts stay in the packet.
#![no_main]

use frame_lending::message::{
    Detection, FromConsumer, MAX_DETECTIONS, Return, Status, Text, parse_from_consumer,
    parse_in_place,
};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};

fuzz_target!(|bytes: &[u8]| {
    let Some((&first, bytes)) = bytes.split_first() else {
        return;
    };
    let has_said_hello = first % 2 == 1;
    let parsed = parse_from_consumer(bytes, has_said_hello);
    let in_place = parse_in_place(bytes, has_said_hello);
    assert_eq!(parsed, in_place.map(owned));
    match parsed {
        Ok(FromConsumer::Hello(hello)) => {
            assert_eq!(object(bytes)["v"], hello.v);
            let again = parse_from_consumer(&hello.to_json(), has_said_hello);
            assert_eq!(again, Ok(FromConsumer::Hello(hello)));
        }
        Ok(FromConsumer::Return(returned)) => {
            let read = object(bytes);
            same(&read, &returned);
            assert!(has_said_hello || !matches!(returned.status, Status::Other(_)));
            let written = returned.to_json();
            same(&object(&written), &returned);
            assert!(parse_from_consumer(&written, has_said_hello).is_ok());
        }
        Err(error) => assert!(error.to_string().chars().count() < 400, "{error}"),
    }
});

fn owned(message: FromConsumer<Text<'_>>) -> FromConsumer {
    match message {
        FromConsumer::Hello(hello) => FromConsumer::Hello(hello),
        FromConsumer::Return(returned) => FromConsumer::Return(Return {
            stream_id: returned.stream_id.to_string(),
            sequence: returned.sequence,
            width: returned.width,
            height: returned.height,
            inference_time: returned.inference_time,
            status: returned.status,
            model_name: returned.model_name.to_string(),
            timestamp: returned.timestamp,
            detections: returned.detections,
            frame_timestamp: returned.frame_timestamp,
            error: returned.error,
        }),
    }
}

fn object(bytes: &[u8]) -> Map<String, Value> {
    serde_json::from_slice(bytes).expect("an object for others, too")
}

fn same(read: &Map<String, Value>, returned: &Return) {
    assert_eq!(read["direction"], "return");
    assert_eq!(read["stream_id"], returned.stream_id);
    assert_eq!(read["model_name"], returned.model_name);
    assert_eq!(read["status"], String::from(returned.status.clone()));
    for (name, value) in [
        ("sequence", returned.sequence),
        ("inference_time", returned.inference_time),
        ("timestamp", returned.timestamp),
    ] {
        assert_eq!(read[name].as_i64(), Some(value), "{name}");
    }
    assert!(returned.sequence >= 0 && returned.inference_time >= 0);
    let found = returned.detections.as_deref().unwrap_or_default();
    assert!(found.len() <= MAX_DETECTIONS);
    let listed = read.get("detections").and_then(Value::as_array);
    assert_eq!(listed.map_or(0, Vec::len), found.len());
    for (value, detection) in listed.into_iter().flatten().zip(found) {
        same_detection(value, detection);
    }
}

fn same_detection(value: &Value, detection: &Detection) {
    assert_eq!(value["class_id"].as_i64(), Some(detection.class_id));
    assert_eq!(value["class_name"], detection.class_name);
    assert!((0.0..=1.0).contains(&detection.confidence));
    let bbox = detection.bbox;
    assert!(bbox.width >= 0.0 && bbox.height >= 0.0);
    let sides = [bbox.x, bbox.y, bbox.width, bbox.height];
    assert!(sides.into_iter().all(f64::is_finite));
    for name in detection.more.keys() {
        assert!(value.get(name).is_some(), "{name}");
    }
}
