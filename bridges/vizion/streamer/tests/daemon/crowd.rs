//! Many clients, bad ones among them, while a stream runs.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, Rlimit, prlimit};

use crate::support::{Daemon, EHDR, WATCHDOG, success, unique_name};

const FORMAT: &str = r#"{"width":1280,"height":720,"framerate":30,"format":"YUY2"}"#;

/// A daemon that streams to shared memory.
fn streaming() -> Daemon {
    let daemon = Daemon::start(EHDR);
    daemon.tell("set_format", FORMAT);
    let name = unique_name();
    daemon.tell("enable_shared_memory", &format!(r#"{{"name":"{name}"}}"#));
    daemon.stream("start_stream");
    daemon
}

#[test]
fn answers_come_in_time_while_a_stream_runs() {
    let daemon = streaming();
    let mut times = Vec::new();
    for round in 0..100 {
        let began = Instant::now();
        match round % 4 {
            0 => daemon.tell("get_status", ""),
            1 => daemon.tell("set_brightness", r#"{"value":"50"}"#),
            2 => daemon.tell("get_formats", ""),
            _ => daemon.tell("set_exposure", r#"{"mode":"auto"}"#),
        };
        times.push(began.elapsed());
    }
    times.sort();
    // A machine that is busy with something else may hold up a few.
    assert_eq!(times.len(), 100);
    let most = times[90];
    assert!(most < Duration::from_millis(400), "{most:?} of {times:?}");
    daemon.stream("stop_stream");
    daemon.end();
}

#[test]
fn start_and_stop_are_answered_in_time() {
    let daemon = Daemon::start(EHDR);
    daemon.tell("set_format", FORMAT);
    let mut times = Vec::new();
    for _ in 0..10 {
        for (command, state) in [("start_stream", "streaming"), ("stop_stream", "stopped")] {
            let began = Instant::now();
            daemon.tell(command, "");
            times.push(began.elapsed());
            daemon.await_state(state);
        }
    }
    times.sort();
    assert!(times[15] < Duration::from_millis(400), "{times:?}");
    daemon.end();
}

#[test]
fn bad_clients_at_a_high_rate_do_not_keep_a_good_one_from_its_answers() {
    let daemon = streaming();
    let (done, sent) = (AtomicBool::new(false), AtomicUsize::new(0));
    let half = b"{\"command\":\"get_status\"";
    let rubbish: [&[u8]; 5] = [b"", b"\x00\xff\xfe", half, b"[[[[[[[[", b"{}{}{}"];
    thread::scope(|scope| {
        for bytes in rubbish {
            let (socket, done, sent) = (&daemon.socket, &done, &sent);
            scope.spawn(move || {
                let connect = || UnixStream::connect(socket);
                while !done.load(Ordering::Relaxed) {
                    // It may be closed, or left waiting, as it deserves.
                    let Ok(mut client) = connect() else { continue };
                    let _ = client.write_all(bytes);
                    sent.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let silent: Vec<_> = (0..70).map(|_| daemon.connect()).collect();
        for value in 0..100 {
            let params = format!(r#"{{"value":"{value}"}}"#);
            assert_eq!(
                daemon.say("set_gain", &params),
                success("Gain set successfully")
            );
        }
        done.store(true, Ordering::Relaxed);
        drop(silent);
    });
    let sent = sent.into_inner();
    assert!(sent > 100, "{sent}");
    assert_eq!(
        daemon.tell("get_control", r#"{"name":"gain"}"#)["value"],
        99
    );
    assert_eq!(daemon.tell("get_status", "")["state"], "streaming");
    daemon.stream("stop_stream");
    daemon.end();
}

/// Hundredths of a second that a process has computed.
fn computed(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("its numbers");
    let numbers = stat.rsplit_once(')').expect("behind its name").1;
    let numbers: Vec<&str> = numbers.split_whitespace().collect();
    let number = |index: usize| numbers[index].parse::<u64>().expect("a number");
    // utime and stime, the 14th and 15th of all.
    number(11) + number(12)
}

/// The descriptor that a process would get next.
fn next_descriptor(pid: u32) -> u64 {
    let open = |number: &u64| fs::symlink_metadata(format!("/proc/{pid}/fd/{number}")).is_ok();
    (0..).find(|number| !open(number)).expect("there is one")
}

fn limit_descriptors(pid: Pid, limit: u64) {
    let limit = Rlimit {
        current: Some(limit),
        maximum: Some(1024),
    };
    prlimit(Some(pid), Resource::Nofile, limit).expect("it is ours");
}

#[test]
fn a_daemon_without_descriptors_waits_and_does_not_spin() {
    let daemon = Daemon::start(EHDR);
    let pid = Pid::from_raw(daemon.pid() as i32).expect("a process");
    limit_descriptors(pid, next_descriptor(daemon.pid()));
    let mut clients: Vec<_> = (0..3).map(|_| daemon.connect()).collect();
    for client in &mut clients {
        client
            .write_all(br#"{"command":"get_status"}"#)
            .expect("it is sent");
    }
    let before = computed(daemon.pid());
    thread::sleep(Duration::from_secs(1));
    let spent = computed(daemon.pid()) - before;
    assert!(spent < 10, "{spent} hundredths of a second in one");
    limit_descriptors(pid, 1024);
    for client in &mut clients {
        let mut answer = String::new();
        client.set_read_timeout(Some(WATCHDOG)).expect("a limit");
        client.read_to_string(&mut answer).expect("an answer");
        assert!(
            answer.starts_with(r#"{"status":"success","streaming":false"#),
            "{answer}"
        );
    }
    assert!(
        daemon.log().contains("no descriptor is left"),
        "{}",
        daemon.log()
    );
    assert_eq!(daemon.log().lines().count(), 1, "{}", daemon.log());
}
