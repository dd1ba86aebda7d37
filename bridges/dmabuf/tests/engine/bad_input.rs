//! Consumers that say what nobody should.

use std::fs::File;
use std::os::fd::AsFd;

use serde_json::{Value, json};

use super::Stage;
use super::client::{Client, returned, until};

/// Answered as an error that names no frame.
fn is_refused(client: &mut Client, code: &str) {
    let answer = client.next();
    assert_eq!(answer.json["direction"], "return");
    assert_eq!(answer.json["stream_id"], "");
    assert_eq!(answer.json["sequence"], 0);
    assert_eq!(answer.json["status"], "error");
    assert_eq!(answer.json["error"]["code"], code, "{}", answer.json);
    assert!(answer.json["error"]["message"].is_string());
    assert!(answer.fds.is_empty());
}

#[test]
fn messages_that_are_none_are_answered_and_free_nothing() {
    let stage = Stage::usual();
    let mut client = stage.client();
    stage.feed.publish("cam1", 1);
    client.next();
    let required = [
        "stream_id",
        "sequence",
        "inference_time",
        "status",
        "model_name",
        "timestamp",
    ];
    let wrong = [json!(null), json!([]), json!({}), json!(true), json!(1.5)];
    let mut refused = 0;
    for key in required {
        let mut message = returned("cam1", 1, "success");
        message.as_object_mut().expect("an object").remove(key);
        client.say(message.to_string().as_bytes());
        is_refused(&mut client, "malformed");
        refused += 1;
        for value in &wrong {
            let mut message = returned("cam1", 1, "success");
            message[key] = value.clone();
            client.say(message.to_string().as_bytes());
            is_refused(&mut client, "malformed");
            refused += 1;
        }
    }
    for (key, value, code) in [
        ("direction", Value::Null, "direction"),
        ("direction", json!("send"), "direction"),
        ("sequence", json!(-1), "negative"),
        ("inference_time", json!(-1), "negative"),
        ("status", json!("busy"), "status"),
        ("sequence", json!(1e300), "malformed"),
        ("detections", json!([[]]), "malformed"),
        ("width", json!(-5), "malformed"),
    ] {
        let mut message = returned("cam1", 1, "success");
        message[key] = value;
        client.say(message.to_string().as_bytes());
        is_refused(&mut client, code);
        refused += 1;
    }
    let deep = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
    let deep_member = format!("{{\"direction\":\"return\",\"x\":{deep}}}");
    for text in ["", "{", "[]", "null", "{}", "\u{0}", &deep, &deep_member] {
        if !text.is_empty() {
            client.say(text.as_bytes());
            let code = if text == "{}" {
                "direction"
            } else {
                "malformed"
            };
            is_refused(&mut client, code);
            refused += 1;
        }
    }
    let report = until(&stage.engine, "counted", |report| {
        report.total.malformed == refused
    });
    assert_eq!(report.total.frames.in_flight, 1);
    assert_eq!(report.total.frames.unknown, 0);
    client.give_back("cam1", 1);
    until(&stage.engine, "back", |report| {
        report.total.frames.returned == 1
    });
}

#[test]
fn a_mebibyte_is_refused_whole() {
    let stage = Stage::usual();
    let mut client = stage.client();
    client.connection.allow_packets(4 << 20).expect("it is set");
    let mut message = returned("cam1", 1, "success");
    message["model_name"] = json!("x".repeat(1 << 20));
    match client.connection.send(message.to_string().as_bytes(), &[]) {
        Ok(()) => is_refused(&mut client, "too_large"),
        // Without privileges a socket passes on no such packet.
        Err(error) => assert!(error.to_string().contains("larger"), "{error}"),
    }
    let size = 212_960;
    let mut text = returned("cam1", 1, "success").to_string();
    text.push_str(&" ".repeat(size - text.len()));
    client.say(text.as_bytes());
    until(&stage.engine, "unknown, and no error", |report| {
        report.total.frames.unknown == 1
    });
    text.push(' ');
    client.say(text.as_bytes());
    is_refused(&mut client, "too_large");
}

#[test]
fn descriptors_on_a_return_are_closed_and_the_return_is_refused() {
    let stage = Stage::usual();
    let mut client = stage.client();
    stage.feed.publish("cam1", 1);
    client.next();
    let open = || {
        std::fs::read_dir("/proc/self/fd")
            .expect("it is there")
            .count()
    };
    let file = File::open("/dev/null").expect("it is there");
    let text = returned("cam1", 1, "success").to_string();
    let before = open();
    for _ in 0..50 {
        let fds = [file.as_fd(); 8];
        client.connection.send(text.as_bytes(), &fds).expect("sent");
        is_refused(&mut client, "descriptors");
    }
    // Other tests of this process come and go beside this one.
    assert!(open() < before + 200, "of the 400 that were sent");
    assert_eq!(stage.engine.report().total.frames.in_flight, 1);
    client.give_back("cam1", 1);
    until(&stage.engine, "back", |report| {
        report.total.frames.returned == 1
    });
}

#[test]
fn returns_of_others_frames_free_nothing() {
    let stage = Stage::usual();
    let mut one = stage.client();
    let mut other = stage.client();
    stage.feed.publish("cam1", 1);
    one.next();
    other.next();
    one.give_back("cam1", 1);
    until(&stage.engine, "back", |report| {
        report.total.frames.returned == 1
    });
    for (stream, sequence) in [("cam1", 1), ("cam1", 77), ("cam3", 1), ("", 0), ("cam2", 1)] {
        one.give_back(stream, sequence);
    }
    let report = until(&stage.engine, "unknown", |report| {
        report.total.frames.unknown == 5
    });
    let in_flight = report.total.frames.in_flight;
    assert_eq!(in_flight, 1, "the other consumer's");
    other.give_back("cam1", 1);
    until(&stage.engine, "back", |report| {
        report.total.frames.returned == 2
    });
}

#[test]
fn a_packet_without_a_byte_is_the_end() {
    let stage = Stage::usual();
    let client = stage.client();
    rustix::net::send(&client.connection, &[], rustix::net::SendFlags::empty()).expect("sent");
    until(&stage.engine, "gone", |report| report.gone == 1);
}
