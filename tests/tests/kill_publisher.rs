//! Publishers are killed, half at random moments, half at named points; four subscribers read
//! on when the next one comes.

use std::collections::BTreeSet;
use std::time::Duration;

use cuframes_tests::{Chance, Line, Peer, Scene, count};
use rustix::process::Signal;

const POINTS: [&str; 6] = [
    "LockTaken",
    "BeforeRename",
    "Claimed",
    "Writing",
    "BeforeLatest",
    "HelloAnswered",
];
const SUBSCRIBERS: usize = 4;
const FPS: u64 = 500;
/// Frames of the publisher that lives to the end.
const LAST_FRAMES: u64 = 50;

/// What one subscriber has seen of the publisher of the moment.
struct Reader {
    peer: Peer,
    epoch: u64,
    last: u64,
    frames: u64,
    reattached: u64,
    marked: bool,
}

impl Reader {
    fn new(peer: Peer, epoch: u64) -> Self {
        Reader {
            peer,
            epoch,
            last: 0,
            frames: 0,
            reattached: 0,
            marked: true,
        }
    }

    /// Checks one line.
    fn take(&mut self, line: &Line) {
        match (line.word(), line.text("what")) {
            ("FRAME", _) => {
                assert!(line.is("whole"), "{line}");
                let seq: u64 = line.get("seq");
                assert!(seq > self.last, "after {}: {line}", self.last);
                let is_first = self.last == 0 && self.reattached > 0;
                assert_eq!(line.is("disc"), is_first && !self.marked, "{line}");
                self.marked = true;
                self.last = seq;
                self.frames += 1;
            }
            ("EVENT", Some("disconnected")) => {}
            ("EVENT", Some("reattached")) => {
                self.epoch = line.get("epoch");
                self.last = 0;
                self.reattached += 1;
                self.marked = false;
            }
            _ => panic!("{line}"),
        }
    }

    /// Reads on until it has joined `epoch` and read its frame `last`.
    fn wait_for(&mut self, epoch: u64, last: u64) {
        while self.epoch != epoch || self.last < last {
            let line = self.peer.next().expect("it lives");
            self.take(&line);
        }
    }

    /// Reads to the end of the stream.
    fn wait_for_end(&mut self, last: u64) {
        loop {
            let line = self.peer.next().expect("it lives");
            if line.word() == "ERROR" {
                assert_eq!(line.text("code"), Some("EndOfStream"), "{line}");
                break;
            }
            self.take(&line);
        }
        assert_eq!(self.last, last);
    }
}

/// One publisher's life; and how many frames it has certainly published, if all joined it.
fn live_and_die(scene: &Scene, round: u64, chance: &mut Chance) -> (Peer, u64) {
    let nth = 1 + chance.below(20);
    let point = POINTS[(round / 2) as usize % POINTS.len()];
    let failpoint = match point {
        "LockTaken" | "BeforeRename" => point.to_owned(),
        "HelloAnswered" => format!("{point}:{}", 1 + chance.below(SUBSCRIBERS as u64)),
        _ => format!("{point}:{nth}"),
    };
    let is_named = round.is_multiple_of(2);
    let failpoint = is_named.then_some(failpoint);
    let options = ["policy=strict", "strict_timeout=2000"];
    let mut publisher = scene.start("publish", &options, failpoint.as_deref());
    publisher.tell(&format!("wait {SUBSCRIBERS}"));
    publisher.tell(&format!("run {FPS}"));
    if is_named {
        // It says nothing after the point at which it dies.
        publisher.reap();
        let published = if point == "HelloAnswered" { 0 } else { nth - 1 };
        return (publisher, published);
    }
    if chance.below(2) == 0 {
        publisher.expect("READY");
        publisher.expect("JOINED");
    }
    chance.pause(Duration::from_millis(40));
    publisher.signal(Signal::KILL);
    publisher.reap();
    (publisher, 0)
}

/// A publisher that lived, and whom everyone joined.
fn epoch_if_joined(publisher: &Peer) -> Option<u64> {
    let lines = publisher.rest();
    let words: Vec<_> = lines.iter().map(Line::word).collect();
    assert!(
        words.iter().all(|word| matches!(*word, "READY" | "JOINED")),
        "{words:?}"
    );
    words.contains(&"JOINED").then(|| lines[0].get("epoch"))
}

/// Nobody publishes, and what is garbage is exactly what there is.
fn check_truth(scene: &Scene) {
    let (owner, garbage) = scene.look();
    assert_eq!(owner, None);
    assert_eq!(garbage, scene.files());
}

/// A live publisher has its socket and its segment, and nothing else is there.
fn check_fresh(scene: &Scene, publisher: &Peer) {
    let (owner, garbage) = scene.look();
    assert_eq!(owner, Some(publisher.pid()));
    assert_eq!(garbage, BTreeSet::new());
    assert_eq!(
        scene.files(),
        BTreeSet::from([scene.socket(), scene.segment()])
    );
}

#[test]
fn subscribers_survive_every_death_of_their_publisher() {
    let scene = Scene::new();
    let mut chance = Chance::new();
    let options = ["policy=strict", "strict_timeout=2000"];
    let first = scene.publisher(&options);
    let modes = ["mode=strict", "mode=strict", "mode=newest", "mode=newest"];
    let mut readers: Vec<_> = modes
        .iter()
        .zip(1..)
        .map(|(mode, number)| {
            let name = format!("name=reader{number}");
            let peer = scene.start("subscribe", &[mode, &name, "connect=60000", "run=1"], None);
            let epoch = peer.expect("READY").get("epoch");
            Reader::new(peer, epoch)
        })
        .collect();
    first.kill();

    let mut joined = 0;
    for round in 0..count(200) {
        let (publisher, published) = live_and_die(&scene, round, &mut chance);
        check_truth(&scene);
        if let Some(epoch) = epoch_if_joined(&publisher) {
            // Every whole frame that was in the ring is read before its end is noticed.
            let wait = |reader: &mut Reader| reader.wait_for(epoch, published);
            readers.iter_mut().for_each(wait);
            joined += 1;
        }
    }

    let mut publisher = scene.publisher(&options);
    check_fresh(&scene, &publisher);
    publisher.ask(&format!("wait {SUBSCRIBERS}"), "JOINED");
    let published = publisher.ask(&format!("publish {LAST_FRAMES} {FPS}"), "PUBLISHED");
    assert_eq!(published.get::<u64>("last"), LAST_FRAMES);
    assert_eq!(published.get::<u64>("dropped"), 0);
    publisher.tell("finish");
    for reader in &mut readers {
        reader.wait_for_end(LAST_FRAMES);
        println!(
            "{} frames, {} times re-attached",
            reader.frames, reader.reattached
        );
        assert!(reader.reattached > joined);
    }
    publisher.expect("FINISHED");
    assert!(publisher.wait().success());
    assert!(
        readers
            .into_iter()
            .all(|reader| reader.peer.wait().success())
    );
    println!("{joined} publishers were joined by all");
    assert!(joined > 0);
}

/// The same without a successor: what is left can be collected, and lock files stay.
#[test]
fn what_a_killed_publisher_left_can_be_collected() {
    let scene = Scene::alone();
    for point in POINTS.iter().filter(|&&point| point != "HelloAnswered") {
        let mut publisher = scene.start("publish", &[], Some(point));
        publisher.tell("publish 1 0");
        publisher.reap();
        let left = scene.files();
        assert_eq!(left.is_empty(), *point == "LockTaken", "{point}: {left:?}");
        assert_eq!(scene.look(), (None, left.clone()), "{point}");
        assert_eq!(scene.files(), left, "{point}: looking removes nothing");
        assert_eq!(scene.collect(), (None, left), "{point}");
        assert_eq!(scene.files(), BTreeSet::new(), "{point}");
        assert!(scene.dir.join(format!("{}.lock", scene.key)).exists());
    }
    // A live one is left alone.
    let publisher = scene.publisher(&[]);
    assert_eq!(scene.collect(), (Some(publisher.pid()), BTreeSet::new()));
    check_fresh(&scene, &publisher);
    assert!(publisher.wait().success());
}

/// Each ending that is not an end of stream: what is in the ring is read first.
#[test]
fn only_finish_is_an_end_of_stream() {
    for ending in ["kill", "terminate", "drop", "finish"] {
        let scene = Scene::new();
        let mut publisher = scene.publisher(&[]);
        let mut subscriber = scene.subscriber(&["mode=strict", "reattach=0"]);
        publisher.ask("wait 1", "JOINED");
        publisher.ask("publish 3 0", "PUBLISHED");
        match ending {
            "kill" => publisher.signal(Signal::KILL),
            "terminate" => publisher.signal(Signal::TERM),
            "drop" => publisher.close(),
            _ => publisher.tell("finish"),
        }
        for seq in 1..=3 {
            let frame = subscriber.ask("next 9000", "FRAME");
            assert_eq!(frame.get::<u64>("seq"), seq, "{ending}");
            assert!(frame.is("whole"), "{ending}");
        }
        subscriber.tell("next 9000");
        let end = subscriber.until("ERROR", |line| assert_eq!(line.word(), "EVENT"));
        let expected = match ending {
            "finish" => "EndOfStream",
            _ => "Disconnected",
        };
        assert_eq!(end.text("code"), Some(expected), "{ending}");
        // It stays so.
        subscriber.tell("next 0");
        let again = subscriber.until("ERROR", |line| assert_eq!(line.word(), "EVENT"));
        assert_eq!(again.text("code"), Some(expected), "{ending}");
        assert!(subscriber.wait().success());
        let is_orderly = matches!(ending, "drop" | "finish");
        assert_eq!(publisher.reap().success(), is_orderly, "{ending}");
        assert_eq!(scene.files().is_empty(), is_orderly, "{ending}");
        if !is_orderly {
            // The next publisher of the key cleans up after a killed one.
            assert!(scene.publisher(&[]).wait().success());
        }
    }
}

/// It dies while it changes the size: the old ring is read to its end, the new one never was.
#[test]
fn a_death_in_the_middle_of_a_size_change_leaves_the_old_ring_whole() {
    let scene = Scene::new();
    let options = ["policy=strict", "strict_timeout=9000"];
    let mut publisher = scene.start("publish", &options, Some("BeforeRename:2"));
    publisher.expect("READY");
    let mut subscriber = scene.subscriber(&["mode=strict"]);
    publisher.ask("wait 1", "JOINED");
    publisher.ask("publish 3 0", "PUBLISHED");
    publisher.tell("reconfigure 320 180");
    publisher.reap();
    // Two segments: the one in use, and the one that was nearly finished.
    assert_eq!(scene.segments().len(), 2);
    check_truth(&scene);
    for seq in 1..=3 {
        let frame = subscriber.ask("next 9000", "FRAME");
        assert_eq!(frame.get::<u64>("seq"), seq);
        assert!(frame.is("whole") && !frame.is("disc"), "{frame}");
    }
    let mut publisher = scene.publisher(&["width=320", "height=180"]);
    check_fresh(&scene, &publisher);
    subscriber.tell("next 9000");
    publisher.ask("wait 1", "JOINED");
    publisher.ask("publish 1 0", "PUBLISHED");
    let frame = subscriber.until("FRAME", |line| assert_eq!(line.word(), "EVENT"));
    assert!(frame.is("whole") && frame.is("disc"), "{frame}");
    assert_eq!(frame.get::<u32>("width"), 320);
    assert!(subscriber.wait().success());
    assert!(publisher.wait().success());
}
