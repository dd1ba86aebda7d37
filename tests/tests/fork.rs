//! A program forks without exec: its child keeps nothing alive, and harms nothing.

use std::collections::BTreeSet;

use cuframes_tests::{Line, Scene};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};

fn child_of(line: &Line) -> Pid {
    Pid::from_raw(line.get("child")).expect("a pid")
}

#[test]
fn a_forked_child_does_not_keep_a_dead_publisher_alive() {
    let scene = Scene::new();
    let mut publisher = scene.publisher(&[]);
    let mut subscriber = scene.subscriber(&["mode=strict", "reattach=0"]);
    publisher.ask("wait 1", "JOINED");
    publisher.ask("publish 1 0", "PUBLISHED");
    assert!(subscriber.ask("next 9000", "FRAME").is("whole"));

    // The child has dropped its copy of the publisher: here nothing has changed.
    let child = child_of(&publisher.ask("fork", "FORKED"));
    assert_eq!(
        scene.files(),
        BTreeSet::from([scene.socket(), scene.segment()])
    );
    publisher.ask("publish 2 0", "PUBLISHED");
    for _ in 0..2 {
        assert!(subscriber.ask("next 9000", "FRAME").is("whole"));
    }
    let late = scene.subscriber(&["name=late"]);
    publisher.ask("wait 2", "JOINED");
    assert!(late.wait().success());

    publisher.signal(Signal::KILL);
    publisher.reap();
    // The child lives, and yet its parent is known to be dead, and the key is free.
    assert_eq!(test_kill_process(child), Ok(()));
    subscriber.tell("next 9000");
    let end = subscriber.until("ERROR", |line| assert_eq!(line.word(), "EVENT"));
    assert_eq!(end.text("code"), Some("Disconnected"));
    assert_eq!(scene.look(), (None, scene.files()));
    let successor = scene.publisher(&[]);
    assert_eq!(scene.look(), (Some(successor.pid()), BTreeSet::new()));
    assert_eq!(
        test_kill_process(child),
        Ok(()),
        "it was alive all the time"
    );
    let _ = kill_process(child, Signal::KILL);
    assert!(successor.wait().success());
}

#[test]
fn a_forked_child_of_a_subscriber_gives_back_nothing_of_its_parents() {
    let scene = Scene::new();
    let options = ["lease_timeout=0", "slots=2", "pressure_timeout=9000"];
    let mut publisher = scene.publisher(&options);
    let mut subscriber = scene.subscriber(&["name=parent"]);
    publisher.ask("wait 1", "JOINED");
    publisher.ask("publish 1 0", "PUBLISHED");
    assert!(subscriber.ask("take 9000", "TAKEN").is("whole"));

    // The child drops its copies of the frame and of the subscriber.
    let child = child_of(&subscriber.ask("fork", "FORKED"));
    let held = |publisher: &mut cuframes_tests::Peer| {
        let mut rows = Vec::new();
        publisher.tell("stats");
        publisher.until("STATS", |row| rows.push(row.clone()));
        assert_eq!(rows.len(), 1);
        rows[0].get::<u32>("held")
    };
    assert_eq!(held(&mut publisher), 1);
    // One slot is held and one is the newest, so only one frame finds room.
    let published = publisher.ask("publish 5 0", "PUBLISHED");
    assert_eq!(published.get::<u64>("last"), 2);
    assert_eq!(published.get::<u64>("dropped"), 4);
    subscriber.tell("check");
    assert!(subscriber.expect("HELD").is("whole"));
    subscriber.expect("CHECKED");
    subscriber.ask("release", "RELEASED");
    assert_eq!(held(&mut publisher), 0);
    assert_eq!(
        publisher
            .ask("publish 5 0", "PUBLISHED")
            .get::<u64>("dropped"),
        4
    );

    // The parent dies, and its living child does not hold its place.
    subscriber.signal(Signal::KILL);
    subscriber.reap();
    assert_eq!(publisher.ask("left 0", "LEFT").get::<u32>("count"), 0);
    assert_eq!(test_kill_process(child), Ok(()));
    let _ = kill_process(child, Signal::KILL);
    assert!(publisher.wait().success());
}
