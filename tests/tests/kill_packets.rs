//! Publishers and readers of packets are killed, half at random moments, half at named points.
//! Who is left reads on: whole packets only, none twice, and after a gap from a key packet on.

use std::time::Duration;

use cuframes_tests::encoded::GOP;
use cuframes_tests::{Chance, Line, Peer, Scene, count};
use rustix::process::Signal;

const READERS: usize = 4;
const RATE: u64 = 1000;
const LAST_PACKETS: u64 = 40;
const PUBLISHER_POINTS: [&str; 5] = [
    "LockTaken",
    "BeforeRename:2",
    "ExtradataOdd",
    "PacketWriting",
    "BeforeHead",
];
const READER_POINTS: [&str; 4] = ["HelloSent", "PageMapped", "PacketCopied", "PacketAsleep"];

/// What one reader has seen.
struct Reader {
    peer: Peer,
    source: u64,
    last: u64,
    packets: u64,
    overruns: u64,
    sources: u64,
    /// Another publisher was joined, of which no packet was read.
    reattached: bool,
    /// The next packet has to be a key packet.
    resuming: bool,
}

impl Reader {
    fn new(peer: Peer) -> Self {
        Reader {
            peer,
            source: 0,
            last: 0,
            packets: 0,
            overruns: 0,
            sources: 0,
            reattached: false,
            resuming: false,
        }
    }

    /// Checks one line.
    fn take(&mut self, line: &Line) {
        match line.word() {
            "PACKET" => self.count(line),
            "OVERRUN" => {
                assert!(!self.resuming, "told twice: {line}");
                (self.resuming, self.overruns) = (true, self.overruns + 1);
            }
            "EVENT" => self.reattached |= line.text("what") == Some("reattached"),
            _ => panic!("{line}"),
        }
    }

    fn count(&mut self, line: &Line) {
        let (source, seq): (u64, u64) = (line.get("source"), line.get("seq"));
        assert!(line.is("whole"), "torn: {line}");
        assert_eq!(line.is("key"), seq % GOP == 1, "{line}");
        let is_new = source != self.source;
        if is_new || self.resuming {
            assert!(line.is("key"), "begins inside: {line}");
            let is_gap = self.reattached || self.resuming;
            assert_eq!(line.is("disc"), is_gap, "{line}");
        } else {
            assert_eq!((seq, line.is("disc")), (self.last + 1, false), "{line}");
        }
        assert!(is_new || seq > self.last, "after {}: {line}", self.last);
        self.sources += u64::from(is_new);
        (self.source, self.last) = (source, seq);
        (self.reattached, self.resuming) = (false, false);
        self.packets += 1;
    }

    /// Reads on to packet `last` of `source`, or to a later one.
    fn wait_for(&mut self, source: u64, last: u64) {
        while self.source != source || self.last < last {
            let line = self.peer.next().expect("it lives");
            self.take(&line);
        }
    }

    /// Reads to the end of the stream.
    fn wait_for_end(&mut self) {
        loop {
            let line = self.peer.next().expect("it lives");
            if line.word() == "ERROR" {
                assert_eq!(line.text("code"), Some("EndOfStream"), "{line}");
                return;
            }
            self.take(&line);
        }
    }
}

fn readers(scene: &Scene) -> Vec<Reader> {
    let start = |number: usize| {
        let name = format!("name=reader{number}");
        let start = ["start=key", "start=next"][number % 2];
        let peer = scene.start("receive", &[&name, start, "connect=60000"], None);
        peer.expect("READY");
        Reader::new(peer)
    };
    (0..READERS).map(start).collect()
}

fn sender(scene: &Scene) -> Peer {
    let publisher = scene.start("send", &[], None);
    publisher.expect("READY");
    publisher
}

/// One publisher's life; what it said.
fn live_and_die(scene: &Scene, round: u64, chance: &mut Chance) -> (u32, Vec<Line>) {
    let point = PUBLISHER_POINTS[(round / 2) as usize % PUBLISHER_POINTS.len()];
    let failpoint = match point {
        "PacketWriting" | "BeforeHead" => format!("{point}:{}", 1 + chance.below(60)),
        _ => point.to_owned(),
    };
    let is_named = round.is_multiple_of(2);
    let mut publisher = scene.start("send", &[], is_named.then_some(&failpoint));
    publisher.tell(&format!("wait {READERS}"));
    publisher.tell(&format!("run {RATE}"));
    if !is_named {
        if chance.below(2) == 0 {
            publisher.expect("READY");
            publisher.expect("JOINED");
        }
        chance.pause(Duration::from_millis(60));
        publisher.signal(Signal::KILL);
    }
    publisher.reap();
    (publisher.pid(), publisher.rest())
}

#[test]
fn readers_survive_every_death_of_their_publisher() {
    let scene = Scene::new();
    let mut chance = Chance::new();
    let first = sender(&scene);
    let mut readers = readers(&scene);
    first.kill();
    for round in 0..count(200) {
        live_and_die(&scene, round, &mut chance);
        let (owner, garbage) = scene.look();
        assert_eq!((owner, garbage), (None, scene.files()));
    }
    let mut publisher = sender(&scene);
    publisher.ask(&format!("wait {READERS}"), "JOINED");
    publisher.ask(&format!("publish {LAST_PACKETS}"), "PUBLISHED");
    publisher.tell("finish");
    for reader in &mut readers {
        reader.wait_for_end();
        assert_eq!(
            (reader.source, reader.last),
            (publisher.pid().into(), LAST_PACKETS)
        );
        println!(
            "{} packets of {} publishers",
            reader.packets, reader.sources
        );
        assert!(reader.sources > 1, "some lived long enough to be read");
    }
    publisher.expect("FINISHED");
    assert!(publisher.wait().success());
    assert!(
        readers
            .into_iter()
            .all(|reader| reader.peer.wait().success())
    );
}

#[test]
fn nobody_notices_the_death_of_readers() {
    let scene = Scene::new();
    let mut chance = Chance::new();
    let mut publisher = scene.start("send", &["slots=4096", "bytes=4194304"], None);
    publisher.expect("READY");
    let mut readers = readers(&scene);
    publisher.ask(&format!("wait {READERS}"), "JOINED");
    publisher.tell(&format!("run {RATE}"));
    for round in 0..count(200) {
        let point = READER_POINTS[(round / 2) as usize % READER_POINTS.len()];
        let failpoint = match point {
            "HelloSent" | "PageMapped" => point.to_owned(),
            _ => format!("{point}:{}", 1 + chance.below(20)),
        };
        let is_named = round.is_multiple_of(2);
        let failpoint = is_named.then_some(failpoint.as_str());
        let mut victim = scene.start("receive", &["name=victim"], failpoint);
        if !is_named {
            chance.pause(Duration::from_millis(40));
            victim.signal(Signal::KILL);
        }
        victim.reap();
        let told = victim.rest();
        let wrong = told
            .iter()
            .find(|line| line.word() == "ERROR" || line.text("whole") == Some("0"));
        assert!(wrong.is_none(), "{point}: {wrong:?}");
    }
    publisher.tell("finish");
    let last = publisher.expect("RAN").get::<u64>("last");
    publisher.expect("FINISHED");
    for reader in &mut readers {
        reader.wait_for_end();
        assert_eq!(
            (reader.packets, reader.last, reader.overruns),
            (last, last, 0)
        );
    }
    assert!(last > 100, "{last} packets");
    assert!(publisher.wait().success());
}

/// A reader that stops while the ring goes round: told once, and on from the newest key packet.
#[test]
fn a_reader_that_was_stopped_goes_on_with_a_key_packet() {
    let scene = Scene::new();
    let mut publisher = sender(&scene);
    let peer = scene.start("receive", &["name=stopped"], None);
    peer.expect("READY");
    let mut reader = Reader::new(peer);
    publisher.ask("wait 1", "JOINED");
    let rounds = count(50);
    for _ in 0..rounds {
        let last: u64 = publisher.ask("publish 15", "PUBLISHED").get("last");
        reader.wait_for(publisher.pid().into(), last);
        reader.peer.signal(Signal::STOP);
        publisher.ask("publish 200", "PUBLISHED");
        reader.peer.signal(Signal::CONT);
    }
    publisher.tell("finish");
    reader.wait_for_end();
    publisher.expect("FINISHED");
    assert_eq!((reader.overruns, reader.last), (rounds, rounds * 215));
    assert!(publisher.wait().success());
    assert!(reader.peer.wait().success());
}
