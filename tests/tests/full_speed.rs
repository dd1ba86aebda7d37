//! As fast as it goes, with few slots: where reader and writer meet in every way there is.

use cuframes_tests::{Line, Own, Peer, Scene, count};

/// Frames between two signs of life.
const BATCH: u64 = 1000;

/// Takes lines until the frame `last` was read, and calls `event` for those that are no frames.
fn read_to(peer: &Peer, own: &mut Own, last: u64, mut event: impl FnMut(&Line)) {
    while own.last < last {
        let line = peer.next().expect("it lives");
        match line.word() {
            "FRAME" => own.count(&line),
            _ => event(&line),
        }
    }
}

/// What both sides say of a reader is what was counted, and no sequence is unaccounted for.
fn check(publisher: &mut Peer, name: &str, peer: &mut Peer, own: &Own, last: u64) {
    assert_eq!(own.received + own.missed, last, "{name}: {own:?}");
    assert_eq!(own.compare(&peer.ask("stats", "STATS")), Ok(()), "{name}");
    let mut rows = Vec::new();
    publisher.tell("stats");
    publisher.until("STATS", |row| rows.push(row.clone()));
    let row = rows.iter().find(|row| row.text("name") == Some(name));
    assert_eq!(own.compare(row.expect("it has a row")), Ok(()), "{name}");
}

#[test]
fn a_writer_that_never_waits_tears_no_frame() {
    let frames = count(40_000);
    let scene = Scene::new();
    let mut publisher = scene.publisher(&["slots=3", "max_leases=1"]);
    let modes = ["strict", "strict", "newest", "newest"];
    let mut readers: Vec<(String, Peer, Own)> = Vec::new();
    for (number, mode) in modes.into_iter().enumerate() {
        let name = format!("{mode}{number}");
        let options = [format!("mode={mode}"), format!("name={name}")];
        let options = [&options[0], &options[1], "run=1"];
        readers.push((name, scene.subscriber(&options), Own::default()));
    }
    publisher.ask("wait 4", "JOINED");
    // Everyone reads the first frame, so that everything after it counts.
    publisher.ask("publish 1 0", "PUBLISHED");
    for (_, peer, own) in &mut readers {
        read_to(peer, own, 1, |line| panic!("{line}"));
    }
    let mut published = publisher.ask("publish 0 0", "PUBLISHED");
    for _ in 0..frames / BATCH {
        published = publisher.ask(&format!("publish {BATCH} 0"), "PUBLISHED");
    }
    let last: u64 = published.get("last");
    assert_eq!(last + published.get::<u64>("dropped"), frames + 1);
    for (name, peer, own) in &mut readers {
        read_to(peer, own, last, |line| panic!("{line}"));
        println!("{name}: {own:?}, {published}");
        check(&mut publisher, name, peer, own, last);
    }
    assert!(publisher.wait().success());
}

#[test]
fn many_size_changes_lose_nothing_for_those_who_are_waited_for() {
    const TURNS: u64 = 20;
    const FRAMES: u64 = 10;
    let turns = count(10 * TURNS);
    let scene = Scene::new();
    let mut publisher = scene.publisher(&["policy=strict", "strict_timeout=9000"]);
    let mut readers = Vec::new();
    for name in ["a", "b", "c"] {
        let options = ["mode=strict", &format!("name={name}"), "run=1"];
        readers.push((name, scene.subscriber(&options), Own::default()));
    }
    // One more comes and goes all the time, also in the middle of a change.
    let mut guest = scene.subscriber(&["name=guest"]);
    publisher.ask("wait 4", "JOINED");
    publisher.ask("publish 1 0", "PUBLISHED");
    guest.tell(&format!("join {}", turns * 10));
    for turn in 0..turns {
        let (width, height) = (64 + turn % 7 * 34, 32 + turn % 5 * 18);
        publisher.ask(&format!("reconfigure {width} {height}"), "RECONFIGURED");
        publisher.ask(&format!("publish {FRAMES} 0"), "PUBLISHED");
    }
    publisher.tell("run 500");
    guest.expect("JOINED");
    publisher.tell("stats");
    let last: u64 = publisher.expect("RAN").get("last");
    publisher.until("STATS", |_| {});
    for (name, peer, own) in &mut readers {
        let mut changes = 0;
        read_to(peer, own, last, |line| {
            assert_eq!(line.text("what"), Some("reconfigured"), "{line}");
            changes += 1;
        });
        assert_eq!((own.received, own.missed), (last, 0));
        assert_eq!(changes, turns);
        check(&mut publisher, name, peer, own, last);
    }
    assert!(guest.wait().success());
    assert!(publisher.wait().success());
}
