//! What is kept in a file from one daemon to the next.

use std::fs;
use std::path::Path;

use crate::support::{Daemon, EHDR, directory, program};

fn start(state: &Path) -> Daemon {
    Daemon::launch(directory(), |socket| {
        let mut command = program(EHDR, socket);
        command.arg("--state").arg(state);
        command
    })
}

/// What of a daemon's answers is kept.
fn kept(daemon: &Daemon) -> [String; 4] {
    let stats = daemon.say("get_stats", "");
    let format = stats.split(r#","state""#).next().expect("the beginning");
    [
        format.to_owned(),
        daemon.say("get_status", ""),
        daemon.say("get_controls", ""),
        daemon.say("get_ehdr_status", ""),
    ]
}

#[test]
fn format_pipeline_and_controls_outlive_the_daemon() {
    let folder = directory();
    let state = folder.path().join("state.json");
    let daemon = start(&state);
    let fresh = kept(&daemon);
    for (command, params) in [
        (
            "set_format",
            r#"{"width":640,"height":480,"framerate":30,"format":"NV12"}"#,
        ),
        ("set_pipeline", r#"{"pipeline":"fakesink name=\"a b\""}"#),
        ("set_exposure", r#"{"mode":"manual","value":77}"#),
        (
            "set_whitebalance",
            r#"{"mode":"manual","temperature":3000}"#,
        ),
        ("set_brightness", r#"{"value":1}"#),
        ("set_gamma", r#"{"value":500}"#),
        ("set_ehdr_mode", r#"{"mode":0}"#),
        ("set_ehdr_ratio_max", r#"{"value":128}"#),
    ] {
        daemon.tell(command, params);
    }
    let before = kept(&daemon);
    for (one, other) in before.iter().zip(&fresh) {
        assert_ne!(one, other);
    }
    daemon.end();
    let daemon = start(&state);
    assert_eq!(kept(&daemon), before);
    daemon.tell("reset_controls", "");
    daemon.tell("set_pipeline", r#"{"pipeline":""}"#);
    daemon.tell(
        "set_format",
        r#"{"width":1920,"height":1080,"framerate":30,"format":"YUY2"}"#,
    );
    assert_eq!(kept(&daemon), fresh);
    daemon.end();
    let daemon = start(&state);
    assert_eq!(kept(&daemon), fresh);
    daemon.end();
    // One that is killed has kept what it said that it set.
    let daemon = start(&state);
    daemon.tell("set_gain", r#"{"value":9}"#);
    drop(daemon.kill());
    let daemon = start(&state);
    let gain = daemon.tell("get_control", r#"{"name":"gain"}"#);
    assert_eq!(gain["value"], 9);
    daemon.end();
}

#[test]
fn a_state_file_that_holds_something_else_is_left_alone() {
    let folder = directory();
    let state = folder.path().join("state.json");
    fs::write(&state, "{\"controls\":").expect("a file");
    let mut command = program(EHDR, &folder.path().join("control.sock"));
    let output = command.arg("--state").arg(&state).output();
    let output = output.expect("it ends");
    let said = String::from_utf8(output.stderr).expect("text");
    assert!(!output.status.success());
    assert!(said.contains("repair or remove it"), "{said}");
    assert_eq!(fs::read(&state).expect("the file"), b"{\"controls\":");
    assert!(!folder.path().join("control.sock").exists());
}
