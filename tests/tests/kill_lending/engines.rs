//! Engines are killed, half of them at named points; their consumers find the next one.

use std::time::Duration;

use cuframes_tests::{Chance, count, traces};
use rustix::process::Signal;

use crate::engine::{Engine, Planted};
use crate::stage::{Patient, Service, Stage, WINDOW};

const POINTS: [&str; 7] = [
    "FrameTaken",
    "FramePacked",
    "FrameCounted",
    "FrameSent",
    "ReturnRead",
    "ReturnCounted",
    "Quarantined",
];

/// One engine lives and dies.
fn live_and_die(stage: &mut Stage, round: u64, chance: &mut Chance) {
    let point = POINTS[(round / 2) as usize % POINTS.len()];
    let nth = match point {
        // One that keeps all that it has is told of twice, and then gets no more.
        "Quarantined" => 1,
        _ => 1 + chance.below(16),
    };
    let failpoint = format!("{point}:{nth}");
    let is_named = round.is_multiple_of(2);
    let planted = Planted {
        failpoint: is_named.then_some(&failpoint),
        fault: None,
    };
    let mut engine = Engine::start(&stage.scene, &stage.socket(), planted);
    stage.run();
    if !is_named {
        if chance.below(4) > 0 {
            engine.until("lends", |account| account.total.sent > 0);
        }
        chance.pause(Duration::from_millis(40));
        engine.peer().signal(Signal::KILL);
    }
    let status = engine.peer().reap();
    assert!(!status.success(), "{failpoint}: it was killed");
    for account in engine.rest() {
        account.check();
    }
    // Nobody but who reads all of the key is left, and has missed nothing.
    stage.stop(1);
    stage.check_slots();
}

#[test]
fn engines_die_and_nothing_of_the_key_is_left_with_them() {
    let rounds = count(150);
    let mut stage = Stage::new();
    let mut chance = Chance::new();
    let mut patients = vec![
        Patient::new(&stage, "full", &[]),
        Patient::new(&stage, "plain", &["hello=0"]),
        Patient::new(&stage, "keeper", &["keep=1"]),
    ];
    for round in 0..rounds {
        live_and_die(&mut stage, round, &mut chance);
    }
    // The same consumers find an engine that lives, and their accounts begin anew.
    let engine = Engine::start(&stage.scene, &stage.socket(), Planted::default());
    stage.run();
    engine.until("all are there", |account| {
        let all = &account.consumers;
        all.len() == 3 && all.iter().all(|(_, frames)| frames.sent >= WINDOW)
    });
    patients[2].tell("work");
    for patient in &patients {
        // Input, output, a connection, and what wakes its threads; and at most two frames' memory.
        let (open, _) = traces::resources(patient.pid());
        assert!(open <= 8, "{open} descriptors after {rounds} engines");
    }
    Service::of(engine, patients).end(&mut stage);
    stage.end();
}
