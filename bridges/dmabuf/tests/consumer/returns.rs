//! Frames as they go back.

use std::time::Duration;

use frame_lending::consumer::{Consumer, ConsumerError, LentFrame};
use frame_lending::message::{
    Bbox, Detection, FromConsumer, MAX_DETECTIONS, MAX_PACKET, Status, parse_from_consumer,
};
use serde_json::{Map, json};

use crate::support::{Engine, TIMESTAMP, frame, memfd, noise, placed, plain};

fn lent(hello: bool) -> (Engine, Consumer, LentFrame) {
    let mut engine = Engine::new();
    let mut consumer = engine.consumer(hello);
    let message = if hello { placed(1, 0) } else { plain(i64::MAX) };
    engine.lend(&message, &[memfd(&noise(4096, 1))]);
    let frame = frame(&mut consumer);
    (engine, consumer, frame)
}

fn found() -> Detection {
    Detection {
        class_id: 0,
        class_name: "red".to_owned(),
        confidence: 0.95,
        bbox: Bbox {
            x: -1.0,
            y: 0.5,
            width: 2.0,
            height: 1.0,
        },
        more: Map::new(),
    }
}

#[test]
fn a_result_has_the_members_of_the_protocol() {
    let (engine, _consumer, frame) = lent(false);
    let took = Duration::from_nanos(15_600_001);
    frame
        .return_success("squares.onnx", took, vec![found()])
        .expect("returned");
    let mut heard = engine.hear();
    let members = heard.as_object_mut().expect("an object");
    let timestamp = members.remove("timestamp").and_then(|time| time.as_i64());
    assert!(timestamp.is_some_and(|time| time > TIMESTAMP));
    let expected = json!({
        "direction": "return", "stream_id": "cam1", "sequence": i64::MAX, "width": 4, "height": 2,
        "inference_time": 15_600_001, "status": "success", "model_name": "squares.onnx",
        "detections": [{"class_id": 0, "class_name": "red", "confidence": 0.95,
                        "bbox": {"x": -1.0, "y": 0.5, "width": 2.0, "height": 1.0}}]
    });
    assert_eq!(heard, expected);
    assert!(engine.hears_nothing(), "a frame is returned once");
}

#[test]
fn a_return_names_the_frames_own_time() {
    let (engine, _consumer, frame) = lent(true);
    frame
        .return_success("m", Duration::MAX, Vec::new())
        .expect("returned");
    let heard = engine.hear();
    assert_eq!(heard["frame_timestamp"], TIMESTAMP);
    assert_eq!(heard["inference_time"], i64::MAX);
    let read = parse_from_consumer(heard.to_string().as_bytes(), false);
    assert!(matches!(read, Ok(FromConsumer::Return(read)) if read.status == Status::Success));
}

#[test]
fn numbers_beyond_two_to_the_53_keep_all_their_digits() {
    let mut engine = Engine::new();
    let mut consumer = engine.consumer(false);
    for sequence in [(1 << 53) + 1, i64::MAX - 1, i64::MAX] {
        engine.lend(&plain(sequence), &[memfd(&noise(12, 1))]);
        let frame = frame(&mut consumer);
        assert_eq!(frame.send().sequence, sequence);
        let time = Duration::from_nanos((1 << 53) + 1);
        frame.return_success("m", time, Vec::new()).expect("told");
        let heard = engine.hear();
        assert_eq!(heard["sequence"], sequence);
        assert_eq!(heard["inference_time"], (1_i64 << 53) + 1);
    }
}

#[test]
fn a_frame_that_is_dropped_is_an_error() {
    let (engine, consumer, frame) = lent(true);
    // The memory is the frame's as long as there is one.
    drop(consumer);
    let mut bytes = Vec::new();
    frame.copy_plane(1, &mut bytes).expect("copied");
    assert_eq!(bytes, noise(4096, 1)[64..68]);
    drop(frame);
    assert_eq!(engine.hear()["error"]["code"], "unreturned");
}

#[test]
fn a_panic_returns_an_error() {
    let (engine, _consumer, frame) = lent(true);
    let looked = std::thread::spawn(move || {
        assert!(frame.planes().next().is_none(), "told to fail");
        frame
    });
    assert!(looked.join().is_err());
    let heard = engine.hear();
    assert_eq!(
        (&heard["status"], &heard["sequence"]),
        (&json!("error"), &json!(1))
    );
}

#[test]
fn results_that_are_none_are_errors_on_both_sides() {
    let wrong: [fn(&mut Detection); 8] = [
        |found| found.confidence = 1.01,
        |found| found.confidence = -0.1,
        |found| found.confidence = f64::NAN,
        |found| found.bbox.width = -1.0,
        |found| found.bbox.height = f64::NAN,
        |found| found.bbox.x = f64::NEG_INFINITY,
        |found| found.bbox.y = f64::NAN,
        |found| found.bbox.width = f64::INFINITY,
    ];
    for spoil in wrong {
        let (engine, _consumer, frame) = lent(true);
        let mut spoiled = found();
        spoil(&mut spoiled);
        let returned = frame.return_success("m", Duration::ZERO, vec![found(), spoiled]);
        assert!(
            matches!(returned, Err(ConsumerError::Invalid(_))),
            "{returned:?}"
        );
        assert_eq!(engine.hear()["error"]["code"], "detection");
        assert!(engine.hears_nothing());
    }
}

#[test]
fn results_have_a_limit() {
    for (count, name, code) in [
        (MAX_DETECTIONS + 1, "m".to_owned(), "detection"),
        (1, "m".repeat(212_960), "too_large"),
    ] {
        let (engine, _consumer, frame) = lent(true);
        let returned = frame.return_success(&name, Duration::ZERO, vec![found(); count]);
        assert!(
            matches!(returned, Err(ConsumerError::Invalid(_))),
            "{returned:?}"
        );
        assert_eq!(engine.hear()["error"]["code"], code);
    }
    let (engine, _consumer, frame) = lent(true);
    let all = vec![found(); MAX_DETECTIONS];
    frame
        .return_success("m", Duration::ZERO, all)
        .expect("returned");
    let heard = engine.hear();
    assert_eq!(
        heard["detections"].as_array().map(Vec::len),
        Some(MAX_DETECTIONS)
    );
}

#[test]
fn a_frame_whose_name_fills_a_packet_comes_back_as_an_error_of_none() {
    let mut engine = Engine::new();
    let mut consumer = engine.consumer(false);
    let mut message = plain(1);
    message["stream_id"] = json!("");
    let room = MAX_PACKET - message.to_string().len();
    message["stream_id"] = json!("n".repeat(room));
    let ends: [fn(LentFrame); 3] = [
        |frame| {
            let returned = frame.return_success("m", Duration::ZERO, Vec::new());
            assert!(matches!(returned, Err(ConsumerError::Invalid(_))));
        },
        |frame| frame.return_error("busy", "no time").expect("told"),
        drop,
    ];
    for (end, code) in ends.into_iter().zip(["too_large", "busy", "unreturned"]) {
        engine.lend(&message, &[memfd(&noise(12, 1))]);
        end(frame(&mut consumer));
        let heard = engine.hear();
        assert_eq!(
            (&heard["stream_id"], &heard["sequence"]),
            (&json!(""), &json!(0))
        );
        assert_eq!(heard["error"]["code"], code);
        assert!(engine.hears_nothing());
    }
}

#[test]
fn an_engine_that_is_gone_is_told_of() {
    let (mut engine, mut consumer, frame) = lent(true);
    engine.connection = None;
    let returned = frame.return_error("busy", "too much to do");
    assert!(
        matches!(returned, Err(ConsumerError::Closed)),
        "{returned:?}"
    );
    let received = consumer.receive(None);
    assert!(
        matches!(received, Err(ConsumerError::Closed)),
        "{received:?}"
    );
}

#[test]
fn an_engine_that_does_not_read_is_waited_for() {
    let (engine, consumer, first) = lent(true);
    let long = "m".repeat(100_000);
    for sequence in 2..6 {
        engine.lend(&placed(sequence, 0), &[]);
    }
    let returning = std::thread::spawn(move || {
        let mut consumer = consumer;
        let rest = (2..6).map(|_| frame(&mut consumer)).collect::<Vec<_>>();
        for frame in std::iter::once(first).chain(rest) {
            frame
                .return_success(&long, Duration::ZERO, Vec::new())
                .expect("returned");
        }
    });
    let heard: Vec<_> = (0..5).map(|_| engine.hear()["sequence"].clone()).collect();
    assert_eq!(heard, [1, 2, 3, 4, 5]);
    returning.join().expect("all are returned");
}

#[test]
fn complaints_are_counted_and_not_answered() {
    let mut engine = Engine::new();
    let mut consumer = engine.consumer(true);
    let answer = json!({
        "direction": "return", "stream_id": "", "sequence": 0, "inference_time": 0,
        "status": "error", "model_name": "", "timestamp": TIMESTAMP,
        "error": {"code": "malformed", "message": "what?"}
    });
    engine.lend(&answer, &[]);
    assert!(
        consumer
            .receive(Some(Duration::ZERO))
            .expect("goes on")
            .is_none()
    );
    assert_eq!(
        (consumer.complaints(), consumer.last_complaint()),
        (1, Some("what?"))
    );
    engine.lend(&json!({"direction": "return"}), &[]);
    assert!(
        consumer
            .receive(Some(Duration::ZERO))
            .expect("goes on")
            .is_none()
    );
    assert_eq!((consumer.complaints(), consumer.refused()), (2, 0));
    assert!(engine.hears_nothing());
}
