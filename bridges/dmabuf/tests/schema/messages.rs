//! A message of each kind, as this library writes it, by its name in the schema.

use frame_lending::message::{
    Bbox, Detection, DetectionMessage, ErrorInfo, Hello, PlanePlace, Return, Send, SendExtras,
    Status, VERSION,
};
use serde_json::{Map, Value, json};

const NOW: i64 = 1_737_072_000_000_012_345;

fn detection() -> Detection {
    let mut more = Map::new();
    more.insert("track_id".to_owned(), json!(18));
    Detection {
        class_id: 0,
        class_name: "red".to_owned(),
        confidence: 0.95,
        bbox: Bbox {
            x: -4.0,
            y: 200.5,
            width: 50.0,
            height: 0.0,
        },
        more,
    }
}

fn plain_send() -> Send {
    Send {
        stream_id: "cam1".to_owned(),
        sequence: 7,
        width: 638,
        height: 358,
        format: "NV12".to_owned(),
        timestamp: NOW,
        extras: None,
    }
}

fn send() -> Send {
    let plane = PlanePlace {
        offset: 4096,
        stride: 640,
        size: 229_120,
    };
    let extras = SendExtras {
        v: VERSION,
        planes: vec![plane; 2],
        size: 458_240,
        fourcc: 0x3231_564E,
        modifier: u64::MAX,
        buffer_id: 1,
        pts_ns: Some(-1),
        clock: "realtime".to_owned(),
        deadline_ns: NOW + 200_000_000,
    };
    Send {
        extras: Some(extras),
        ..plain_send()
    }
}

fn returned(status: Status) -> Return {
    Return {
        stream_id: "cam1".to_owned(),
        sequence: i64::MAX,
        width: Some(638),
        height: Some(358),
        inference_time: 15_600_000,
        status,
        model_name: "squares.onnx".to_owned(),
        timestamp: NOW,
        detections: Some(vec![detection()]),
        frame_timestamp: Some(NOW),
        error: None,
    }
}

fn error() -> ErrorInfo {
    ErrorInfo {
        code: "malformed".to_owned(),
        message: "not a message".to_owned(),
    }
}

fn answer() -> Return {
    Return {
        stream_id: String::new(),
        sequence: 0,
        width: None,
        height: None,
        inference_time: 0,
        model_name: String::new(),
        detections: None,
        frame_timestamp: None,
        error: Some(error()),
        ..returned(Status::Error)
    }
}

fn detections() -> DetectionMessage {
    DetectionMessage {
        v: VERSION,
        stream_id: "cam1".to_owned(),
        sequence: 7,
        width: 638,
        height: 358,
        frame_timestamp: NOW,
        timestamp: NOW + 1,
        inference_time: 15_600_000,
        status: Status::Other("skipped".to_owned()),
        model_name: "squares.onnx".to_owned(),
        detections: vec![detection()],
        error: Some(error()),
        consumer: "squares".to_owned(),
        lost: 3,
    }
}

/// Each under the name of its definition.
pub fn all() -> Vec<(&'static str, Value)> {
    let hello = Hello {
        v: VERSION,
        name: Some("squares".to_owned()),
    };
    let written = [
        ("plain_send", plain_send().to_json()),
        ("send", send().to_json()),
        ("plain_return", returned(Status::Success).to_json()),
        (
            "return",
            returned(Status::Other("busy".to_owned())).to_json(),
        ),
        ("answer", answer().to_json()),
        ("hello", hello.to_json()),
        ("detections", detections().to_json()),
    ];
    let read = |bytes: Vec<u8>| serde_json::from_slice(&bytes).expect("JSON");
    written.map(|(name, bytes)| (name, read(bytes))).to_vec()
}
