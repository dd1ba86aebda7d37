//! Daemons that are killed, and daemons that want the same socket.

use std::fs;
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::{Child, ExitStatus};

use rustix::net::sockopt::socket_peercred;
use rustix::process::{Pid, Signal, kill_process};

use crate::support::{Daemon, PLAIN, Readiness, directory, program, segment, unique_name};

const SMALL: &str = r#"{"width":640,"height":480,"framerate":240,"format":"NV12"}"#;

/// How it ended, and what it said.
fn outcome(child: Child) -> (ExitStatus, String) {
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8(output.stderr).expect("text");
    (output.status, said)
}

#[test]
fn what_a_killed_daemon_left_is_replaced_by_the_next_one() {
    let name = unique_name();
    let memory = format!(r#"{{"name":"{name}","buffer_size":"1000000"}}"#);
    let mut place = directory();
    for round in 0..3 {
        let daemon = Daemon::start_in(place, PLAIN);
        daemon.tell("set_format", SMALL);
        daemon.tell("enable_shared_memory", &memory);
        daemon.stream("start_stream");
        while daemon.tell("get_stats", "")["shared_memory_frames"] == 0 {}
        if round == 2 {
            daemon.stream("stop_stream");
            daemon.end();
            break;
        }
        let socket = daemon.socket.clone();
        place = daemon.kill();
        assert!(socket.exists() && segment(&name).exists());
        UnixStream::connect(&socket).expect_err("nobody is there");
        assert_eq!(Some(place.path()), socket.parent());
    }
    assert!(!segment(&name).exists());
}

#[test]
fn a_second_daemon_leaves_the_first_one_alone() {
    let daemon = Daemon::start(PLAIN);
    let second = program(PLAIN, &daemon.socket)
        .spawn()
        .expect("a second daemon");
    let (status, said) = outcome(second);
    assert_eq!(status.code(), Some(3), "{said}");
    let socket = daemon.socket.display();
    let wanted = format!(
        "vizion-streamer: somebody answers at the socket {socket}: end that daemon, or choose \
         another path\n"
    );
    assert_eq!(said, wanted);
    daemon.tell("get_status", "");
    daemon.end();
}

#[test]
fn of_a_hundred_daemons_that_start_at_once_one_remains() {
    const STARTS: usize = 100;
    let place = directory();
    let socket = place.path().join("control.sock");
    // What a killed one left.
    drop(UnixListener::bind(&socket).expect("a socket"));
    let readiness = Readiness::of(place.path());
    let daemons: Vec<Child> = (0..STARTS)
        .map(|_| {
            let mut command = program(PLAIN, &socket);
            readiness.ask(&mut command);
            command.spawn().expect("a daemon")
        })
        .collect();
    readiness.wait();
    let client = UnixStream::connect(&socket).expect("a connection");
    let served_by = socket_peercred(&client).expect("its process").pid;
    let (won, lost): (Vec<Child>, Vec<Child>) = daemons
        .into_iter()
        .partition(|one| Pid::from_child(one) == served_by);
    assert_eq!((won.len(), lost.len()), (1, STARTS - 1));
    for child in lost {
        let (status, said) = outcome(child);
        assert_eq!(status.code(), Some(3), "{said}");
        assert!(said.contains("somebody answers at the socket"), "{said}");
    }
    kill_process(served_by, Signal::TERM).expect("it runs");
    for child in won {
        outcome(child);
    }
    fs::remove_file(place.path().join("ready")).expect("it is ours");
    assert_eq!(fs::read_dir(place.path()).expect("a directory").count(), 0);
}
