//! Writers are killed; a reader reads on, and the next writer continues.

use std::time::Duration;

use crate::support::actor::Actor;
use crate::support::chance::Chance;
use crate::support::raw::{Raw, field};
use crate::support::{assert_nothing_left, campaign, unique};
use crate::{doomed, numbers};

/// Points at which a writer dies.
const POINTS: [&str; 9] = [
    "WriterStored",
    "PlaceBegun",
    "HeaderWritten",
    "SpaceTaken",
    "PositionStored",
    "FrameCounted",
    "FramePosted",
    "WaitsForSpace",
    "TailTaken",
];
const FRAME: u64 = 1000;
/// Of 4 frames, and a rest.
const PAYLOAD: u64 = 4200;

/// A reader of any language, and the number of the last frame that it read.
pub struct Survivor {
    pub reader: Actor,
    pub last: u64,
    /// It reads what a writer had written when it died, and gives back what that had just taken, so
    /// that frames and space can be counted exactly. Readers in other languages do not: the space is
    /// lost to them, and the last frame comes when a later writer finds them waiting.
    pub mends: bool,
}

impl Survivor {
    /// Takes an answer to `follow`: how many frames it read.
    #[track_caller]
    fn followed(&mut self) -> u64 {
        let answer = self.reader.answer();
        let (count, last) = numbers(&answer, "followed");
        if count > 0 {
            assert_eq!(last, self.last + count, "none is missing, none comes twice");
            self.last = last;
        }
        count
    }

    /// Reads what there is until nobody writes.
    #[track_caller]
    fn rest(&mut self) -> u64 {
        self.reader.tell("follow");
        self.followed()
    }
}

/// One writer lives and dies at a named point.
fn die_at_a_point(name: &str, survivor: &mut Survivor, chance: &mut Chance, round: u32) {
    let point = POINTS[round as usize % POINTS.len()];
    let waits = point == "WaitsForSpace";
    let nth = match point {
        "WriterStored" | "WaitsForSpace" => 1,
        _ => 1 + chance.below(9),
    };
    // How many frames are there when it is met for the n-th time.
    let expected = match point {
        "FrameCounted" | "FramePosted" => nth..=nth,
        // That of the beginning is one too, which comes after every fourth frame.
        "PositionStored" => nth.saturating_sub(2)..=nth,
        "TailTaken" => 4 * (nth - 1)..=4 * nth,
        "WaitsForSpace" => 4..=4,
        _ => nth - 1..=nth - 1,
    };
    let mut writer = doomed(name, Some(&format!("{point}:{nth}")));
    writer.tell("connect");
    if point != "WriterStored" {
        assert_eq!(writer.answer(), "connected");
    }
    writer.tell(&format!("pump {FRAME}"));
    let mut read = 0;
    if waits {
        writer.reap();
    } else {
        survivor.reader.tell("follow");
        // At once, as a zombie looks alive to readers in other languages.
        writer.reap();
        read += survivor.followed();
    }
    read += survivor.rest();
    assert!(
        !survivor.mends || expected.contains(&read),
        "{read} after a death at {point}:{nth}"
    );
}

/// One writer lives and is killed at some moment.
fn die_at_any_time(name: &str, survivor: &mut Survivor, chance: &mut Chance) {
    let mut writer = doomed(name, None);
    writer.tell("connect");
    writer.tell(&format!("pump {FRAME}"));
    if chance.below(4) > 0 {
        assert_eq!(writer.answer(), "connected");
    }
    survivor.reader.tell("follow");
    chance.pause(Duration::from_millis(10));
    writer.strike();
    writer.reap();
    survivor.followed();
    survivor.rest();
}

/// `rounds` writers are killed; after each another writes, whom `survivor` reads.
pub fn kill(name: &str, survivor: &mut Survivor, rounds: u32) {
    let mut chance = Chance::new();
    let mut successor = Actor::start(name);
    for round in 0..rounds {
        match round % 2 {
            0 => die_at_a_point(name, survivor, &mut chance, round / 2),
            _ => die_at_any_time(name, survivor, &mut chance),
        }
        successor.expect("connect", "connected");
        successor.tell(&format!("write-many {FRAME} 20"));
        let (first, last) = (survivor.last + 1, survivor.last + 20);
        let reader = &mut survivor.reader;
        reader.expect("take 20", &format!("took 20 {first} {last}"));
        survivor.last = last;
        assert_eq!(successor.answer(), "wrote 20");
        successor.expect("close", "closed");
        let rest = survivor.rest();
        assert!(!survivor.mends || rest == 0, "round {round}: {rest} more");
        let raw = Raw::open(name);
        let free = raw.get(field::PAYLOAD_FREE);
        let payload = raw.get(field::PAYLOAD_SIZE);
        match survivor.mends {
            true => assert_eq!(free, payload, "round {round}"),
            false => assert!((FRAME..=payload).contains(&free), "round {round}: {free}"),
        }
        assert_eq!(raw.unread(), 0, "round {round}");
    }
    successor.end();
}

#[test]
fn writers_of_a_reader_of_ours() {
    let name = unique("kill-writers");
    let reader = Actor::reader(&name, 64, PAYLOAD);
    let mut survivor = Survivor {
        reader,
        last: 0,
        mends: true,
    };
    kill(&name, &mut survivor, campaign(225));
    survivor.reader.end();
    assert_nothing_left(&name);
}
