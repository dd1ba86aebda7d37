//! Every pixel of every frame on a GPU, for every kind of memory and of order: two readers
//! whose streams wait, one whose host waits, and one that only asks whether frames are ready.

use std::time::Instant;

use cuframes_tests::gpu::{self, Pair, Stage};
use cuframes_tests::{Chance, Line, Peer, Turns, WATCHDOG, count};

/// Frames of every pair; a tenth of it unless everything is asked for.
const FRAMES: u64 = 100_000;
/// Each piece of work of a stream begins up to so many microseconds late.
const DELAY_US: u64 = 60;
/// Frames between two looks whether there is time for more.
const ROUND: u64 = 1_000;
/// Frames of a control, which must go wrong.
const CONTROL_FRAMES: u64 = 2_000;

/// A seed for the delays of one machine.
fn seed() -> u64 {
    Chance::new().below(u64::MAX)
}

/// Reads to the end of the stream: the last line that told what was found.
fn read_to_end(reader: &Peer) -> Line {
    let mut told = None;
    let end = reader.until("ERROR", |line| told = Some(line.clone()));
    assert_eq!(end.text("code"), Some("EndOfStream"), "{end}");
    told.expect("it told what it found")
}

/// What a reader counts when its streams have given everything back: a thread of it looks whether
/// they have, and that takes a moment.
fn stats_without_leases(reader: &mut Peer) -> Line {
    let started = Instant::now();
    loop {
        let stats = reader.ask("stats", "STATS");
        if stats.get::<u64>("leases") == 0 || started.elapsed() > WATCHDOG {
            return stats;
        }
    }
}

/// Four readers read so many frames, and nobody misses one or sees a wrong pixel.
fn every_pixel_is_right(pair: Pair) {
    let Some(stage) = Stage::new(pair, DELAY_US, seed()) else {
        return;
    };
    let options = ["policy=strict", "strict_timeout=9000", "slots=16"];
    let mut publisher = stage.publisher(&options);
    let reader = |way: &str, name: &str| {
        let (way, name) = (format!("way={way}"), format!("name={name}"));
        stage.subscriber(&[&way, &name, "run=1"])
    };
    let mut readers = [
        reader("stream", "stream1"),
        reader("stream", "stream2"),
        reader("host", "host"),
        reader("ready", "ready"),
    ];
    publisher.ask("wait 4", "JOINED");
    let mut turns = Turns::new(count(FRAMES));
    loop {
        match turns.take(ROUND) {
            0 => break,
            some => publisher.tell(&format!("publish {some}")),
        }
        let is_alive = |line: &Line| assert_eq!(line.word(), "AT", "{line}");
        let published = publisher.until("PUBLISHED", is_alive);
        assert_eq!(published.get::<u64>("last"), turns.taken());
        assert_eq!(published.get::<u64>("dropped"), 0);
    }
    let frames = turns.taken();
    publisher.tell("stats");
    let stats = publisher.until("STATS", |row| assert!(!row.is("lagging"), "{row}"));
    assert_eq!(stats.get::<u64>("evicted"), 0, "{stats}");
    publisher.tell("finish");
    for reader in &mut readers {
        let found = read_to_end(reader);
        assert_eq!(found.get::<u64>("received"), frames, "{found}");
        assert_eq!(found.get::<u64>("wrong"), 0, "{found}");
        assert_eq!(found.get::<u64>("aborted"), 0, "{found}");
        let stats = stats_without_leases(reader);
        assert_eq!(stats.get::<u64>("received"), frames, "{stats}");
        assert_eq!(stats.get::<u64>("missed"), 0, "{stats}");
        assert_eq!(stats.get::<u64>("last"), frames, "{stats}");
        assert_eq!(stats.get::<u64>("leases"), 0, "{stats}");
    }
    publisher.expect("FINISHED");
    assert!(publisher.wait().success());
    assert!(readers.into_iter().all(|reader| reader.wait().success()));
    stage.assert_balanced();
    gpu::tell(
        pair,
        &format!("{frames} frames, each read by 4 readers, 0 wrong"),
    );
}

/// The same with one reader that leaves something out, on a ring that is soon used again:
/// how many of its frames were wrong. Who does not wait is faster than the publisher's GPU;
/// who gives back too early is slower.
///
/// Only the simulated GPU is late by chance; `gpu_controls` has those for a real one.
fn wrong_without(pair: Pair, left_out: &str) -> Option<u64> {
    let stage = Stage::simulated("delays by chance", pair, 4 * DELAY_US, seed())?;
    let options = [
        "policy=strict",
        "strict_timeout=9000",
        "slots=4",
        "max_leases=3",
    ];
    let (painting, reading) = match left_out {
        "wait" => ("work=4", "work=1"),
        _ => ("work=1", "work=4"),
    };
    let mut publisher = stage.publisher(&[&options[..], &["streams=1", painting]].concat());
    let left_out = format!("leave_out={left_out}");
    let reader = stage.subscriber(&["run=1", reading, &left_out]);
    publisher.ask("wait 1", "JOINED");
    publisher.tell(&format!("publish {CONTROL_FRAMES}"));
    let published = publisher.until("PUBLISHED", |_| {});
    assert_eq!(published.get::<u64>("dropped"), 0);
    // A reader that does not wait lets the GPU fall behind for longer than `finish` may take.
    publisher.ask("synchronize", "DONE");
    publisher.tell("finish");
    let found = read_to_end(&reader);
    assert_eq!(found.get::<u64>("received"), CONTROL_FRAMES, "{found}");
    publisher.expect("FINISHED");
    assert!(publisher.wait().success());
    assert!(reader.wait().success());
    Some(found.get("wrong"))
}

/// One module for each pair: a campaign, and controls for what that pair has.
macro_rules! pairs {
    ($($name:ident $pair:expr => [$($left_out:ident)*],)*) => {$(
        mod $name {
            #[test]
            fn every_pixel_is_right() {
                super::every_pixel_is_right($pair);
            }

            #[test]
            fn nothing_is_wrong_in_the_control_itself() {
                let wrong = super::wrong_without($pair, "nothing");
                assert!(wrong.is_none_or(|wrong| wrong == 0), "{wrong:?}");
            }

            $(#[test]
            fn $left_out() {
                let name = stringify!($left_out).trim_start_matches("is_wrong_without_");
                let wrong = super::wrong_without($pair, name);
                assert!(wrong.is_none_or(|wrong| wrong != 0), "{wrong:?}");
            })*
        }
    )*};
}

pairs! {
    ipc_cpu ("cuda_ipc", "cpu") => [is_wrong_without_ack],
    ipc_event ("cuda_ipc", "event") =>
        [is_wrong_without_wait is_wrong_without_ack is_wrong_without_lease_seq],
    ipc_timeline ("cuda_ipc", "timeline") =>
        [is_wrong_without_wait is_wrong_without_ack is_wrong_without_lease_seq],
    vmm_cpu ("cuda_vmm", "cpu") => [is_wrong_without_ack],
    vmm_event ("cuda_vmm", "event") =>
        [is_wrong_without_wait is_wrong_without_ack is_wrong_without_lease_seq],
    vmm_timeline ("cuda_vmm", "timeline") =>
        [is_wrong_without_wait is_wrong_without_ack is_wrong_without_lease_seq],
}
