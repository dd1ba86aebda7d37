//! The survivor is the Python implementation.

use std::path::Path;
use std::process::Command;

use crate::support::actor::Actor;
use crate::support::role::NAME;
use crate::support::{assert_nothing_left, campaign, unique};
use crate::writers::{self, Survivor};
use crate::{doomed, readers};

/// A process in Python that answers as one of ours does.
fn survivor(name: &str) -> Actor {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kills/survivor.py");
    let mut command = Command::new(zerobuffer_peer::python());
    // No compiled files in the sources.
    command.args(["-u", "-B"]).arg(script).env(NAME, name);
    Actor::spawn(command)
}

#[test]
fn writers_of_a_python_reader() {
    let name = unique("kill-writers-python");
    let mut reader = survivor(&name);
    reader.expect("create 64 4200", "created");
    let mut survivor = Survivor {
        reader,
        last: 0,
        mends: false,
    };
    writers::kill(&name, &mut survivor, campaign(250).div_ceil(10));
    survivor.reader.end();
    // It leaves its semaphores, always; a reader of ours takes them away.
    Actor::reader(&name, 0, 64).end();
    assert_nothing_left(&name);
}

/// The successor writes a frame and closes; the reader gets the dead writer's frame by the token of
/// that, and the successor stays until it can tell it of the other.
#[test]
fn a_frame_that_nobody_was_told_of_keeps_no_python_reader_behind() {
    let name = unique("kill-untold-python");
    let mut reader = survivor(&name);
    reader.expect("create 64 4200", "created");
    let mut writer = doomed(&name, Some("FrameCounted:1"));
    writer.tell("connect");
    assert_eq!(writer.answer(), "connected");
    writer.tell("pump 1000");
    writer.reap();
    let mut successor = Actor::writer(&name);
    successor.expect("write-many 1000 1", "wrote 1");
    successor.tell("close");
    reader.tell("take 2");
    assert_eq!(reader.answer(), "took 2 1 2");
    assert_eq!(successor.answer(), "closed");
    successor.end();
    reader.end();
    Actor::reader(&name, 0, 64).end();
    assert_nothing_left(&name);
}

#[test]
fn readers_of_a_python_writer() {
    let name = unique("kill-readers-python");
    let mut writer = survivor(&name);
    readers::kill(&name, &mut writer, campaign(250).div_ceil(10));
    writer.end();
    assert_nothing_left(&name);
}
