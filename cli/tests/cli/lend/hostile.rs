//! Consumers that stop, that are too many, and that nobody trusts.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

use frame_lending::consumer::{Consumer, ConsumerOptions};
use rustix::process::{Signal, geteuid};

use crate::support::{Place, text, until};

use super::small::{SIZE, camera, pass};
use super::{lend, plain, report, socket, subscribers};

#[test]
fn one_that_is_stopped_has_its_window_and_returns_it_late() {
    let place = Place::new();
    let mut camera = camera(&place);
    let mut engine = lend(&place, "--timeout-ms 2000 --interval-ms 20");
    let path = socket(&place, "engine.sock");
    let mut other = Consumer::connect(&ConsumerOptions::at(&path)).expect("it listens");
    let mut stopped = plain(&path, SIZE, 4);
    until("subscribe", || subscribers(&place) == 2);
    pass(&mut camera, 1, &mut other);
    stopped.read_line();
    // It says what it has before it returns it.
    report(&mut engine, |report| report["returned"] == 2);
    stopped.signal(Signal::STOP);
    for number in 2..=20 {
        pass(&mut camera, number, &mut other);
        // As many as there is room for, before the next one comes.
        let sent = number + number.min(3);
        report(&mut engine, |report| report["sent"] == sent);
    }
    let held = report(&mut engine, |report| report["timed_out"] == 2);
    assert_eq!(
        (&held["quarantined"], &held["in_flight"]),
        (&2.into(), &0.into())
    );
    assert_eq!((&held["errors"], &held["late"]), (&0.into(), &0.into()));
    stopped.signal(Signal::CONT);
    let late = report(&mut engine, |report| report["late"] == 2);
    assert_eq!(late["quarantined"], 0);
    // Whatever it was not sent is counted, and the newest is what it gets then.
    let told: Vec<_> = (0..3).map(|_| stopped.read_line()).collect();
    let told = told
        .iter()
        .map(|line| crate::support::parse(line.as_bytes()));
    let told: Vec<_> = told.map(|told| told["frame"]["sequence"].clone()).collect();
    assert_eq!(told, [2, 3, 20]);
    let last = report(&mut engine, |report| report["returned"] == 22);
    assert_eq!((&last["sent"], &last["dropped"]), (&24.into(), &16.into()));
}

#[test]
fn another_user_is_refused_and_served_if_that_is_allowed() {
    if !geteuid().is_root() {
        eprintln!("only root can run a process of another user");
        return;
    }
    let place = Place::new();
    let _camera = camera(&place);
    let open = fs::Permissions::from_mode(0o755);
    fs::set_permissions(place.dir.path(), open).expect("it is ours");
    let path = socket(&place, "engine.sock");
    let script = "import socket, sys\n\
        s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)\n\
        s.connect(sys.argv[1])\n\
        s.send(b'{}') if sys.argv[2] == 'speak' else None\n\
        print(len(s.recv(1000)), flush=True)\n";
    let stranger = |what: &str| {
        let mut command = Command::new("python3");
        command.args(["-c", script, &path.display().to_string(), what]);
        let output = command.uid(65_534).output().expect("python3 is there");
        text(&output.stdout)
    };
    let mut engine = lend(&place, "--mode 666");
    assert_eq!(stranger("listen"), "0\n");
    report(&mut engine, |report| report["refused"] == 1);
    drop(engine);
    let mut engine = lend(&place, "--mode 666 --allow-uid 65534");
    let answer = stranger("speak");
    assert!(answer.trim() > "0", "{answer}");
    let last = report(&mut engine, |report| report["gone"] == 1);
    assert_eq!(
        (&last["refused"], &last["malformed"]),
        (&0.into(), &1.into())
    );
}
