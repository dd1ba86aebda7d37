//! A thousand joins cost nothing that stays.

use std::time::Instant;

use cuframes_tests::{Peer, Scene, WATCHDOG};

/// Everything that is made once is there after this many.
const WARM_UP: u32 = 20;
const JOINS: u32 = 1000;

/// Open descriptors and memory maps, as the process itself counts them.
fn resources(peer: &mut Peer) -> (usize, usize) {
    let line = peer.ask("resources", "RESOURCES");
    (line.get("fds"), line.get("maps"))
}

#[test]
fn a_thousand_joins_leave_no_descriptor_and_no_map() {
    let scene = Scene::new();
    let mut publisher = scene.publisher(&[]);
    let mut subscriber = scene.subscriber(&["mode=strict"]);
    publisher.ask("wait 1", "JOINED");
    publisher.ask("publish 1 0", "PUBLISHED");
    subscriber.ask("next 9000", "FRAME");
    // A first look sees the newest frame, so each of these joins, reads one, and leaves.
    subscriber.ask(&format!("join {WARM_UP}"), "JOINED");
    let wait_for_one = |publisher: &mut Peer| {
        let left: u32 = publisher.ask("left 1", "LEFT").get("count");
        assert_eq!(left, 1);
    };
    wait_for_one(&mut publisher);
    let before = (resources(&mut publisher), resources(&mut subscriber));
    for _ in 0..10 {
        subscriber.ask(&format!("join {}", JOINS / 10), "JOINED");
    }
    wait_for_one(&mut publisher);
    // The last descriptor is closed a moment after the subscriber is taken off the list.
    let started = Instant::now();
    let mut after = (resources(&mut publisher), resources(&mut subscriber));
    while after.0.0 > before.0.0 && started.elapsed() < WATCHDOG {
        after.0 = resources(&mut publisher);
    }
    println!("publisher and subscriber (descriptors, maps): {before:?}, {after:?}");
    assert_eq!(
        (before.0.0, before.1.0),
        (after.0.0, after.1.0),
        "descriptors"
    );
    // The allocator may map an arena more; a thousand joins may not show.
    assert!(after.0.1 <= before.0.1 + 4, "maps: {before:?}, {after:?}");
    assert!(after.1.1 <= before.1.1 + 4, "maps: {before:?}, {after:?}");
    assert!(subscriber.wait().success());
    assert!(publisher.wait().success());
}
