//! Numbers at the ends of what they can be, hellos that are none, and messages that break off.

use serde_json::{Value, json};

use super::Stage;
use super::client::{Client, returned, until};

/// From here on a floating-point number does not tell an integer from the next.
const BEYOND: i64 = 1 << 53;

fn is_refused(client: &mut Client, message: &Value, code: &str) {
    client.say(message.to_string().as_bytes());
    let answer = client.next();
    assert_eq!(answer.json["status"], "error", "{message}");
    assert_eq!(answer.json["error"]["code"], code, "{message}");
    assert_eq!(
        (&answer.json["stream_id"], &answer.json["sequence"]),
        (&json!(""), &json!(0))
    );
}

#[test]
fn frames_beyond_two_to_the_53_are_told_apart() {
    let stage = Stage::usual();
    let mut client = stage.client();
    for sequence in [BEYOND, BEYOND + 1] {
        stage.feed.publish("cam1", sequence);
        assert_eq!(client.next().sequence(), sequence);
    }
    for sequence in [BEYOND + 2, BEYOND - 1, i64::MAX] {
        client.give_back("cam1", sequence);
    }
    for (sequence, code) in [
        (json!(BEYOND as f64), "malformed"),
        (json!(u64::MAX), "malformed"),
        (json!(i64::MIN), "negative"),
        (json!("9007199254740993"), "malformed"),
    ] {
        let mut message = returned("cam1", 0, "success");
        message["sequence"] = sequence;
        is_refused(&mut client, &message, code);
    }
    let report = until(&stage.engine, "unknown", |report| {
        report.total.frames.unknown == 3
    });
    assert_eq!(report.total.frames.in_flight, 2);
    for (sequence, left) in [(BEYOND + 1, 1), (BEYOND, 0)] {
        client.give_back("cam1", sequence);
        until(&stage.engine, "back", |report| {
            report.total.frames.in_flight == left
        });
    }
    let report = stage.engine.report();
    assert_eq!(
        (report.total.frames.returned, report.total.malformed),
        (2, 4)
    );
}

#[test]
fn numbers_that_no_return_has_free_nothing() {
    let stage = Stage::usual();
    let mut client = stage.client();
    stage.feed.publish("cam1", 1);
    client.next();
    let too_much = [json!(u64::MAX), json!(1e300), json!(BEYOND as f64)];
    let mut refused = 0;
    for name in [
        "sequence",
        "inference_time",
        "timestamp",
        "frame_timestamp",
        "width",
        "height",
    ] {
        for value in &too_much {
            let mut message = returned("cam1", 1, "success");
            message[name] = value.clone();
            is_refused(&mut client, &message, "malformed");
            refused += 1;
        }
    }
    for name in ["width", "height"] {
        for value in [-1, BEYOND + 1] {
            let mut message = returned("cam1", 1, "success");
            message[name] = json!(value);
            is_refused(&mut client, &message, "malformed");
            refused += 1;
        }
    }
    let report = until(&stage.engine, "refused", |report| {
        report.total.malformed == refused
    });
    assert_eq!(
        (report.total.frames.in_flight, report.total.frames.unknown),
        (1, 0)
    );
    // As large as they can be, and as small.
    let mut message = returned("cam1", 1, "success");
    message["inference_time"] = json!(i64::MAX);
    message["timestamp"] = json!(i64::MIN);
    client.say(message.to_string().as_bytes());
    until(&stage.engine, "back", |report| {
        report.total.frames.returned == 1
    });
}

#[test]
fn hellos_that_are_none_change_nothing() {
    let stage = Stage::usual();
    let mut client = stage.client();
    let versions = [
        json!(null),
        json!("1"),
        json!(-1),
        json!(1.0),
        json!(1u64 << 32),
        json!([1]),
    ];
    let hello = |v: Value| json!({"direction": "hello", "v": v, "name": "other"});
    for version in versions {
        is_refused(&mut client, &hello(version), "malformed");
    }
    is_refused(&mut client, &json!({"direction": "hello"}), "malformed");
    for name in [json!(7), json!([]), json!({})] {
        let mut message = hello(json!(1));
        message["name"] = name;
        is_refused(&mut client, &message, "malformed");
    }
    let report = until(&stage.engine, "refused", |report| {
        report.total.malformed == 10
    });
    let row = &report.consumers[0];
    assert_eq!((row.version, row.name.as_str()), (0, "tester"));
    client.say(hello(json!(u32::MAX)).to_string().as_bytes());
    until(&stage.engine, "greeted", |report| {
        let row = &report.consumers[0];
        (row.version, row.name.as_str()) == (1, "other")
    });
}

/// A consumer has a frame, says the beginning of its return, and is gone: once for each beginning.
#[test]
fn returns_that_break_off_at_each_byte_are_refused_and_their_frames_abandoned() {
    let stage = Stage::usual();
    let text = returned("cam1", 0, "success").to_string();
    let count = text.len() as u64;
    assert!(count > 100, "{text}");
    for len in 1..text.len() {
        let mut client = stage.client();
        stage.feed.publish("cam1", len as i64);
        client.next();
        client.say(&text.as_bytes()[..len]);
        drop(client);
        until(&stage.engine, "gone", |report| report.gone == len as u64);
    }
    let mut whole = stage.client();
    stage.feed.publish("cam1", count as i64);
    whole.next();
    whole.give_back("cam1", count as i64);
    drop(whole);
    let report = until(&stage.engine, "gone", |report| report.gone == count);
    assert_eq!(report.total.malformed, count - 1);
    let frames = report.total.frames;
    assert_eq!(
        (frames.sent, frames.abandoned, frames.returned),
        (count, count - 1, 1)
    );
    assert_eq!(stage.feed.held("cam1"), 0);
}
