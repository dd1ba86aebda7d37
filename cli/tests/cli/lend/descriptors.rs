//! Engines and gateways that may have no more descriptors, open or on their way.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use frame_lending::consumer::{Consumer, ConsumerOptions};
use frame_lending::gateway::{Listener, ListenerOptions};
use frame_lending::socket::Connection;
use rustix::process::geteuid;

use crate::support::{Place, Running, parse, program, until};

use super::small::{SIZE, camera, pass};
use super::{LONG, listens, plain, report, socket, subscribers};

/// An engine that may have so many, and what it says on standard error.
struct Limited {
    engine: Running,
    said: PathBuf,
}

impl Limited {
    /// `before` are a program and arguments that start it.
    fn start(place: &Place, before: &[&str], limit: u32) -> Limited {
        let line = format!(
            "ulimit -n {limit}; exec \"$0\" lend \"$1\" --socket \"$2\" --gateway \"$3\" \
             --timeout-ms 60000 --stats --interval-ms 50 --json"
        );
        let words = [before, &["sh", "-c", &line]].concat();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).arg(program()).arg(&place.key);
        command.args(["engine.sock", "gateway.sock"].map(|name| socket(place, name)));
        command.env("CUFRAMES_RUNTIME_DIR", place.dir.path());
        command.env("CUFRAMES_LOG", "warn");
        let said = socket(place, "said");
        let errors = File::create(&said).expect("it is ours");
        command.stdout(Stdio::piped()).stderr(errors);
        let engine = Running::of(command.spawn().expect("it starts"));
        let sockets = ["engine.sock", "gateway.sock"].map(|name| socket(place, name));
        until("listen", || sockets.iter().all(|path| listens(path)));
        Limited { engine, said }
    }

    /// How often it said something.
    fn times_said(&self, what: &str) -> usize {
        let said = fs::read_to_string(&self.said).expect("it is there");
        said.matches(what).count()
    }
}

fn crowd(place: &Place, name: &str) -> Vec<Connection> {
    let path = socket(place, name);
    let connect = |_| Connection::connect(&path).expect("it listens");
    (0..60).map(connect).collect()
}

/// A consumer that is served in place.
fn served(place: &Place, engine: &mut Running) -> Consumer {
    let options = ConsumerOptions::at(socket(place, "engine.sock"));
    let consumer = Consumer::connect(&options).expect("it listens");
    report(engine, |report| report["consumers"][0]["v"] == 1);
    until("subscribe", || subscribers(place) == 1);
    consumer
}

#[test]
fn as_many_as_there_are_descriptors_for_cost_those_who_are_served_nothing() {
    let place = Place::new();
    let mut camera = camera(&place);
    let mut limited = Limited::start(&place, &[], 60);
    let mut consumer = served(&place, &mut limited.engine);
    let crowd = crowd(&place, "engine.sock");
    let engine = &mut limited.engine;
    // Each is turned away, or served as long as it likes, or given up for lack of a descriptor: where
    // all come at once, that may be everyone's end.
    report(engine, |report| {
        let consumers = report["consumers"].as_array().map_or(0, Vec::len) as u64;
        let count = |name: &str| report[name].as_u64().expect("a count");
        count("refused") + count("gone") + consumers == 1 + 60
    });
    for number in 1..=10 {
        pass(&mut camera, number, &mut consumer);
    }
    drop(crowd);
    report(engine, |report| {
        report["consumers"].as_array().map_or(0, Vec::len) == 1
    });
    let path = socket(&place, "engine.sock");
    let mut later = Consumer::connect(&ConsumerOptions::at(&path)).expect("it listens");
    report(engine, |report| report["consumers"][1]["v"] == 1);
    until("subscribe", || subscribers(&place) == 2);
    pass(&mut camera, 11, &mut consumer);
    let first = later.receive(LONG).expect("it is there").expect("a frame");
    // It may have come in time for the one before.
    assert!([10, 11].contains(&first.send().sequence));
    let refused = report(&mut limited.engine, |_| true)["refused"].as_u64();
    let told = limited.times_said("turned away; raise RLIMIT_NOFILE") as u64;
    assert_eq!(Some(told), refused);
    assert!(limited.times_said("Too many open files") > 0);
}

#[test]
fn listeners_wait_for_descriptors_and_those_who_hear_go_on() {
    let place = Place::new();
    let mut camera = camera(&place);
    let mut limited = Limited::start(&place, &[], 60);
    let mut consumer = served(&place, &mut limited.engine);
    let options = ListenerOptions::at(socket(&place, "gateway.sock"));
    let mut ear = Listener::connect(&options).expect("it listens");
    let mut number = 0;
    let mut is_heard = |ear: &mut Listener, limit: Option<Duration>| {
        number += 1;
        pass(&mut camera, number, &mut consumer);
        // Nothing tells a listener that it is taken but what it hears, from then on all.
        let mut heard = ear.next(limit);
        while let Some(found) = heard.expect("it is there") {
            assert_eq!(found.lost, 0);
            if found.sequence as u64 == number {
                return true;
            }
            heard = ear.next(LONG);
        }
        false
    };
    let moment = Some(Duration::from_millis(20));
    until("hear", || is_heard(&mut ear, moment));
    let crowd = crowd(&place, "gateway.sock");
    let what = "listeners have to wait; raise RLIMIT_NOFILE";
    until("say so", || limited.times_said(what) > 0);
    for _ in 0..10 {
        assert!(is_heard(&mut ear, LONG), "it hears all");
    }
    assert_eq!(limited.times_said(what), 1, "once is enough");
    let mut late = Listener::connect(&options).expect("there is room to wait");
    drop(crowd);
    until("hear", || is_heard(&mut late, moment));
}

/// Keeps 500 descriptors on their way to itself.
const HOLDER: &str = r#"
import array, os, socket, sys
one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
fds = array.array("i", [os.open("/dev/null", os.O_RDONLY)] * 250)
for _ in range(2):
    one.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
print("ready", flush=True)
sys.stdin.read()
"#;

fn holder() -> Running {
    let mut command = Command::new("python3");
    command.args(["-c", HOLDER]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("python3 is there");
    let mut line = String::new();
    let output = child.stdout.as_mut().expect("a pipe");
    let read = BufReader::new(output).read_line(&mut line);
    assert_eq!((read.expect("a line"), line.as_str()), (6, "ready\n"));
    Running::of(child)
}

/// Others of the same user have more descriptors on their way than this engine may have open.
#[test]
fn frames_that_cannot_go_are_counted_and_those_that_need_no_descriptor_go_on() {
    let place = Place::new();
    let mut camera = camera(&place);
    // Root may have as many as it likes, as long as it has these.
    let without = [
        "setpriv",
        "--bounding-set=-sys_resource,-sys_admin",
        "--inh-caps=-sys_resource,-sys_admin",
    ];
    let before = match geteuid().is_root() {
        true => &without[..],
        false => &[],
    };
    let mut limited = Limited::start(&place, before, 256);
    let mut consumer = served(&place, &mut limited.engine);
    let mut copies = plain(&socket(&place, "engine.sock"), SIZE, 2);
    until("subscribe", || subscribers(&place) == 2);
    pass(&mut camera, 1, &mut consumer);
    let first = parse(copies.read_line().as_bytes());
    assert_eq!(first["frame"]["sequence"], 1);
    let holder = holder();
    for number in 2..=5 {
        pass(&mut camera, number, &mut consumer);
        let engine = &mut limited.engine;
        report(engine, |report| report["dropped"] == number - 1);
    }
    assert_eq!(
        limited.times_said("too many descriptors are on their way"),
        4
    );
    drop(holder);
    pass(&mut camera, 6, &mut consumer);
    let next = parse(copies.read_line().as_bytes());
    assert_eq!(next["frame"]["sequence"], 6);
    let last = report(&mut limited.engine, |report| report["returned"] == 8);
    let counts = ["sent", "in_flight", "copied"].map(|name| last[name].as_u64());
    assert_eq!(counts, [Some(8), Some(0), Some(2)], "{last}");
}
