//! Who holds too much or too long is sent away, and nobody else is.

use std::time::{Duration, Instant};

use cuframes_tests::{Line, Peer, Scene, WATCHDOG};

/// Statistics of the publisher: the rows, and the totals.
fn stats(publisher: &mut Peer) -> (Vec<Line>, Line) {
    let mut rows = Vec::new();
    publisher.tell("stats");
    let stats = publisher.until("STATS", |row| rows.push(row.clone()));
    (rows, stats)
}

fn evicted(publisher: &mut Peer) -> u64 {
    stats(publisher).1.get("evicted")
}

/// Publishes until somebody was evicted.
fn publish_until_evicted(publisher: &mut Peer) -> Line {
    let started = Instant::now();
    while evicted(publisher) == 0 {
        assert!(started.elapsed() < WATCHDOG, "hang: nobody is evicted");
        publisher.ask("publish 1 200", "PUBLISHED");
    }
    publisher.ask("publish 1 0", "PUBLISHED")
}

/// The publisher has no place any more for one that was evicted.
fn check_banned(scene: &Scene, name: &str) {
    let name = format!("name={name}");
    let again = scene.start("subscribe", &[&name], None);
    let refused = again.expect("ERROR");
    assert_eq!(refused.text("code"), Some("Evicted"), "{refused}");
    assert!(!again.wait().success());
    // It was that one, and not everyone.
    assert!(scene.subscriber(&["name=other"]).wait().success());
}

fn check_evicted(mut stuck: Peer) {
    let released = stuck.ask("release", "ERROR");
    assert_eq!(released.text("code"), Some("Evicted"), "{released}");
    let next = stuck.ask("next 9000", "ERROR");
    assert_eq!(next.text("code"), Some("Evicted"), "{next}");
    assert!(stuck.wait().success());
}

#[test]
fn a_lease_that_lasts_too_long_ends_the_subscription() {
    let scene = Scene::new();
    let options = ["lease_timeout=200", "pressure_timeout=60000"];
    let mut publisher = scene.publisher(&options);
    let mut stuck = scene.subscriber(&["name=stuck"]);
    let mut good = scene.subscriber(&["name=good"]);
    publisher.ask("wait 2", "JOINED");
    publisher.ask("publish 1 0", "PUBLISHED");
    assert!(stuck.ask("take 9000", "TAKEN").is("whole"));
    assert!(good.ask("next 9000", "FRAME").is("whole"));
    publish_until_evicted(&mut publisher);
    let (rows, totals) = stats(&mut publisher);
    assert_eq!(totals.get::<u64>("evicted"), 1);
    assert_eq!(totals.get::<u64>("dropped"), 0);
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].text("name"), Some("good"));
    check_banned(&scene, "stuck");
    check_evicted(stuck);
    assert!(good.ask("next 9000", "FRAME").is("whole"));
    assert!(publisher.wait().success());
}

#[test]
fn who_holds_every_slot_has_to_go_when_nothing_can_be_published() {
    let scene = Scene::new();
    let options = [
        "slots=3",
        "max_leases=3",
        "lease_timeout=0",
        "pressure_timeout=200",
    ];
    let mut publisher = scene.publisher(&options);
    let mut stuck = scene.subscriber(&["name=stuck", "mode=strict"]);
    publisher.ask("wait 1", "JOINED");
    for seq in 1..=3 {
        publisher.ask("publish 1 0", "PUBLISHED");
        assert_eq!(stuck.ask("take 9000", "TAKEN").get::<u64>("seq"), seq);
    }
    // Nothing is published, and what is held stays whole, until the time is up.
    let first = publisher.ask("publish 10 0", "PUBLISHED");
    assert_eq!(
        (first.get::<u64>("last"), first.get::<u64>("dropped")),
        (3, 10)
    );
    stuck.tell("check");
    for _ in 0..3 {
        assert!(stuck.expect("HELD").is("whole"));
    }
    stuck.expect("CHECKED");
    let after = publish_until_evicted(&mut publisher);
    assert!(after.get::<u64>("last") > 3, "{after}");
    check_banned(&scene, "stuck");
    check_evicted(stuck);
    assert!(publisher.wait().success());
}

#[test]
fn more_frames_than_allowed_are_not_lent() {
    let scene = Scene::new();
    let mut publisher = scene.publisher(&["max_leases=2"]);
    let mut subscriber = scene.subscriber(&["mode=strict"]);
    publisher.ask("wait 1", "JOINED");
    publisher.ask("publish 4 0", "PUBLISHED");
    for seq in 1..=2 {
        assert_eq!(subscriber.ask("take 9000", "TAKEN").get::<u64>("seq"), seq);
    }
    let refused = subscriber.ask("take 9000", "ERROR");
    assert_eq!(refused.text("code"), Some("InvalidArgument"), "{refused}");
    assert_eq!(subscriber.ask("stats", "STATS").get::<u64>("missed"), 0);
    // It costs nothing: with one released it goes on where it was.
    subscriber.ask("release", "RELEASED");
    assert_eq!(subscriber.ask("take 9000", "TAKEN").get::<u64>("seq"), 3);
    assert_eq!(evicted(&mut publisher), 0);
    let (rows, _) = stats(&mut publisher);
    assert_eq!(rows[0].get::<u32>("held"), 2);
    assert!(subscriber.wait().success());
    assert!(publisher.wait().success());
}

/// The clock of a lease starts when something newer is there. That nothing happens can only
/// be seen by letting time pass.
#[test]
fn a_source_that_pauses_evicts_nobody() {
    let scene = Scene::new();
    let mut publisher = scene.publisher(&["lease_timeout=50", "pressure_timeout=50"]);
    let mut subscriber = scene.subscriber(&["name=patient"]);
    publisher.ask("wait 1", "JOINED");
    publisher.ask("publish 5 0", "PUBLISHED");
    let taken = subscriber.ask("take 9000", "TAKEN");
    assert_eq!(taken.get::<u64>("seq"), 5);
    std::thread::sleep(Duration::from_millis(400));
    assert_eq!(evicted(&mut publisher), 0);
    subscriber.ask("release", "RELEASED");
    publisher.ask("publish 1 0", "PUBLISHED");
    assert!(subscriber.ask("next 9000", "FRAME").is("whole"));
    assert!(subscriber.wait().success());
    assert!(publisher.wait().success());
}

#[test]
fn a_stuck_strict_subscriber_costs_its_time_once() {
    let scene = Scene::new();
    let options = [
        "policy=strict",
        "strict_timeout=300",
        "slots=4",
        "lease_timeout=0",
        "pressure_timeout=60000",
    ];
    let mut publisher = scene.publisher(&options);
    let mut stuck = scene.subscriber(&["mode=strict", "name=stuck"]);
    let good = scene.subscriber(&["mode=strict", "name=good", "run=1"]);
    publisher.ask("wait 2", "JOINED");
    publisher.ask("publish 1 0", "PUBLISHED");
    assert!(stuck.ask("next 9000", "FRAME").is("whole"));

    // It reads nothing. The ring fills, the publisher waits once, and then no more.
    let started = Instant::now();
    let published = publisher.ask("publish 40 0", "PUBLISHED");
    let took = started.elapsed();
    assert_eq!(
        (
            published.get::<u64>("last"),
            published.get::<u64>("dropped")
        ),
        (41, 0)
    );
    assert!(
        took >= Duration::from_millis(300),
        "it was waited for: {took:?}"
    );
    assert!(published.get::<u64>("slowest_ms") >= 300);
    assert!(
        took < Duration::from_millis(300) * 40,
        "and only once: {took:?}"
    );
    for seq in 1..=41 {
        assert_eq!(good.expect("FRAME").get::<u64>("seq"), seq);
    }
    let row = |publisher: &mut Peer, name: &str| {
        let (rows, _) = stats(publisher);
        let row = rows.into_iter().find(|row| row.text("name") == Some(name));
        row.expect("it has a row")
    };
    assert!(row(&mut publisher, "stuck").is("lagging"));
    assert!(!row(&mut publisher, "good").is("lagging"));

    // It catches up with what there still is; what it did not read was overwritten.
    let next = stuck.ask("next 9000", "FRAME");
    let first: u64 = next.get("seq");
    assert!(first > 37, "{next}");
    for seq in first + 1..=41 {
        assert_eq!(stuck.ask("next 9000", "FRAME").get::<u64>("seq"), seq);
    }
    let told = stuck.ask("stats", "STATS");
    assert_eq!(told.get::<u64>("missed"), first - 2);
    assert_eq!(told.get::<u64>("received"), 41 - (first - 2));
    // From now on it is waited for again, and misses nothing.
    stuck.tell("run");
    let published = publisher.ask("publish 40 0", "PUBLISHED");
    assert_eq!(
        (
            published.get::<u64>("last"),
            published.get::<u64>("dropped")
        ),
        (81, 0)
    );
    for seq in 42..=81 {
        let frame = stuck.expect("FRAME");
        assert_eq!(frame.get::<u64>("seq"), seq, "{frame}");
    }
    assert!(!row(&mut publisher, "stuck").is("lagging"));
    assert_eq!(evicted(&mut publisher), 0);
    publisher.tell("finish");
    publisher.expect("FINISHED");
    assert!(publisher.wait().success());
}

#[test]
fn a_stuck_strict_subscriber_can_be_sent_away_instead() {
    let scene = Scene::new();
    let options = [
        "policy=strict",
        "strict_timeout=200",
        "slots=4",
        "lease_timeout=0",
        "evict_lagging=1",
    ];
    let mut publisher = scene.publisher(&options);
    let mut stuck = scene.subscriber(&["mode=strict", "name=stuck"]);
    publisher.ask("wait 1", "JOINED");
    publisher.ask("publish 1 0", "PUBLISHED");
    assert!(stuck.ask("take 9000", "TAKEN").is("whole"));
    publish_until_evicted(&mut publisher);
    let (rows, totals) = stats(&mut publisher);
    assert_eq!((rows.len(), totals.get::<u64>("evicted")), (0, 1));
    check_banned(&scene, "stuck");
    check_evicted(stuck);
    assert!(publisher.wait().success());
}

/// A ban lasts a second, the next one twice as long.
#[test]
fn an_evicted_subscriber_may_come_back_after_a_while() {
    let scene = Scene::new();
    let options = ["lease_timeout=100", "pressure_timeout=60000"];
    let mut publisher = scene.publisher(&options);
    let mut stuck = scene.subscriber(&["name=stuck"]);
    for (turn, least) in [(1, 1000), (2, 2000)] {
        publisher.ask("wait 1", "JOINED");
        publisher.ask("publish 1 0", "PUBLISHED");
        stuck.ask("take 9000", "TAKEN");
        while evicted(&mut publisher) < turn {
            publisher.ask("publish 1 100", "PUBLISHED");
        }
        let banned = Instant::now();
        check_evicted(stuck);
        stuck = loop {
            let again = scene.start("subscribe", &["name=stuck"], None);
            let line = again.next().expect("it says something");
            if line.word() == "READY" {
                break again;
            }
            assert_eq!(line.text("code"), Some("Evicted"), "{line}");
            assert!(banned.elapsed() < WATCHDOG, "hang: {line}");
        };
        let lasted = banned.elapsed();
        // What the publisher counts began a moment before what is counted here.
        assert!(
            lasted > Duration::from_millis(least - 100),
            "ban {turn}: {lasted:?}"
        );
    }
    assert!(stuck.wait().success());
    assert!(publisher.wait().success());
}

/// Coming back under the same name does not make a laggard worth waiting for.
#[test]
fn who_lagged_is_still_lagging_when_it_comes_back() {
    let scene = Scene::new();
    let options = [
        "policy=strict",
        "strict_timeout=300",
        "slots=4",
        "lease_timeout=0",
    ];
    let mut publisher = scene.publisher(&options);
    let name = ["mode=strict", "name=laggard"];
    let laggard = scene.subscriber(&name);
    publisher.ask("wait 1", "JOINED");
    publisher.ask("publish 10 0", "PUBLISHED");
    let (rows, _) = stats(&mut publisher);
    assert!(rows[0].is("lagging"), "{}", rows[0]);
    drop(laggard.kill());
    publisher.ask("left 0", "LEFT");
    let mut back = scene.subscriber(&name);
    publisher.ask("wait 1", "JOINED");
    let (rows, _) = stats(&mut publisher);
    assert!(rows[0].is("lagging"), "{}", rows[0]);
    // Until it has read what was the newest frame when it was given up.
    assert_eq!(back.ask("next 9000", "FRAME").get::<u64>("seq"), 10);
    let slowest = |line: &Line| line.get::<u64>("slowest_ms");
    let before = slowest(&publisher.ask("publish 1 0", "PUBLISHED"));
    assert!(before >= 300);
    let (rows, _) = stats(&mut publisher);
    assert!(!rows[0].is("lagging"), "{}", rows[0]);
    assert!(back.wait().success());
    assert!(publisher.wait().success());
}
