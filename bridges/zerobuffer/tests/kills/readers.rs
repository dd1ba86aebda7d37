//! Readers are killed; their writer is told, and goes on with the next one.

use std::time::Duration;

use crate::doomed;
use crate::support::actor::Actor;
use crate::support::chance::Chance;
use crate::support::{assert_nothing_left, campaign, unique};

/// Points while a buffer is made.
const MAKING: [&str; 3] = ["LockTaken", "SemaphoresMade", "SegmentLinked"];
/// Points while frames are read.
const READING: [&str; 3] = ["TokenTaken", "ReadPositionStored", "SpaceGiven"];
/// The point while a buffer is closed.
const CLOSING: &str = "SemaphoresRemoved";

const CREATE: &str = "create 64 4200";
const PUMP: &str = "pump 1000";

/// One reader of the buffer `name` lives and dies, `writer` sees it.
fn live_and_die(name: &str, writer: &mut Actor, chance: &mut Chance, round: u32) {
    if round % 2 == 1 {
        return die_at_any_time(name, writer, chance);
    }
    let all = MAKING.len() + READING.len() + 1;
    let which = (round / 2) as usize % all;
    if let Some(point) = MAKING.get(which) {
        let mut reader = doomed(name, Some(point));
        reader.tell(CREATE);
        reader.reap();
        return;
    }
    let Some(point) = READING.get(which - MAKING.len()) else {
        let mut reader = doomed(name, Some(CLOSING));
        reader.expect(CREATE, "created");
        writer.expect("connect", "connected");
        writer.expect("write-many 1000 3", "wrote 3");
        reader.expect("take 2", "took 2 1 2");
        reader.tell("close");
        reader.reap();
        is_told_of_its_death(writer, PUMP);
        return;
    };
    let nth = 1 + chance.below(9);
    let mut reader = doomed(name, Some(&format!("{point}:{nth}")));
    reader.expect(CREATE, "created");
    writer.expect("connect", "connected");
    writer.tell(PUMP);
    reader.tell("take 1000000");
    reader.reap();
    was_told_of_its_death(writer);
}

fn die_at_any_time(name: &str, writer: &mut Actor, chance: &mut Chance) {
    let mut reader = doomed(name, None);
    reader.expect(CREATE, "created");
    writer.expect("connect", "connected");
    writer.tell(PUMP);
    reader.tell("take 1000000");
    chance.pause(Duration::from_millis(10));
    reader.strike();
    reader.reap();
    was_told_of_its_death(writer);
}

#[track_caller]
fn is_told_of_its_death(writer: &mut Actor, order: &str) {
    writer.tell(order);
    was_told_of_its_death(writer);
}

/// The writer of any language ends its pump: it may meet a full buffer before it looks for its
/// reader, if it is the peer's.
#[track_caller]
fn was_told_of_its_death(writer: &mut Actor) {
    let answer = writer.answer();
    let kind = answer.rsplit(' ').next().expect("a word");
    let is_dead = kind.starts_with("ReaderDead") || kind == "BufferFullException";
    assert!(answer.starts_with("pumped ") && is_dead, "{answer}");
}

/// `rounds` readers are killed; after each another reads what `writer` writes.
pub fn kill(name: &str, writer: &mut Actor, rounds: u32) {
    let mut chance = Chance::new();
    for round in 0..rounds {
        live_and_die(name, writer, &mut chance, round);
        let mut successor = Actor::start(name);
        successor.expect(CREATE, "created");
        writer.expect("connect", "connected");
        writer.tell("write-many 1000 20");
        successor.expect("take 20", "took 20 1 20");
        assert_eq!(writer.answer(), "wrote 20");
        successor.end();
        assert_nothing_left(name);
    }
}

#[test]
fn readers_of_a_writer_of_ours() {
    let name = unique("kill-readers");
    let mut writer = Actor::start(&name);
    kill(&name, &mut writer, campaign(225));
    writer.end();
    assert_nothing_left(&name);
}
