//! Consumers are killed, half of them at named points.

use std::time::Duration;

use cuframes_tests::{Chance, Line, count};
use rustix::process::Signal;

use crate::account::Frames;
use crate::engine::Planted;
use crate::stage::{Service, Stage, WINDOW};

/// Points while a frame is taken and returned, and how many frames a consumer that dies there has at
/// least.
const POINTS: [(&str, u64); 4] = [
    ("FrameReceived", 1),
    ("FrameMapped", 1),
    ("ReturnBuilt", 1),
    ("ReturnSent", 0),
];

/// What a dead consumer had told.
#[derive(Default)]
struct Told {
    frames: u64,
    back: u64,
}

impl Told {
    fn of(lines: &[Line]) -> Told {
        let mut told = Told::default();
        for line in lines {
            match line.word() {
                "FRAME" => {
                    assert!(line.is("whole"), "{line}");
                    told.frames += 1;
                }
                "BACK" => told.back += 1,
                "READY" => {}
                _ => panic!("{line}"),
            }
        }
        told
    }
}

/// A consumer dies at a point that both libraries have, for the n-th time.
fn die_at_a_point(stage: &mut Stage, service: &mut Service, which: u64, chance: &mut Chance) {
    let (point, least) = POINTS[which as usize % POINTS.len()];
    let nth = 1 + chance.below(8);
    let failpoint = format!("{point}:{nth}");
    let is_plain = which / 4 % 2 == 1;
    let hello = ["hello=1", "hello=0"][usize::from(is_plain)];
    let mut victim = match which / 8 % 2 {
        0 => stage.consumer(&[hello], Some(&failpoint)),
        _ => stage.python(&failpoint, is_plain),
    };
    assert!(!victim.reap().success(), "{failpoint}: it was killed");
    let told = Told::of(&victim.rest());
    let frames = bury(stage, service);
    assert_eq!(frames.back(), nth - least, "{failpoint}: {frames:?}");
    assert!(told.back <= frames.back() && told.frames <= frames.sent);
    let had = frames.sent - frames.back();
    assert!((least..=WINDOW).contains(&had), "{failpoint}: {frames:?}");
}

/// A consumer dies with all that it may have in quarantine, or returns it late before.
fn die_late(stage: &mut Stage, service: &mut Service, returns: bool, is_plain: bool) {
    let hello = ["hello=1", "hello=0"][usize::from(is_plain)];
    let mut victim = stage.consumer(&["keep=1", "name=late", hello], None);
    let name = match is_plain {
        true => format!("process {}", victim.pid()),
        false => "late".to_owned(),
    };
    let is = |frames: Frames, late| {
        (frames.quarantined, frames.late) == (WINDOW - late, late) && frames.timed_out == WINDOW
    };
    service.engine.until("in quarantine", |account| {
        account.consumer(&name).is_some_and(|frames| is(frames, 0))
    });
    if returns {
        victim.tell("return");
        // It is lent others then, and keeps them.
        service.engine.until("late", |account| {
            let frames = account.consumer(&name);
            frames.is_some_and(|frames| frames.late == WINDOW)
        });
    }
    victim.signal(Signal::KILL);
    victim.reap();
    Told::of(&victim.rest());
    let frames = bury(stage, service);
    let late = u64::from(returns) * WINDOW;
    assert_eq!((frames.late, frames.returned), (late, 0), "{frames:?}");
    assert!(frames.timed_out >= WINDOW, "{frames:?}");
    assert!(frames.sent <= WINDOW + late, "{frames:?}");
}

/// A consumer dies right after a return, with a frame that it has not even read: the kernel tells of
/// that before it gives the return.
fn die_with_mail(stage: &mut Stage, service: &mut Service, is_plain: bool) {
    let hello = ["hello=1", "hello=0"][usize::from(is_plain)];
    let options = ["keep=1", "most=1", "name=late", hello];
    let mut victim = stage.consumer(&options, Some("ReturnSent"));
    let name = match is_plain {
        true => format!("process {}", victim.pid()),
        false => "late".to_owned(),
    };
    victim.expect("READY");
    victim.expect("FRAME");
    service.engine.until("two are sent", |account| {
        let frames = account.consumer(&name);
        frames.is_some_and(|frames| frames.sent == WINDOW)
    });
    // It gets round to the return only when its consumer is dead.
    service.engine.peer().signal(Signal::STOP);
    victim.tell("return");
    assert!(!victim.reap().success(), "it was killed");
    service.engine.peer().signal(Signal::CONT);
    let frames = bury(stage, service);
    assert_eq!(frames.back(), 1, "{frames:?}");
    assert!((WINDOW..=WINDOW + 1).contains(&frames.sent), "{frames:?}");
}

/// A consumer is killed at some moment.
fn die_at_any_time(stage: &mut Stage, service: &mut Service, chance: &mut Chance) {
    let hello = ["hello=1", "hello=0"][chance.below(2) as usize];
    let mut victim = match chance.below(3) {
        0 => stage.python("", hello == "hello=0"),
        _ => stage.consumer(&[hello], None),
    };
    victim.expect("READY");
    chance.pause(Duration::from_millis(40));
    victim.signal(Signal::KILL);
    victim.reap();
    let told = Told::of(&victim.rest());
    let frames = bury(stage, service);
    let back = frames.back();
    assert!([told.back, told.back + 1].contains(&back), "{frames:?}");
    assert!(told.frames <= frames.sent, "{frames:?}");
    assert!(frames.sent - back <= WINDOW, "{frames:?}");
}

/// A consumer is dead: nothing is left of it, and nobody else noticed. Its frames.
fn bury(stage: &mut Stage, service: &mut Service) -> Frames {
    let frames = service.settle(stage, 1);
    assert_eq!(frames.errors, 0, "{frames:?}");
    stage.run();
    frames
}

/// One consumer lives and dies.
fn live_and_die(stage: &mut Stage, service: &mut Service, round: u64, chance: &mut Chance) {
    if round % 2 == 1 {
        return die_at_any_time(stage, service, chance);
    }
    let turn = round / 12;
    match round / 2 % 6 {
        4 => die_late(stage, service, turn.is_multiple_of(2), turn / 2 % 2 == 1),
        5 => die_with_mail(stage, service, turn.is_multiple_of(2)),
        step => die_at_a_point(stage, service, turn * 4 + step, chance),
    }
}

fn kill(rounds: u64) {
    let mut stage = Stage::new();
    let mut service = Service::new(&mut stage, Planted::default());
    let mut chance = Chance::new();
    for round in 0..rounds {
        live_and_die(&mut stage, &mut service, round, &mut chance);
    }
    let last = service.end(&mut stage);
    println!("{rounds} consumers are dead: {last:?}");
    stage.end();
}

#[test]
fn consumers_die_and_all_their_frames_are_accounted_for() {
    kill(count(350));
}

/// What the controls plant has to be seen by these.
pub fn one_dies_with_frames(stage: &mut Stage, service: &mut Service) {
    die_late(stage, service, false, false);
}

pub fn one_dies_after_it_was_late(stage: &mut Stage, service: &mut Service) {
    die_late(stage, service, true, false);
}

pub fn one_dies_with_a_frame_in_hand(stage: &mut Stage, service: &mut Service) {
    die_at_a_point(stage, service, 0, &mut Chance::new());
}
