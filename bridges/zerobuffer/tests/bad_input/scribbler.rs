//! A third process writes whatever it likes over the shared fields and headers, while both sides
//! work: each of them stops with an error or goes on, and ends as a program does.

use crate::support::actor::Actor;
use crate::support::campaign;
use crate::support::{assert_nothing_left, unique};

/// Both sides work while bytes of the region `what` get random values.
fn survive(what: &str) {
    let mut ended_with_errors = 0;
    for round in 0..campaign(200) {
        let name = unique("scribbled");
        let mut reader = Actor::reader(&name, 256, 4096);
        let mut writer = Actor::writer(&name);
        let mut scribbler = Actor::start(&name);
        writer.expect("timeout 2", "ok");
        scribbler.tell(&format!("scribble {what} {round} 100000"));
        writer.tell("toil-writing 200");
        reader.tell("toil-reading 300");
        scribbler.answer();
        let answers = [writer.answer(), reader.answer()];
        let errors = answers.iter().filter(|answer| !answer.ends_with(" 0"));
        ended_with_errors += errors.count();
        scribbler.end();
        writer.end();
        reader.end();
        assert_nothing_left(&name);
    }
    assert!(ended_with_errors > 0, "it was noticed at least once");
}

#[test]
fn over_positions_and_counters() {
    survive("fields");
}

#[test]
fn over_headers_and_data() {
    survive("payload");
}

#[test]
fn over_everything() {
    survive("all");
}
