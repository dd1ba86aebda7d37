//! What consumers get: plain ones and those that said hello.

use frame_lending::engine::Lending;
use frame_lending::memory::{LentMap, MemoryKind};

use super::Stage;
use super::client::{Message, read, until};
use super::feed::{HEIGHT, STRIDE, WIDTH, pixels, tight_size};

const PLAIN: [&str; 7] = [
    "direction",
    "stream_id",
    "sequence",
    "width",
    "height",
    "format",
    "timestamp",
];

/// The pixels of a frame that was lent in place.
fn in_place(message: &Message, map: &LentMap) -> Vec<u8> {
    let mut all = Vec::new();
    for (plane, row_bytes) in message.planes().into_iter().zip([WIDTH as usize, 38]) {
        assert_eq!(plane.stride, STRIDE);
        for row in 0..plane.size / u64::from(STRIDE) {
            let offset = plane.offset + row * u64::from(STRIDE);
            all.extend(read(map, offset, row_bytes));
        }
    }
    all
}

#[test]
fn a_plain_consumer_gets_seven_members_and_a_tight_copy() {
    let stage = Stage::usual();
    let mut client = stage.client();
    for sequence in 1..=20 {
        stage.feed.publish("cam1", sequence);
        let message = client.next();
        assert_eq!(message.keys(), PLAIN);
        assert_eq!(message.json["direction"], "send");
        assert_eq!(message.json["stream_id"], "cam1");
        assert_eq!(message.json["format"], "NV12");
        assert_eq!(message.json["width"], WIDTH);
        assert_eq!(message.json["height"], HEIGHT);
        let timestamp = 1_700_000_000_000_000_000_i64 + sequence;
        assert_eq!(message.json["timestamp"], timestamp);
        assert_eq!(message.sequence(), sequence);
        assert_eq!(message.bytes(tight_size()), pixels("cam1", sequence));
        // The copy is its own: the publisher has its memory back.
        assert_eq!(stage.feed.held("cam1"), 0);
        client.give_back("cam1", sequence);
    }
    let report = until(&stage.engine, "returned", |report| {
        report.total.frames.returned == 20
    });
    assert_eq!((report.total.frames.sent, report.total.copied), (20, 20));
    assert_eq!(report.total.dropped, 0);
}

#[test]
fn a_consumer_that_said_hello_gets_each_memory_once_and_frames_in_place() {
    let stage = Stage::usual();
    let mut client = stage.client();
    client.hello(1);
    until(&stage.engine, "greeted", |report| {
        report.consumers[0].version == 1
    });
    let mut seen = std::collections::BTreeMap::new();
    for sequence in 1..=3 {
        stage.feed.publish("cam1", sequence);
        let message = client.next();
        assert_eq!(message.json["v"], 1);
        assert_eq!(message.json["clock"], "realtime");
        assert_eq!(message.json["pts_ns"], sequence * 40_000_000);
        assert_eq!(message.json["modifier"], 0);
        let id = message.json["buffer_id"].as_u64().expect("a number");
        assert_eq!(message.fds.len(), 1, "each frame has a memory of its own");
        let fd = message.fds[0].try_clone().expect("a copy");
        let map = LentMap::new(fd).expect("it maps");
        assert_eq!(map.kind(), MemoryKind::Memfd);
        assert_eq!(in_place(&message, &map), pixels("cam1", sequence));
        assert!(seen.insert(id, map).is_none(), "a new number each");
        assert_eq!(stage.feed.held("cam1"), 1, "as long as it is lent");
        client.give_back("cam1", sequence);
        until(&stage.engine, "back", |report| {
            report.total.frames.in_flight == 0
        });
        assert_eq!(stage.feed.held("cam1"), 0);
    }
    assert_eq!(stage.engine.report().total.copied, 0);
}

#[test]
fn a_memory_that_is_known_is_named_without_its_descriptor() {
    let stage = Stage::usual();
    let mut client = stage.client();
    client.hello(1);
    until(&stage.engine, "greeted", |report| {
        report.consumers[0].version == 1
    });
    stage.feed.publish("cam1", 1);
    let first = client.next();
    assert_eq!(first.fds.len(), 1);
    client.give_back("cam1", 1);
    until(&stage.engine, "free", |_| stage.feed.held("cam1") == 0);
    stage.feed.publish_in_same_memory("cam1", 2);
    let again = client.next();
    assert_eq!(again.sequence(), 2);
    assert_eq!(again.fds.len(), 0);
    assert_eq!(again.json["buffer_id"], first.json["buffer_id"]);
}

#[test]
fn a_hello_in_mid_stream_leaves_frames_in_flight_as_they_are() {
    let stage = Stage::usual();
    let mut client = stage.client();
    stage.feed.publish("cam1", 1);
    let plain = client.next();
    assert_eq!(plain.keys(), PLAIN);
    client.hello(1);
    until(&stage.engine, "greeted", |report| {
        report.consumers[0].version == 1
    });
    stage.feed.publish("cam1", 2);
    let full = client.next();
    assert_eq!(full.json["v"], 1);
    assert_eq!(plain.bytes(tight_size()), pixels("cam1", 1));
    client.give_back("cam1", 1);
    client.give_back("cam1", 2);
    until(&stage.engine, "back", |report| {
        report.total.frames.returned == 2
    });
    client.hello(7);
    client.hello(0);
    until(&stage.engine, "plain again", |report| {
        report.consumers[0].version == 0
    });
    stage.feed.publish("cam1", 3);
    assert_eq!(client.next().keys(), PLAIN);
}

#[test]
fn it_is_told_how_each_consumer_is_lent_frames() {
    let stage = Stage::usual();
    let mut client = stage.client();
    let lending = |expected: &[(&str, Lending)]| {
        until(&stage.engine, "told", |report| {
            let told = report.consumers[0].lending.iter();
            let told = told.map(|(stream, lending)| (stream.as_str(), *lending));
            told.eq(expected.iter().copied())
        });
    };
    lending(&[]);
    stage.feed.publish("cam1", 1);
    client.next();
    lending(&[("cam1", Lending::CopiedWithoutHello)]);
    client.hello(1);
    until(&stage.engine, "greeted", |report| {
        report.consumers[0].version == 1
    });
    stage.feed.publish("cam2", 1);
    client.next();
    let before = ("cam1", Lending::CopiedWithoutHello);
    lending(&[before, ("cam2", Lending::InPlace)]);
    stage.feed.publish("cam1", 2);
    client.next();
    lending(&[("cam1", Lending::InPlace), ("cam2", Lending::InPlace)]);
}

#[test]
fn the_newest_wins_when_there_is_room_and_the_others_are_counted() {
    let stage = Stage::usual();
    let mut client = stage.client();
    stage.feed.publish("cam1", 1);
    assert_eq!(client.next().sequence(), 1);
    stage.feed.publish("cam1", 2);
    assert_eq!(client.next().sequence(), 2);
    for sequence in 3..=9 {
        stage.feed.publish("cam1", sequence);
    }
    assert!(
        client
            .within(std::time::Duration::from_millis(100))
            .is_none()
    );
    client.give_back("cam1", 1);
    assert_eq!(client.next().sequence(), 9);
    let report = until(&stage.engine, "counted", |report| report.total.dropped == 6);
    assert_eq!(report.total.frames.sent, 3);
}

#[test]
fn a_stream_whose_window_is_full_keeps_no_other_from_being_seen() {
    let stage = Stage::new(|options, _| options.window = 1);
    let mut client = stage.client();
    stage.feed.publish("cam1", 1);
    assert_eq!(client.next().json["stream_id"], "cam1");
    for sequence in 2..20 {
        stage.feed.publish("cam1", sequence);
        stage.feed.publish("cam2", sequence);
        let message = client.next();
        assert_eq!(message.json["stream_id"], "cam2");
        assert_eq!(message.sequence(), sequence);
        client.give_back("cam2", sequence);
    }
    client.give_back("cam1", 1);
    assert_eq!(client.next().sequence(), 19);
}

#[test]
fn a_copy_of_a_frame_that_was_taken_back_meanwhile_is_dropped_and_counted() {
    let stage = Stage::usual();
    let mut client = stage.client();
    stage.feed.evict("cam1", true);
    for sequence in 1..=3 {
        stage.feed.publish("cam1", sequence);
        until(&stage.engine, "dropped", |report| {
            report.total.dropped == sequence as u64
        });
        assert_eq!(stage.feed.held("cam1"), 0);
    }
    stage.feed.evict("cam1", false);
    stage.feed.publish("cam1", 4);
    let message = client.next();
    assert_eq!(message.sequence(), 4, "the first that is whole");
    assert_eq!(message.bytes(tight_size()), pixels("cam1", 4));
    client.give_back("cam1", 4);
    let report = until(&stage.engine, "returned", |report| {
        report.total.frames.returned == 1
    });
    assert_eq!((report.total.frames.sent, report.total.copied), (1, 1));
    assert_eq!(report.total.dropped, 3);
}
