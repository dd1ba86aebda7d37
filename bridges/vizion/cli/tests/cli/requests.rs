//! What each command sends.

use std::collections::HashSet;

use serde_json::{Value, json};
use vizion::control::Command;

use crate::support::{Daemon, assert_code, success};

/// The words, the name on the socket, the parameters there.
fn all() -> Vec<(&'static [&'static str], &'static str, Value)> {
    let value = |number: &str| json!({ "value": number });
    vec![
        (&["get-formats"], "get_formats", json!({})),
        (
            &["get-formats", "--format", "nv12"],
            "get_formats",
            json!({ "format": "NV12" }),
        ),
        (
            &["set-format", "1920x1080@30", "yuy2"],
            "set_format",
            json!({ "width": "1920", "height": "1080", "framerate": "30", "format": "YUY2" }),
        ),
        (
            &["set-format", "640x360@15:MJPG"],
            "set_format",
            json!({ "width": "640", "height": "360", "framerate": "15", "format": "MJPG" }),
        ),
        (&["start"], "start_stream", json!({})),
        (&["stop"], "stop_stream", json!({})),
        (
            &["set-pipeline", "videoconvert ! fakesink"],
            "set_pipeline",
            json!({ "pipeline": "videoconvert ! fakesink" }),
        ),
        (
            &[
                "set-pipeline",
                "videoconvert",
                "!",
                "fakesink",
                "--x",
                "sync=false",
            ],
            "set_pipeline",
            json!({ "pipeline": "videoconvert ! fakesink --x sync=false" }),
        ),
        (
            &["set-pipeline", ""],
            "set_pipeline",
            json!({ "pipeline": "" }),
        ),
        (&["status"], "get_status", json!({})),
        (
            &["set-exposure", "--auto"],
            "set_exposure",
            json!({ "mode": "auto" }),
        ),
        (
            &["set-exposure", "--manual", "100"],
            "set_exposure",
            json!({ "mode": "manual", "value": "100" }),
        ),
        (
            &["set-whitebalance", "--auto"],
            "set_whitebalance",
            json!({ "mode": "auto" }),
        ),
        (
            &["set-whitebalance", "--manual", "4500"],
            "set_whitebalance",
            json!({ "mode": "manual", "temperature": "4500" }),
        ),
        (&["set-brightness", "50"], "set_brightness", value("50")),
        (&["set-contrast", "32"], "set_contrast", value("32")),
        (&["set-saturation", "64"], "set_saturation", value("64")),
        (&["set-sharpness", "3"], "set_sharpness", value("3")),
        (&["set-gamma", "100"], "set_gamma", value("100")),
        (&["set-gain", "-1"], "set_gain", value("-1")),
        (
            &["set-ehdr-mode", "on"],
            "set_ehdr_mode",
            json!({ "mode": "0" }),
        ),
        (
            &["set-ehdr-mode", "1"],
            "set_ehdr_mode",
            json!({ "mode": "1" }),
        ),
        (
            &["set-ehdr-exposure-min", "1"],
            "set_ehdr_exposure_min",
            value("1"),
        ),
        (
            &["set-ehdr-exposure-max", "4"],
            "set_ehdr_exposure_max",
            value("4"),
        ),
        (
            &["set-ehdr-ratio-min", "12"],
            "set_ehdr_ratio_min",
            value("12"),
        ),
        (
            &["set-ehdr-ratio-max", "24"],
            "set_ehdr_ratio_max",
            value("24"),
        ),
        (&["ehdr-status"], "get_ehdr_status", json!({})),
        (&["enable-shared-memory"], "enable_shared_memory", json!({})),
        (
            &["enable-shared-memory", "/cam0", "--size", "16588928"],
            "enable_shared_memory",
            json!({ "name": "/cam0", "buffer_size": "16588928" }),
        ),
        (
            &["disable-shared-memory"],
            "disable_shared_memory",
            json!({}),
        ),
        (
            &["shared-memory-status"],
            "get_shared_memory_status",
            json!({}),
        ),
        (&["get-controls"], "get_controls", json!({})),
        (
            &["get-control", "gain"],
            "get_control",
            json!({ "name": "gain" }),
        ),
        (
            &["set-controls", "gain=10", "exposure_auto=0"],
            "set_controls",
            json!({ "gain": 10, "exposure_auto": 0 }),
        ),
        (&["reset-controls"], "reset_controls", json!({})),
        (&["stats"], "get_stats", json!({})),
        (&["list-commands"], "list_commands", json!({})),
        (
            &["snapshot", "/tmp/a.jpg"],
            "snapshot",
            json!({ "path": "/tmp/a.jpg" }),
        ),
        (&["sdp"], "get_sdp", json!({})),
        (
            &["send", "future", "a=1", "b=x y", "c=true"],
            "future",
            json!({ "a": 1, "b": "x y", "c": true }),
        ),
    ]
}

/// An answer that satisfies every command.
fn answer() -> Value {
    json!({ "status": "success", "formats": [], "sdp": "v=0\r\n" })
}

#[test]
fn every_command_sends_its_request() {
    let mut seen = HashSet::new();
    for (words, name, params) in all() {
        let daemon = Daemon::with(vec![answer()]);
        assert_code(&daemon.run(words), 0);
        assert_eq!(daemon.requests(), [(name.to_owned(), params)], "{words:?}");
        seen.insert(name);
    }
    for command in Command::ALL {
        assert!(seen.contains(command.name()), "{command:?} is not tried");
    }
}

#[test]
fn the_names_of_the_socket_are_names_here() {
    let mut tried = 0;
    for (words, name, params) in all() {
        let Some((_, rest)) = words.split_first().filter(|_| name != "future") else {
            continue;
        };
        let daemon = Daemon::with(vec![answer()]);
        let words = [&[name], rest].concat();
        assert_code(&daemon.run(&words), 0);
        assert_eq!(daemon.requests(), [(name.to_owned(), params)], "{words:?}");
        tried += 1;
    }
    assert_eq!(tried, all().len() - 1);
}

#[test]
fn a_file_of_the_daemons_is_found_from_where_this_program_runs() {
    let daemon = Daemon::with(vec![success()]);
    let directory = daemon.directory.path().canonicalize().expect("a directory");
    let mut command = daemon.command(&["snapshot", "a.jpg"]);
    let output = command.current_dir(&directory).output().expect("it runs");
    assert_code(&output, 0);
    let path = directory.join("a.jpg");
    let params = json!({ "path": path });
    assert_eq!(daemon.requests(), [("snapshot".to_owned(), params)]);
}

#[test]
fn formats_come_in_as_many_answers_as_it_takes() {
    let format =
        |height: u32| json!({ "width": 640, "height": height, "framerate": 30, "format": "YUY2" });
    let other = json!({ "width": 640, "height": 1, "framerate": 30, "format": "MJPG" });
    let page = |formats: Value, more: bool| json!({ "status": "success", "formats": formats, "more": more });
    let daemon = Daemon::with(vec![
        page(json!([format(360), other]), true),
        page(json!([format(480)]), false),
    ]);
    let said = assert_code(&daemon.run(&["get-formats", "--format", "YUY2"]), 0);
    assert_eq!(said, "640x360@30 YUY2\n640x480@30 YUY2\n");
    let wanted = [
        json!({ "format": "YUY2" }),
        json!({ "format": "YUY2", "offset": 2 }),
    ];
    assert_eq!(
        daemon.requests(),
        wanted.map(|params| ("get_formats".to_owned(), params))
    );
}
