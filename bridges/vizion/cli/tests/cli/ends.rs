//! How the program ends.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::support::{Daemon, assert_code, program, success, text};

#[test]
fn a_refusal_has_its_words_and_its_code() {
    let refusal = || {
        json!({ "status": "error", "message": "gain 101 is out of range",
        "code": "out_of_range" })
    };
    let daemon = Daemon::with(vec![refusal(), refusal()]);
    let output = daemon.run(&["set-gain", "101"]);
    assert_eq!(assert_code(&output, 7), "");
    let said = "vizion: set_gain: gain 101 is out of range\n";
    assert_eq!(text(&output.stderr), said);
    let output = daemon.run(&["--json", "set-gain", "101"]);
    assert_eq!(assert_code(&output, 7), format!("{}\n", refusal()));
    assert_eq!(text(&output.stderr), said);
}

#[test]
fn without_a_daemon_it_says_how_to_start_one() {
    let output = program(&["status"]).output().expect("it runs");
    assert_eq!(assert_code(&output, 3), "");
    let said = "vizion: no daemon listens at /nowhere/s; start one: \
                vizion-streamer --camera v4l2:/dev/video0 --socket /nowhere/s\n";
    assert_eq!(text(&output.stderr), said);
    // The option counts more than the environment.
    let output = program(&["status", "--socket", "/elsewhere/s"]).output();
    assert!(text(&output.expect("it runs").stderr).contains("/elsewhere/s"));
}

#[test]
fn a_socket_of_somebody_else_is_not_permitted() {
    const NOBODY: u32 = 65_534;
    let directory = tempfile::tempdir().expect("a directory");
    let open = |path: &std::path::Path, mode: u32| {
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(path, mode).expect("the mode");
    };
    open(directory.path(), 0o755);
    let socket = directory.path().join("s");
    let _listener = UnixListener::bind(&socket).expect("a socket");
    open(&socket, 0o600);
    // Where the program was built, that user may have no way in.
    let copy = directory.path().join("vizion");
    let copied = std::process::Command::new("cp")
        .arg(env!("CARGO_BIN_EXE_vizion"))
        .arg(&copy)
        .status();
    assert!(copied.expect("cp").success());
    let mut command = std::process::Command::new(&copy);
    command.arg("status").arg("--socket").arg(&socket);
    if rustix::process::geteuid().is_root() {
        command.uid(NOBODY);
    } else {
        open(&socket, 0o000);
    }
    let output = command.output().expect("it runs");
    assert_eq!(assert_code(&output, 4), "");
    assert!(
        text(&output.stderr).contains("--allow-uid"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn a_daemon_that_ends_is_told() {
    let daemon = Daemon::dying_after(Vec::new());
    let output = daemon.run(&["status"]);
    assert_eq!(assert_code(&output, 5), "");
    let said = text(&output.stderr);
    assert!(said.contains("without an answer to get_status"), "{said}");
    assert_eq!(daemon.requests().len(), 1);
}

#[test]
fn wrong_arguments_reach_no_daemon() {
    for (words, code) in [
        (&["set-gain", "much"][..], 2),
        (&["set-format", "1920x1080", "YUY2"], 2),
        (&["set-format", "1920x1080@30", "RGBA"], 2),
        (&["set-exposure"], 2),
        (&["brighter"], 2),
    ] {
        let output = program(words).output().expect("it runs");
        assert_eq!(assert_code(&output, code), "", "{words:?}");
        assert!(!text(&output.stderr).contains("no daemon"), "{words:?}");
    }
}

#[test]
fn an_answer_without_what_was_asked_for_is_told() {
    for words in [["get-formats"], ["sdp"]] {
        let daemon = Daemon::with(vec![success()]);
        assert_eq!(assert_code(&daemon.run(&words), 8), "");
    }
}

#[test]
fn watching_ends_by_sigint() {
    let status = json!({ "status": "success", "streaming": false, "pipeline": "p" });
    let daemon = Daemon::with(vec![status.clone(), status]);
    let words = ["watch", "--changes", "--interval", "3600"];
    let mut command = daemon.command(&words);
    let mut child = command.stdout(Stdio::piped()).spawn().expect("it starts");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let line = lines.next().expect("a line").expect("text");
    assert_eq!(line, "streaming: no, pipeline: p");
    kill_process(Pid::from_child(&child), Signal::INT).expect("it is there");
    let status = child.wait().expect("an end");
    assert_eq!(status.signal(), Some(Signal::INT.as_raw()));
    assert!(lines.next().is_none());
    // The second answer of the script is for whoever comes next.
    assert_code(&daemon.run(&["status"]), 0);
}

#[test]
fn output_that_nobody_reads_is_a_quiet_end() {
    let daemon = Daemon::with(vec![success()]);
    let mut command = daemon.command(&["status"]);
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let child = command.stdout(writer).stderr(Stdio::piped()).spawn();
    let output = child
        .expect("it starts")
        .wait_with_output()
        .expect("an end");
    assert_eq!(output.status.signal(), Some(Signal::PIPE.as_raw()));
    assert_eq!(text(&output.stderr), "");
}
