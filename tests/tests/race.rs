//! Two publishers of one key, started at the same instant.

use std::path::Path;

use cuframes::now_ns;
use cuframes_tests::{Line, Peer, Scene, count};

/// Both spin until then, so that they start together.
const AHEAD_NS: u64 = 2_000_000;

fn contend(scene: &Scene, other_dir: &Path) {
    let dirs = [scene.dir.as_path(), other_dir];
    let mut both = dirs.map(|dir| Peer::start(dir, "contend", &scene.key, &[], None));
    both.iter().for_each(|peer| {
        peer.expect("READY");
    });
    let mut won = [0; 2];
    for round in 0..count(1000) {
        let at = format!("at {}", now_ns() + AHEAD_NS);
        both.iter_mut().for_each(|peer| peer.tell(&at));
        let said = both.each_ref().map(|peer| peer.next().expect("it lives"));
        let words = said.each_ref().map(Line::word);
        let winner = match words {
            ["WON", "LOST"] => 0,
            ["LOST", "WON"] => 1,
            _ => panic!("round {round}: {} and {}", said[0], said[1]),
        };
        let told: u32 = said[1 - winner].get("owner");
        assert_eq!(
            told,
            both[winner].pid(),
            "round {round}: {}",
            said[1 - winner]
        );
        won[winner] += 1;
        both[winner].ask("drop", "DROPPED");
    }
    println!("won: {won:?}");
    assert!(both.into_iter().all(|peer| peer.wait().success()));
}

#[test]
fn of_two_publishers_of_a_key_one_wins_and_the_other_is_told_who() {
    let scene = Scene::new();
    contend(&scene, &scene.dir);
}

#[test]
fn the_same_from_two_run_directories() {
    let scene = Scene::new();
    let elsewhere = Scene::new();
    contend(&scene, &elsewhere.dir);
}
