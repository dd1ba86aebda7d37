//! Who uses a GPU comes, goes, and is killed with work in flight: nobody else notices.

use std::time::{Duration, Instant};

use cuframes_tests::gpu::{self, PAIRS, Pair, Stage};
use cuframes_tests::{Chance, Line, Peer, Turns, WATCHDOG, count};
use rustix::process::Signal;

/// Each piece of work of a stream begins up to so many microseconds late.
const DELAY_US: u64 = 100;
/// The longest that somebody who is to be killed may live.
const LIFE: Duration = Duration::from_millis(30);
/// Frames of the publisher that lives to the end.
const LAST_FRAMES: u64 = 50;
const STRICT: [&str; 2] = ["policy=strict", "strict_timeout=5000"];

/// Reads to the end of the stream: the last line that told what was found.
fn read_to_end(reader: &Peer) -> Line {
    let mut told = None;
    let end = reader.until("ERROR", |line| {
        if line.word() == "AT" {
            told = Some(line.clone());
        }
    });
    assert_eq!(end.text("code"), Some("EndOfStream"), "{end}");
    told.expect("it told what it found")
}

/// A share of a campaign over all pairs.
fn share(all: u64) -> Turns {
    Turns::new(count(all).div_ceil(PAIRS.len() as u64))
}

#[test]
fn joining_and_leaving_costs_nothing_that_stays() {
    let mut chance = Chance::new();
    for pair in PAIRS {
        let Some(stage) = Stage::new(pair, DELAY_US, chance.below(u64::MAX)) else {
            continue;
        };
        let mut publisher = stage.publisher(&[]);
        publisher.tell("run");
        let mut reader = stage.subscriber(&[]);
        reader.ask("join 2", "JOINED");
        let before = reader.ask("resources", "RESOURCES");
        let mut turns = share(1000);
        while turns.take(1) != 0 {
            let joined = reader.ask("join 1", "JOINED");
            assert_eq!(joined.get::<u64>("wrong"), 0, "{pair:?}: {joined}");
            assert_eq!(joined.get::<u64>("aborted"), 0, "{pair:?}: {joined}");
        }
        let mut after = reader.ask("resources", "RESOURCES");
        // What the first joins had open may still have been closing, and what the last had may
        // be closing now; what was lost is not closed however often one looks.
        let fds = |line: &Line| line.get::<u64>("fds");
        let started = Instant::now();
        while fds(&after) > fds(&before) && started.elapsed() < WATCHDOG {
            after = reader.ask("resources", "RESOURCES");
        }
        assert!(
            fds(&after) <= fds(&before),
            "{pair:?}: {before} and {after}"
        );
        assert!(reader.wait().success());
        assert!(publisher.wait().success());
        stage.assert_balanced();
        let joins = format!("{} joins, no descriptor left", turns.taken());
        gpu::tell(pair, &joins);
    }
}

#[test]
fn killed_subscribers_are_not_noticed() {
    let mut chance = Chance::new();
    for pair in PAIRS {
        let Some(stage) = Stage::new(pair, DELAY_US, chance.below(u64::MAX)) else {
            continue;
        };
        let mut publisher = stage.publisher(&[&STRICT[..], &["slots=16"]].concat());
        let witness = stage.subscriber(&["name=witness", "run=1"]);
        publisher.ask("wait 1", "JOINED");
        publisher.tell("run");
        let mut turns = share(200);
        while turns.take(1) != 0 {
            let way = ["way=stream", "way=host", "way=ready"][turns.taken() as usize % 3];
            let victim = stage.subscriber(&[way, "name=victim", "run=1"]);
            chance.pause(LIFE);
            let told = victim.kill();
            let at = |line: &&Line| line.word() == "AT";
            let wrong = told.iter().filter(at).map(|line| line.get::<u64>("wrong"));
            assert_eq!(wrong.sum::<u64>(), 0, "{pair:?}");
        }
        publisher.ask("left 1", "LEFT");
        publisher.tell("stats");
        let mut rows = Vec::new();
        let stats = publisher.until("STATS", |row| rows.push(row.clone()));
        assert_eq!(stats.get::<u64>("dropped"), 0, "{pair:?}: {stats}");
        assert_eq!(stats.get::<u64>("evicted"), 0, "{pair:?}: {stats}");
        assert_eq!(rows.len(), 1, "{pair:?}: {rows:?}");
        let published: u64 = stats.get("published");
        publisher.tell("finish");
        let found = read_to_end(&witness);
        assert_eq!(found.get::<u64>("received"), published, "{pair:?}: {found}");
        assert_eq!(found.get::<u64>("wrong"), 0, "{pair:?}: {found}");
        assert_eq!(found.get::<u64>("aborted"), 0, "{pair:?}: {found}");
        publisher.expect("FINISHED");
        assert!(publisher.wait().success());
        assert!(witness.wait().success());
        stage.assert_balanced();
        let killed = format!("{} subscribers killed, no frame missed", turns.taken());
        gpu::tell(pair, &killed);
    }
}

/// One reader outlives publisher after publisher. Frames that were not complete are aborted,
/// and no other.
fn outlives_its_publishers(pair: Pair, way: &str, chance: &mut Chance) -> Option<u64> {
    let stage = Stage::new(pair, DELAY_US, chance.below(u64::MAX))?;
    let first = stage.publisher(&STRICT);
    let way = format!("way={way}");
    let reader = stage.subscriber(&[&way, "reattach=1", "connect=60000", "run=1"]);
    first.kill();
    let mut turns = share(200);
    while turns.take(1) != 0 {
        let mut publisher = stage.publisher(&STRICT);
        publisher.ask("wait 1", "JOINED");
        publisher.tell("run");
        chance.pause(LIFE);
        publisher.signal(Signal::KILL);
        publisher.reap();
    }
    let mut publisher = stage.publisher(&STRICT);
    publisher.ask("wait 1", "JOINED");
    let published = publisher.ask(&format!("publish {LAST_FRAMES}"), "PUBLISHED");
    assert_eq!(published.get::<u64>("dropped"), 0);
    publisher.tell("finish");
    let found = read_to_end(&reader);
    assert_eq!(found.get::<u64>("wrong"), 0, "{pair:?}: {found}");
    assert_eq!(found.get::<u64>("last"), LAST_FRAMES, "{pair:?}: {found}");
    publisher.expect("FINISHED");
    assert!(publisher.wait().success());
    assert!(reader.wait().success());
    stage.assert_balanced();
    let aborted: u64 = found.get("aborted");
    let killed = turns.taken();
    let what = format!("{killed} publishers killed, {way}, {aborted} frames aborted, 0 wrong");
    gpu::tell(pair, &what);
    Some(aborted)
}

#[test]
fn killed_publishers_are_outlived_with_sync_cpu() {
    let mut chance = Chance::new();
    for memory in ["cuda_ipc", "cuda_vmm"] {
        // What is visible is complete.
        let aborted = outlives_its_publishers((memory, "cpu"), "careful", &mut chance);
        assert!(aborted.is_none_or(|aborted| aborted == 0), "{aborted:?}");
    }
}

/// Nothing of ours ends a stream's wait for an event of a dead process: who may not hang waits
/// on the host, or asks.
#[test]
fn killed_publishers_are_outlived_with_events() {
    let mut chance = Chance::new();
    for memory in ["cuda_ipc", "cuda_vmm"] {
        for way in ["host", "ready"] {
            outlives_its_publishers((memory, "event"), way, &mut chance);
        }
    }
}

#[test]
fn killed_publishers_are_outlived_with_a_timeline() {
    let mut chance = Chance::new();
    for memory in ["cuda_ipc", "cuda_vmm"] {
        for way in ["careful", "host", "ready"] {
            outlives_its_publishers((memory, "timeline"), way, &mut chance);
        }
    }
}

/// A stream that waits for a dead publisher goes on, and the frame says why.
#[test]
fn a_frame_that_will_never_be_complete_is_aborted() {
    for memory in ["cuda_ipc", "cuda_vmm"] {
        let Some(stage) = Stage::new((memory, "timeline"), DELAY_US, 1) else {
            continue;
        };
        let mut publisher = stage.publisher(&[]);
        let mut waits = stage.subscriber(&["name=waits"]);
        let mut asks = stage.subscriber(&["name=asks"]);
        publisher.ask("wait 2", "JOINED");
        publisher.ask("publish 1", "PUBLISHED");
        let complete = waits.ask("take 9000", "TAKEN");
        assert_eq!(complete.get::<u64>("seq"), 1);
        waits.ask("wait_host 9000", "COMPLETE");
        asks.ask("take 9000", "TAKEN");
        asks.ask("wait_host 9000", "COMPLETE");
        publisher.ask("block", "BLOCKED");
        publisher.ask("publish 1", "PUBLISHED");
        for reader in [&mut waits, &mut asks] {
            assert_eq!(reader.ask("take 9000", "TAKEN").get::<u64>("seq"), 2);
            assert!(!reader.ask("ready", "IS").is("ready"));
        }
        waits.ask("wait_on", "WAITING");
        publisher.kill();
        waits.ask("synchronize", "DONE");
        for (reader, question) in [(&mut waits, "ready"), (&mut asks, "wait_host 9000")] {
            let answer = reader.ask(question, "ERROR");
            assert_eq!(answer.text("code"), Some("Aborted"), "{answer}");
            // The frame before it is what it was.
            let checked = reader.ask("check_first", "CHECKED");
            assert_eq!(checked.get::<u64>("wrong"), 0, "{checked}");
        }
        assert!(waits.wait().success() && asks.wait().success());
        // The next publisher of the key cleans up after the dead one.
        assert!(stage.publisher(&[]).wait().success());
        stage.assert_balanced();
        gpu::tell(
            (memory, "timeline"),
            "1 of 1 frames aborted, the one before it whole",
        );
    }
}
