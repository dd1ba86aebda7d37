//! Consumers that are gone before the engine has heard what they said.

use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};

use frame_lending::engine::Observer;
use frame_lending::message::DetectionMessage;

use super::Stage;
use super::client::{LONG, returned, until};

/// Messages: more than an engine takes before it looks for frames again.
const MESSAGES: u64 = 100;

/// Holds the engine up at the first frame that comes back, until it is told to go on.
struct Gate(Mutex<Option<Receiver<()>>>);

impl Observer for Gate {
    fn returned(&self, _: &DetectionMessage, _: bool) {
        let gate = self.0.lock().expect("nobody panicked").take();
        if let Some(gate) = gate {
            gate.recv_timeout(LONG).expect("it is opened");
        }
    }
}

#[test]
fn all_that_a_dead_consumer_said_is_heard_though_it_can_be_sent_nothing() {
    let (open, gate) = channel();
    let stage = Stage::new(|options, _| {
        options.observer = std::sync::Arc::new(Gate(Mutex::new(Some(gate))));
    });
    let mut client = stage.client();
    stage.feed.publish("cam1", 1);
    client.next();
    client.give_back("cam1", 1);
    let unknown = returned("cam2", 7, "success").to_string();
    for _ in 0..MESSAGES {
        client.say(unknown.as_bytes());
    }
    drop(client);
    stage.feed.publish("cam1", 2);
    open.send(()).expect("the engine waits");
    let report = until(&stage.engine, "gone", |report| report.gone == 1);
    let frames = report.total.frames;
    assert_eq!((frames.returned, frames.unknown), (1, MESSAGES));
    assert_eq!(
        (frames.sent, report.total.dropped),
        (1, 1),
        "the one nobody is there for"
    );
}
