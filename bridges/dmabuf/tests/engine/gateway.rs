//! What consumers find goes on to whoever listens: every frame that came back, once.

use std::collections::BTreeSet;
use std::sync::Arc;

use frame_lending::engine::Observer;
use frame_lending::gateway::{Gateway, GatewayOptions, Listener, ListenerOptions};
use frame_lending::message::Status;
use serde_json::json;

use super::Stage;
use super::client::{LONG, returned, until};
use super::feed::{HEIGHT, WIDTH};

const FRAMES: i64 = 30;

#[test]
fn every_frame_that_came_back_is_heard_of_once() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("gateway.sock");
    let gateway = Gateway::listen(GatewayOptions::at(&path)).expect("a gateway");
    let gateway = Arc::new(gateway);
    let observer: Arc<dyn Observer> = gateway.clone();
    let stage = Stage::new(|options, _| options.observer = observer);
    let mut listener = Listener::connect(&ListenerOptions::at(&path)).expect("it is there");
    while gateway.counts().listeners == 0 {
        std::thread::yield_now();
    }
    let mut clients = [stage.client(), stage.client()];
    let found = json!({
        "class_id": 1, "class_name": "green", "confidence": 0.5, "track": [1, "a"],
        "bbox": {"x": 1, "y": 2.5, "width": 3, "height": 4}
    });
    for sequence in 1..=FRAMES {
        stage.feed.publish("cam1", sequence);
        for (number, client) in clients.iter_mut().enumerate() {
            assert_eq!(client.next().sequence(), sequence);
            let status = if sequence % 3 == 0 {
                "error"
            } else {
                "success"
            };
            let mut back = returned("cam1", sequence, status);
            back["model_name"] = json!(format!("model {number}"));
            back["detections"] = json!([found.clone()]);
            client.say(back.to_string().as_bytes());
            // Neither an unknown frame nor nonsense is heard of.
            client.say(returned("cam1", 1000, "success").to_string().as_bytes());
            client.say(b"{}");
            assert_eq!(client.next().json["error"]["code"], "direction");
        }
    }
    let report = until(&stage.engine, "all back", |report| {
        let frames = &report.total.frames;
        frames.returned + frames.errors == 60 && frames.unknown == 60
    });
    assert_eq!(report.total.frames.sent, 60);
    let mut heard = BTreeSet::new();
    for _ in 0..report.total.frames.sent {
        let message = listener.next(Some(LONG)).expect("it is connected");
        let message = message.expect("one for each frame");
        assert_eq!(message.lost, 0);
        assert_eq!((message.width, message.height), (WIDTH, HEIGHT));
        let sequence = message.sequence;
        assert_eq!(
            message.frame_timestamp,
            1_700_000_000_000_000_000 + sequence
        );
        assert_eq!(message.timestamp, 1_737_072_000_000_000_123);
        assert_eq!(message.status == Status::Error, sequence % 3 == 0);
        let detections = serde_json::to_value(&message.detections).expect("JSON");
        assert_eq!(detections[0]["track"], found["track"]);
        assert_eq!(detections[0]["bbox"]["y"], 2.5);
        assert!(
            heard.insert((message.model_name, sequence)),
            "{sequence} twice"
        );
    }
    let models = ["model 0", "model 1"].into_iter();
    let all = models.flat_map(|model| (1..=FRAMES).map(move |n| (model.to_owned(), n)));
    assert_eq!(heard, all.collect());
    assert_eq!(gateway.counts().published, 60);
}

/// What a listener hears next, in few words.
fn told(listener: &mut Listener) -> String {
    let message = listener.next(Some(LONG)).expect("it is connected");
    let message = message.expect("one for each frame");
    let status = String::from(message.status);
    let code = message
        .error
        .map_or("no error".to_owned(), |error| error.code);
    let found = message.detections.len();
    let (model, sequence) = (message.model_name, message.sequence);
    format!("{model} {sequence}: {status}, {code}, {found} found")
}

#[test]
fn what_was_found_in_memory_that_was_taken_back_is_not_passed_on() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("gateway.sock");
    let gateway = Arc::new(Gateway::listen(GatewayOptions::at(&path)).expect("a gateway"));
    let observer: Arc<dyn Observer> = gateway.clone();
    let stage = Stage::new(|options, _| options.observer = observer);
    let mut listener = Listener::connect(&ListenerOptions::at(&path)).expect("it is there");
    while gateway.counts().listeners == 0 {
        std::thread::yield_now();
    }
    let (mut full, mut plain) = (stage.client(), stage.client());
    full.hello(1);
    until(&stage.engine, "a hello", |report| {
        report.consumers.iter().any(|row| row.version == 1)
    });
    let found = json!([{
        "class_id": 1, "class_name": "green", "confidence": 0.5,
        "bbox": {"x": 1, "y": 2, "width": 3, "height": 4}
    }]);
    let mut heard = Vec::new();
    for sequence in [1, 2] {
        stage.feed.publish("cam1", sequence);
        for client in [&mut full, &mut plain] {
            assert_eq!(client.next().sequence(), sequence);
        }
        // Who has a copy of its own is not concerned.
        stage.feed.evict("cam1", sequence == 2);
        for (client, model) in [(&full, "full"), (&plain, "plain")] {
            let mut back = returned("cam1", sequence, "success");
            back["model_name"] = json!(model);
            back["detections"] = found.clone();
            client.say(back.to_string().as_bytes());
        }
        // The engine has looked at both before the next is taken back.
        heard.extend([(); 2].map(|()| told(&mut listener)));
    }
    heard.sort();
    let expected = [
        "full 1: success, no error, 1 found",
        "full 2: error, overwritten, 0 found",
        "plain 1: success, no error, 1 found",
        "plain 2: success, no error, 1 found",
    ];
    assert_eq!(heard, expected);
}
