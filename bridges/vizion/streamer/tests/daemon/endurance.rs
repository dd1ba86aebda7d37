//! Many streams of one daemon: nothing grows.

use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::support::{Daemon, EHDR, WATCHDOG, segment, unique_name};

/// Descriptors and threads of a process.
fn belongings(daemon: &Daemon) -> (usize, usize) {
    let count = |what: &str| {
        let entries = fs::read_dir(format!("/proc/{}/{what}", daemon.pid()));
        entries.expect("its entries").count()
    };
    (count("fd"), count("task"))
}

/// KiB of memory that are its own.
fn memory(daemon: &Daemon) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", daemon.pid()));
    let status = status.expect("its status");
    let own = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"));
    let own = own.and_then(|line| line.split_whitespace().next());
    own.expect("its memory").parse().expect("a number")
}

#[test]
fn a_thousand_streams_leave_nothing_behind() {
    let cycles = match std::env::var_os("CUFRAMES_FULL") {
        Some(_) => 1000,
        None => 100,
    };
    let daemon = Daemon::start(EHDR);
    let at_first = belongings(&daemon);
    daemon.tell(
        "set_format",
        r#"{"width":640,"height":480,"framerate":240,"format":"NV12"}"#,
    );
    let name = unique_name();
    let shared = format!(r#"{{"name":"{name}","buffer_size":"1000000"}}"#);
    let cycle = || {
        daemon.tell("enable_shared_memory", &shared);
        daemon.stream("start_stream");
        daemon.stream("stop_stream");
        daemon.tell("disable_shared_memory", "");
        assert!(!segment(&name).exists());
    };
    for _ in 0..20 {
        cycle();
    }
    let before = memory(&daemon);
    for _ in 0..cycles {
        cycle();
    }
    let after = memory(&daemon);
    // The last client's connection may be about to be closed.
    let until = Instant::now() + WATCHDOG;
    while belongings(&daemon) != at_first {
        let now = belongings(&daemon);
        assert!(Instant::now() < until, "{at_first:?} became {now:?}");
        sleep(Duration::from_millis(5));
    }
    println!("{cycles} streams: from {before} to {after} KiB");
    assert!(after < before + 2048, "from {before} to {after} KiB");
    daemon.end();
}
