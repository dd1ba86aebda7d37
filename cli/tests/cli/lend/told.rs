//! What is told of how each consumer gets the frames of a key.

use frame_lending::consumer::{Consumer, ConsumerOptions};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::{Place, assert_signal, text, until};

use super::small::{SIZE, camera, pass};
use super::{lend, plain, report, socket, subscribers};

const COPIED: &str = "copied: the consumer did not say hello";

/// The memory of each key, as the consumer that said hello is told to get it, or the other one.
fn memory(report: &Value, version: u32) -> &Value {
    let rows = report["consumers"].as_array().expect("a list");
    let row = rows.iter().find(|row| row["v"] == version);
    &row.unwrap_or_else(|| panic!("{report}"))["memory"]
}

#[test]
fn a_consumer_that_did_not_say_hello_is_told_to_get_copies() {
    let place = Place::new();
    let mut camera = camera(&place);
    let mut engine = lend(&place, "--timeout-ms 60000");
    let path = socket(&place, "engine.sock");
    // One more than there will be, so that it stays.
    let mut plain = plain(&path, SIZE, 2);
    let mut full = Consumer::connect(&ConsumerOptions::at(&path)).expect("it listens");
    let before = report(&mut engine, |report| {
        let rows = report["consumers"].as_array().expect("a list");
        rows.len() == 2 && rows.iter().any(|row| row["v"] == 1)
    });
    assert_eq!(before["keys"][0]["memory"], Value::Null);
    assert_eq!(
        (memory(&before, 0), memory(&before, 1)),
        (&json!({}), &json!({}))
    );
    until("subscribe", || subscribers(&place) == 2);
    pass(&mut camera, 1, &mut full);
    plain.read_line();
    let told = report(&mut engine, |report| report["returned"] == 2);
    assert_eq!(told["keys"][0]["memory"], "in place");
    assert_eq!(memory(&told, 0), &json!({ &place.key: COPIED }));
    assert_eq!(memory(&told, 1), &json!({ &place.key: "in place" }));
    drop((plain, full));
    engine.signal(Signal::TERM);
    let output = engine.output();
    assert_signal(output.status, Signal::TERM);
    let said = text(&output.stderr);
    assert!(
        said.contains(&format!("{}: memory in place\n", place.key)),
        "{said}"
    );
    let copied = format!("{}: copied for process ", place.key);
    let lines: Vec<_> = said.lines().filter(|line| line.contains(&copied)).collect();
    assert_eq!(lines.len(), 1, "{said}");
    assert!(lines[0].ends_with(", which did not say hello"), "{said}");
}
