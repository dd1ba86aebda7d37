//! What the program makes of an answer.

use serde_json::{Value, json};

use crate::support::{Daemon, assert_code, text};

/// What the program says to an answer, and as `--json`.
fn said(words: &[&str], answer: &Value) -> (String, String) {
    let daemon = Daemon::with(vec![answer.clone(), answer.clone()]);
    let plain = assert_code(&daemon.run(words), 0);
    let json = assert_code(&daemon.run(&[words, &["--json"]].concat()), 0);
    assert_eq!(daemon.requests().len(), 2);
    (plain, json)
}

#[test]
fn messages_are_printed() {
    let answer = json!({ "status": "success", "message": "Gain set successfully" });
    let (plain, json) = said(&["set-gain", "3"], &answer);
    assert_eq!(plain, "Gain set successfully\n");
    assert_eq!(
        json,
        "{\"status\":\"success\",\"message\":\"Gain set successfully\"}\n"
    );
}

#[test]
fn status_is_a_line_for_each_member() {
    let answer = json!({ "status": "success", "streaming": true, "pipeline": "a ! b",
        "state": "streaming", "pipeline_error": "no element \"a\"" });
    let (plain, json) = said(&["status"], &answer);
    let wanted = "streaming       yes\n\
                  pipeline        a ! b\n\
                  state           streaming\n\
                  pipeline error  no element \"a\"\n";
    assert_eq!(plain, wanted);
    assert_eq!(json, format!("{answer}\n"));
}

#[test]
fn controls_are_a_table() {
    let answer = json!({ "status": "success", "controls": [
        { "name": "brightness", "min": 0, "max": 255, "step": 1, "default": 128, "value": 50,
          "flags": [] },
        { "name": "exposure", "min": 1, "max": 10000, "step": 1, "default": 100, "value": 100,
          "flags": ["inactive", "volatile"] },
    ] });
    let (plain, json) = said(&["get-controls"], &answer);
    let wanted = "NAME        MIN  MAX    STEP  DEFAULT  VALUE  FLAGS\n\
                  brightness  0    255    1     128      50\n\
                  exposure    1    10000  1     100      100    inactive,volatile\n";
    assert_eq!(plain, wanted);
    assert_eq!(json, format!("{answer}\n"));
}

#[test]
fn shared_memory_tells_where_it_is() {
    let answer = json!({ "status": "success", "message": "Shared memory enabled",
        "name": "/vizion_frame", "size": 8_294_528 });
    let (plain, _) = said(&["enable-shared-memory"], &answer);
    assert_eq!(
        plain,
        "Shared memory enabled\nname  /vizion_frame\nsize  8294528\n"
    );
}

#[test]
fn formats_are_printed_as_they_are_set() {
    let answer = json!({ "status": "success", "formats": [
        { "width": 1920, "height": 1080, "framerate": 30, "format": "YUY2" },
        { "width": 1280, "height": 720, "framerate": 60, "format": "RGBA" },
    ] });
    let (plain, json) = said(&["get-formats"], &answer);
    let unknown = r#"{"width":1280,"height":720,"framerate":60,"format":"RGBA"}"#;
    assert_eq!(plain, format!("1920x1080@30 YUY2\n{unknown}\n"));
    assert_eq!(json, format!("{answer}\n"));
}

#[test]
fn sdp_is_printed_or_written_as_it_is() {
    let sdp = "v=0\r\nm=video 5000 RTP/AVP 96\r\n";
    let answer = json!({ "status": "success", "sdp": sdp });
    let (plain, json) = said(&["sdp"], &answer);
    assert_eq!((plain.as_str(), json), (sdp, format!("{answer}\n")));
    let daemon = Daemon::with(vec![answer]);
    let path = daemon.directory.path().join("stream.sdp");
    let file = path.to_str().expect("text");
    assert_eq!(assert_code(&daemon.run(&["sdp", "-o", file]), 0), "");
    assert_eq!(std::fs::read_to_string(&path).expect("the file"), sdp);
}

#[test]
fn a_slow_start_is_waited_for() {
    let starting = || {
        json!({ "status": "success", "message": "Streaming started",
        "state": "starting" })
    };
    let status = |state: &str| {
        json!({ "status": "success", "streaming": true, "pipeline": "p",
        "state": state })
    };
    let daemon = Daemon::with(vec![starting(), status("starting"), status("streaming")]);
    assert_eq!(
        assert_code(&daemon.run(&["start"]), 0),
        "Streaming started\n"
    );
    let names = daemon.requests().into_iter().map(|(name, _)| name);
    assert_eq!(
        names.collect::<Vec<_>>(),
        ["start_stream", "get_status", "get_status"]
    );
    for words in [&["start", "--no-wait"][..], &["start", "--json"]] {
        let daemon = Daemon::with(vec![starting()]);
        assert!(assert_code(&daemon.run(words), 0).contains("starting"));
    }
    let mut broken = status("streaming");
    broken["pipeline_error"] = json!("could not bind port 5000");
    let daemon = Daemon::with(vec![starting(), broken]);
    let output = daemon.run(&["start"]);
    assert_eq!(assert_code(&output, 7), "");
    let said = text(&output.stderr);
    assert_eq!(
        said,
        "vizion: the pipeline failed: could not bind port 5000\n"
    );
}

#[test]
fn a_slow_stop_is_waited_for_and_not_for_ever() {
    let stopping = || {
        json!({ "status": "success", "message": "Streaming stopped",
        "state": "stopping" })
    };
    let status = |state: &str| {
        json!({ "status": "success", "streaming": false, "pipeline": "p",
        "state": state })
    };
    let daemon = Daemon::with(vec![stopping(), status("stopping"), status("stopped")]);
    assert_eq!(
        assert_code(&daemon.run(&["stop"]), 0),
        "Streaming stopped\n"
    );
    assert_eq!(daemon.requests().len(), 3);
    let daemon = Daemon::with(vec![stopping(), status("stopping"), status("stopping")]);
    let output = daemon.run(&["stop", "--timeout", "0.05"]);
    assert_code(&output, 6);
    assert!(text(&output.stderr).contains("still stopping after 0.05 s"));
}

#[test]
fn watch_tells_numbers_and_what_breaks() {
    let status = |error: Option<&str>| {
        let mut status = json!({ "status": "success", "streaming": true, "pipeline": "p",
            "state": "streaming" });
        if let Some(error) = error {
            status["pipeline_error"] = json!(error);
        }
        status
    };
    let stats = json!({ "status": "success", "camera": "sim", "width": 640, "height": 360,
        "framerate": 30, "format": "YUY2", "state": "streaming", "fps": 30, "frames": 1234,
        "lost": 0, "shared_memory_dropped": 1, "key_dropped": 0, "pipeline_dropped": 2 });
    let script = vec![
        status(None),
        stats.clone(),
        status(Some("EOS")),
        stats.clone(),
        status(None),
    ];
    let daemon = Daemon::dying_after(script);
    let output = daemon.run(&["watch", "--interval", "0.01"]);
    let wanted = "\
STATE       FPS     FRAMES   LOST  DROPPED  FORMAT
streaming    30       1234      0        3  640x360@30 YUY2
streaming    30       1234      0        3  640x360@30 YUY2
pipeline error: EOS
";
    assert_eq!(assert_code(&output, 5), wanted);

    let daemon = Daemon::dying_after(vec![status(None), status(None), status(Some("EOS"))]);
    let output = daemon.run(&["watch", "--interval", "0.01", "--changes"]);
    let wanted = "streaming: yes, pipeline: p, state: streaming\n\
                  streaming: yes, pipeline: p, state: streaming, pipeline error: EOS\n";
    assert_eq!(assert_code(&output, 5), wanted);
}

#[test]
fn watch_gets_along_with_a_daemon_that_has_no_numbers() {
    let status = json!({ "status": "success", "streaming": false, "pipeline": "p" });
    let unknown = json!({ "status": "error", "message": "Unknown command" });
    let daemon = Daemon::dying_after(vec![status, unknown]);
    let said = assert_code(&daemon.run(&["watch", "--interval", "0.01"]), 5);
    assert_eq!(
        said.lines().nth(1),
        Some("stopped       -          -      -        0")
    );
}
