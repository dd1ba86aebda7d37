//! A key, somebody else who reads it, an engine that lends it, and consumers who stay.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use cuframes_tests::{Line, Own, Peer, Scene};
use rustix::process::Signal;

use crate::account::Frames;
use crate::engine::{Engine, Planted};

/// Frames of a key that a consumer may have at a time.
pub const WINDOW: u64 = 2;
const FPS: u64 = 300;
const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../bridges/dmabuf/python");
const CONSUMER: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/kill_lending/consumer.py"
);

/// A key and somebody who reads all of it.
pub struct Stage {
    pub scene: Scene,
    publisher: Peer,
    witness: Peer,
    own: Own,
}

/// A consumer that stays, and what it said until now.
pub struct Patient {
    pub name: String,
    peer: Peer,
    /// Frames of this connection.
    pub got: u64,
    last: u64,
    is_connected: bool,
}

/// An engine with two consumers that stay, one of each kind.
pub struct Service {
    pub engine: Engine,
    pub patients: Vec<Patient>,
    /// What the engine has open while nobody else is there.
    descriptors: BTreeSet<(String, String)>,
    /// Consumers that are gone, and their frames.
    gone: u64,
    dead: Frames,
}

impl Stage {
    pub fn new() -> Stage {
        let scene = Scene::new();
        let options = [
            "policy=strict",
            "strict_timeout=9000",
            "lease_timeout=60000",
            "slots=16",
        ];
        let mut publisher = scene.publisher(&options);
        let witness = scene.subscriber(&["mode=strict", "name=witness", "run=1"]);
        publisher.ask("wait 1", "JOINED");
        Stage {
            scene,
            publisher,
            witness,
            own: Own::default(),
        }
    }

    pub fn socket(&self) -> PathBuf {
        self.scene.dir.join("engine.socket")
    }

    /// Frames come until [`stop`](Self::stop).
    pub fn run(&mut self) {
        self.publisher.tell(&format!("run {FPS}"));
    }

    /// No frames come any more. `readers` of the key are left, all of whose frames are back, and
    /// nobody missed one who is to get all: the number of the last one.
    pub fn stop(&mut self, readers: u64) -> u64 {
        self.publisher.tell(&format!("left {readers}"));
        let ran = self.publisher.expect("RAN");
        let left: u64 = self.publisher.expect("LEFT").get("count");
        assert_eq!(left, readers, "readers of the key are left");
        let last = ran.get("last");
        while self.own.last < last {
            self.own.count(&self.witness.expect("FRAME"));
        }
        assert_eq!((self.own.received, self.own.missed), (last, 0));
        assert_eq!(ran.get::<u64>("dropped"), 0, "{ran}");
        last
    }

    /// Nobody holds a frame: the publisher's own report.
    pub fn check_slots(&mut self) {
        let mut rows = Vec::new();
        self.publisher.tell("stats");
        let stats = self.publisher.until("STATS", |row| rows.push(row.clone()));
        let counts = ["dropped", "evicted"].map(|name| stats.get::<u64>(name));
        assert_eq!(counts, [0, 0], "{stats}");
        for row in rows {
            assert_eq!(row.get::<u64>("held"), 0, "{row}");
        }
    }

    /// The reader of all frames was told the same as it counted; then everybody ends.
    pub fn end(mut self) {
        assert_eq!(
            self.own.compare(&self.witness.ask("stats", "STATS")),
            Ok(())
        );
        assert!(self.own.received > 0);
        assert!(self.witness.wait().success());
        assert!(self.publisher.wait().success());
    }

    /// A consumer in Rust.
    pub fn consumer(&self, options: &[&str], failpoint: Option<&str>) -> Peer {
        let mut command = Command::new(Peer::program_named("lending_peer"));
        command.arg(self.socket()).args(options);
        if let Some(failpoint) = failpoint {
            command.env("LENDING_FAILPOINT", failpoint);
        }
        Peer::spawn(command, format!("consumer {options:?} {failpoint:?}"))
    }

    /// A consumer in Python.
    pub fn python(&self, point: &str, is_plain: bool) -> Peer {
        let mut command = Command::new("python3");
        command.args(["-B", CONSUMER]).arg(self.socket()).arg(point);
        command.args(is_plain.then_some("plain"));
        command.env("PYTHONPATH", PYTHON);
        Peer::spawn(command, format!("consumer in Python {point} {is_plain}"))
    }
}

impl Patient {
    /// One that connects again whenever its engine is gone.
    pub fn new(stage: &Stage, name: &str, options: &[&str]) -> Patient {
        let is_plain = options.contains(&"hello=0");
        let named = format!("name={name}");
        let options = [options, &[&named, "again=1"]].concat();
        let peer = stage.consumer(&options, None);
        Patient {
            // What an engine calls one that does not say its name.
            name: match is_plain {
                true => format!("process {}", peer.pid()),
                false => name.to_owned(),
            },
            peer,
            got: 0,
            last: 0,
            is_connected: false,
        }
    }

    pub fn tell(&mut self, command: &str) {
        self.peer.tell(command);
    }

    pub fn pid(&self) -> u32 {
        self.peer.pid()
    }

    /// Reads on to a line that is as it should be.
    pub fn until(&mut self, is_so: impl Fn(&Line) -> bool) {
        loop {
            let line = self.peer.next().expect("it goes on");
            self.count(&line);
            if is_so(&line) {
                return;
            }
        }
    }

    /// Each connection begins anew; in each a frame comes once, whole and in its turn.
    fn count(&mut self, line: &Line) {
        match line.word() {
            "READY" => {
                assert!(!self.is_connected, "{line}");
                (self.got, self.last, self.is_connected) = (0, 0, true);
            }
            "CLOSED" => {
                assert_eq!(line.get::<u64>("refused"), 0, "{line}");
                self.is_connected = false;
            }
            "FRAME" => {
                let seq = line.get("seq");
                assert!(line.is("whole") && seq > self.last, "{line}");
                self.got += 1;
                self.last = seq;
            }
            "BACK" => {}
            _ => panic!("{line}"),
        }
    }

    /// Reads on until it has returned the frame of that number.
    pub fn settle(&mut self, last: u64) {
        if self.last < last {
            self.until(|line| line.word() == "FRAME" && line.get::<u64>("seq") == last);
        }
        self.until(|line| line.word() == "BACK" && line.get::<u64>("seq") == last);
    }
}

impl Service {
    /// Serves, and both who stay have had as many frames at a time as they may.
    pub fn new(stage: &mut Stage, planted: Planted<'_>) -> Service {
        let engine = Engine::start(&stage.scene, &stage.socket(), planted);
        let full = Patient::new(stage, "full", &["keep=1"]);
        let plain = Patient::new(stage, "plain", &["keep=1", "hello=0"]);
        let mut patients = [full, plain];
        stage.run();
        for patient in &mut patients {
            for _ in 0..WINDOW {
                patient.until(|line| line.word() == "FRAME");
            }
            patient.tell("work");
        }
        let mut service = Service::of(engine, patients.into());
        service.settle(stage, 0);
        service.descriptors = service.engine.descriptors();
        stage.run();
        service
    }

    /// An engine whose consumers are there.
    pub fn of(engine: Engine, patients: Vec<Patient>) -> Service {
        Service {
            engine,
            patients,
            descriptors: BTreeSet::new(),
            gone: 0,
            dead: Frames::default(),
        }
    }

    /// `gone` more consumers are gone: nothing is left of them, and who stays has got, and given
    /// back, exactly what was sent. The frames of those who went.
    pub fn settle(&mut self, stage: &mut Stage, gone: u64) -> Frames {
        self.gone += gone;
        // Before the publisher is asked to wait until the key has no readers but these.
        let so_many = self.gone;
        self.engine.until("gone", |account| account.gone == so_many);
        if !self.descriptors.is_empty() {
            self.engine.wait_for_descriptors(&self.descriptors);
        }
        let last = stage.stop(1 + self.patients.len() as u64);
        for patient in &mut self.patients {
            patient.settle(last);
        }
        let patients = &self.patients;
        let account = self.engine.until("settled", |account| {
            let is_settled = |patient: &Patient| {
                let frames = account.consumer(&patient.name);
                frames.is_some_and(|frames| {
                    frames.sent == patient.got && frames.back() == patient.got
                })
            };
            account.gone == so_many && patients.iter().all(is_settled)
        });
        let held = account.total.in_flight + account.total.quarantined;
        assert_eq!(held, 0, "{account:?}");
        stage.check_slots();
        let dead = account.of_the_gone();
        let frames = dead.without(&self.dead);
        self.dead = dead;
        frames
    }

    /// The engine ends as it should, and takes its consumers with it. The frames of all.
    pub fn end(mut self, stage: &mut Stage) -> Frames {
        self.settle(stage, 0);
        self.engine.peer().signal(Signal::TERM);
        self.engine.peer().reap();
        let last = self.engine.rest().pop().expect("a last report");
        last.check();
        assert_eq!((last.consumers.len(), last.total.in_flight), (0, 0));
        last.total
    }
}
