//! Subscribers are killed, half at random moments, half at named points; the publisher and
//! the others do not notice.

use std::collections::HashSet;
use std::time::Duration;

use cuframes_tests::{Chance, Own, Scene, count};
use rustix::process::Signal;

const POINTS: [&str; 5] = ["HelloSent", "PageMapped", "BitSet", "LeaseHeld", "Asleep"];
const FPS: u64 = 300;

/// One subscriber's life.
fn live_and_die(scene: &Scene, round: u64, chance: &mut Chance) {
    let mode = ["mode=strict", "mode=newest"][chance.below(2) as usize];
    // Always the same name: it must be free again soon after each death.
    let options = [mode, "name=victim", "run=1"];
    let point = POINTS[(round / 2) as usize % POINTS.len()];
    let failpoint = match point {
        "HelloSent" | "PageMapped" => point.to_owned(),
        _ => format!("{point}:{}", 1 + chance.below(8)),
    };
    let is_named = round.is_multiple_of(2);
    let mut victim = scene.start("subscribe", &options, is_named.then_some(&failpoint));
    if !is_named {
        if chance.below(2) == 0 {
            victim.expect("READY");
        }
        chance.pause(Duration::from_millis(40));
        victim.signal(Signal::KILL);
    }
    let status = victim.reap();
    assert!(!status.success(), "{point}: it was killed");
    let words: HashSet<_> = victim
        .rest()
        .iter()
        .map(|line| line.word().to_owned())
        .collect();
    // It was let in each time, under the name of the one killed before it.
    assert!(!words.contains("ERROR"), "{point}: {words:?}");
}

#[test]
fn the_publisher_does_not_notice_the_death_of_subscribers() {
    let scene = Scene::new();
    let mut chance = Chance::new();
    let mut publisher = scene.publisher(&["policy=strict", "strict_timeout=9000"]);
    let mut witness = scene.subscriber(&["mode=strict", "name=witness", "run=1"]);
    publisher.ask("wait 1", "JOINED");
    publisher.tell(&format!("run {FPS}"));
    for round in 0..count(200) {
        live_and_die(&scene, round, &mut chance);
    }

    publisher.tell("left 1");
    let ran = publisher.expect("RAN");
    assert_eq!(ran.get::<u64>("dropped"), 0, "{ran}");
    // Waited for are the living; a dead one only until the kernel has told.
    println!(
        "slowest slot: {} ms",
        ran.text("slowest_ms").unwrap_or_default()
    );
    assert!(ran.get::<u64>("slowest_ms") < 9000);
    assert_eq!(publisher.expect("LEFT").get::<usize>("count"), 1);

    // Every slot is free: many times round the ring, and nothing is dropped.
    let published = publisher.ask("publish 100 0", "PUBLISHED");
    assert_eq!(published.get::<u64>("dropped"), 0);
    let last = published.get("last");
    let mut own = Own::default();
    while own.last < last {
        let frame = witness.expect("FRAME");
        own.count(&frame);
    }
    assert_eq!((own.received, own.missed), (last, 0));
    assert_eq!(own.compare(&witness.ask("stats", "STATS")), Ok(()));
    let mut rows = Vec::new();
    publisher.tell("stats");
    let stats = publisher.until("STATS", |row| rows.push(row.clone()));
    assert_eq!(stats.get::<u64>("evicted"), 0);
    assert_eq!(rows.len(), 1);
    assert_eq!(own.compare(&rows[0]), Ok(()));
    publisher.tell("finish");
    witness.ask("run", "ERROR");
    publisher.expect("FINISHED");
    assert!(publisher.wait().success());
}

/// At every point: the name is free, and so are the slots, also when these are few.
#[test]
fn what_a_killed_subscriber_held_is_free_again() {
    for point in POINTS {
        let scene = Scene::new();
        let mut publisher = scene.publisher(&["slots=2"]);
        let mut victim = scene.start("subscribe", &["name=victim", "run=1"], Some(point));
        publisher.tell("run 200");
        victim.reap();
        victim.rest();
        publisher.tell("left 0");
        publisher.expect("RAN");
        assert_eq!(publisher.expect("LEFT").get::<u32>("count"), 0, "{point}");
        let before: u64 = publisher.ask("publish 1 0", "PUBLISHED").get("dropped");
        let after: u64 = publisher.ask("publish 20 0", "PUBLISHED").get("dropped");
        assert_eq!(before, after, "{point}: the slots are free");
        let mut heir = scene.subscriber(&["name=victim"]);
        assert!(heir.ask("next 9000", "FRAME").is("whole"));
        assert!(heir.wait().success());
        assert!(publisher.wait().success());
    }
}
