//! Frames that do not come back, or come back late.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use frame_lending::engine::Observer;
use frame_lending::message::DetectionMessage;

use super::Stage;
use super::client::{returned, until};
use super::feed::{pixels, tight_size};

#[derive(Default)]
struct Notes(Mutex<Vec<String>>);

impl Observer for Notes {
    fn returned(&self, message: &DetectionMessage, is_late: bool) {
        let found = message.detections.len();
        let note = format!(
            "{} {} {found} {is_late} {}",
            message.stream_id, message.sequence, message.frame_timestamp
        );
        self.0.lock().expect("no test panicked").push(note);
    }

    fn timed_out(&self, _: &str, stream: &str, sequence: i64) {
        let note = format!("{stream} {sequence} timed out");
        self.0.lock().expect("no test panicked").push(note);
    }
}

#[test]
fn a_late_frame_is_told_once_keeps_its_memory_and_counts_in_the_window() {
    let notes = Arc::new(Notes::default());
    let stage = Stage::new(|options, _| {
        // Long enough for the third frame to be returned in time on a machine that is busy.
        options.timeout = Duration::from_millis(500);
        options.observer = notes.clone();
    });
    let mut client = stage.client();
    stage.feed.publish("cam1", 1);
    let first = client.next();
    stage.feed.publish("cam1", 2);
    let second = client.next();
    let report = until(&stage.engine, "late", |report| {
        report.total.frames.timed_out == 2
    });
    assert_eq!(report.total.quarantined, 2);
    stage.feed.publish("cam1", 3);
    assert!(client.within(Duration::from_millis(100)).is_none());
    assert_eq!(first.bytes(tight_size()), pixels("cam1", 1));
    assert_eq!(second.bytes(tight_size()), pixels("cam1", 2));
    client.give_back("cam1", 2);
    assert_eq!(client.next().sequence(), 3);
    client.give_back("cam1", 3);
    client.give_back("cam1", 3);
    let report = until(&stage.engine, "unknown", |report| {
        report.total.frames.unknown == 1
    });
    let frames = report.total.frames;
    assert_eq!((frames.late, frames.returned, frames.sent), (1, 1, 3));
    let notes = notes.0.lock().expect("no test panicked").clone();
    let told = [
        "cam1 1 timed out",
        "cam1 2 timed out",
        "cam1 2 0 true 1700000000000000002",
        "cam1 3 0 false 1700000000000000003",
    ];
    assert_eq!(notes, told);
}

#[test]
fn quarantine_ends_before_the_publisher_ends_the_lease() {
    let stage = Stage::new(|options, feed| {
        options.timeout = Duration::from_millis(20);
        feed.time_limit = Some(Duration::from_secs(1));
    });
    let mut client = stage.client();
    client.hello(1);
    until(&stage.engine, "greeted", |report| {
        report.consumers[0].version == 1
    });
    // Before the lease can begin: what is held up here makes the time only longer.
    let begun = std::time::Instant::now();
    stage.feed.publish("cam1", 1);
    client.next();
    until(&stage.engine, "late", |report| {
        report.total.quarantined == 1
    });
    assert_eq!(stage.feed.held("cam1"), 1);
    until(&stage.engine, "over", |report| {
        report.total.quarantined == 0
    });
    // Four fifths of it; the engine may have looked at its clock just before.
    assert!(begun.elapsed() >= Duration::from_millis(750));
    until(&stage.engine, "free", |_| stage.feed.held("cam1") == 0);
    client.give_back("cam1", 1);
    let report = until(&stage.engine, "unknown", |report| {
        report.total.frames.unknown == 1
    });
    assert_eq!(report.total.frames.late, 0);
}

#[test]
fn quarantine_ends_at_once_when_the_publisher_is_short() {
    let stage = Stage::new(|options, _| options.timeout = Duration::from_millis(20));
    // What it dropped before is not due to this consumer.
    stage.feed.run_short("cam1");
    let mut plain = stage.client();
    let mut full = stage.client();
    full.hello(1);
    until(&stage.engine, "greeted", |report| {
        report.consumers.iter().any(|row| row.version == 1)
    });
    stage.feed.publish("cam1", 1);
    let copy = plain.next();
    full.next();
    until(&stage.engine, "late", |report| {
        report.total.quarantined == 2
    });
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(stage.engine.report().total.quarantined, 2);
    let until_free = || {
        // Only one of the two consumers' threads hears of it.
        stage.feed.run_short("cam1");
        stage.feed.held("cam1") == 0
    };
    until(&stage.engine, "free", |_| until_free());
    let report = until(&stage.engine, "told", |report| {
        report.total.quarantined == 1
    });
    assert_eq!(report.total.frames.timed_out, 2);
    // The copy keeps nothing of the publisher's.
    assert_eq!(copy.bytes(tight_size()), pixels("cam1", 1));
}

#[test]
fn what_a_consumer_had_when_it_went_away_is_abandoned() {
    let stage = Stage::usual();
    let mut client = stage.client();
    client.hello(1);
    until(&stage.engine, "greeted", |report| {
        report.consumers[0].version == 1
    });
    stage.feed.publish("cam1", 1);
    client.next();
    stage.feed.publish("cam2", 1);
    client.next();
    drop(client);
    let report = until(&stage.engine, "gone", |report| report.gone == 1);
    assert_eq!(report.total.frames.abandoned, 2);
    assert_eq!(stage.feed.held("cam1") + stage.feed.held("cam2"), 0);
    assert!(report.consumers.is_empty());
}

#[test]
fn an_engine_that_stops_abandons_what_is_lent_and_removes_its_socket() {
    let stage = Stage::usual();
    let path = stage.engine.socket().to_owned();
    let mut client = stage.client();
    stage.feed.publish("cam1", 1);
    client.next();
    let report = stage.engine.stop();
    assert_eq!(report.total.frames.abandoned, 1);
    assert!(report.total.frames.is_balanced());
    assert!(!path.exists());
    assert!(client.is_closed());
}

#[test]
fn errors_and_other_states_are_counted_apart() {
    let stage = Stage::usual();
    let mut client = stage.client();
    let say = |client: &super::client::Client, sequence, status| {
        let message = returned("cam1", sequence, status);
        client.say(&serde_json::to_vec(&message).expect("JSON"));
    };
    stage.feed.publish("cam1", 1);
    client.next();
    say(&client, 1, "skipped");
    let answer = client.next();
    assert_eq!(answer.json["error"]["code"], "status");
    assert_eq!(stage.engine.report().total.frames.in_flight, 1);
    say(&client, 1, "error");
    until(&stage.engine, "an error", |report| {
        report.total.frames.errors == 1
    });
    client.hello(1);
    until(&stage.engine, "greeted", |report| {
        report.consumers[0].version == 1
    });
    stage.feed.publish("cam1", 2);
    client.next();
    say(&client, 2, "skipped");
    let report = until(&stage.engine, "back", |report| {
        report.total.frames.returned == 1
    });
    assert_eq!((report.total.frames.sent, report.total.malformed), (2, 1));
}
