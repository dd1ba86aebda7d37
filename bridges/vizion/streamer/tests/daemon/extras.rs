//! The commands that VizionStreamer's documentation does not have.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process;

use serde_json::{Value, json};
use vizion::control::Command;

use crate::support::{Daemon, EHDR, PLAIN, directory, error, rest, success};

/// A small format, so that frames cost little.
const SMALL: &str = r#"{"width":640,"height":480,"framerate":30,"format":"NV12"}"#;

fn value_of(daemon: &Daemon, control: &str) -> i64 {
    let params = json!({ "name": control }).to_string();
    daemon.tell("get_control", &params)["value"]
        .as_i64()
        .expect("a value")
}

#[test]
fn controls_are_listed_with_range_default_and_value() {
    let daemon = Daemon::start(PLAIN);
    let listed = daemon.say("get_controls", "");
    let wanted = [
        ("exposure_auto", 0, 1, 1, "[]"),
        ("exposure", 1, 10_000, 100, r#"["inactive"]"#),
        ("whitebalance_auto", 0, 1, 1, "[]"),
        ("whitebalance", 2800, 6500, 4600, r#"["inactive"]"#),
        ("brightness", 0, 255, 128, "[]"),
        ("contrast", 0, 255, 128, "[]"),
        ("saturation", 0, 255, 128, "[]"),
        ("sharpness", 0, 255, 0, "[]"),
        ("gamma", 72, 500, 100, "[]"),
        ("gain", 0, 100, 0, "[]"),
    ];
    let wanted = wanted.map(|(name, min, max, default, flags)| {
        format!(
            "{{\"name\":\"{name}\",\"min\":{min},\"max\":{max},\"step\":1,\
             \"default\":{default},\"value\":{default},\"flags\":{flags}}}"
        )
    });
    let wanted = format!(
        r#"{{"status":"success","controls":[{}]}}"#,
        wanted.join(",")
    );
    assert_eq!(listed, wanted);
    daemon.tell("set_exposure", r#"{"mode":"manual","value":"7"}"#);
    let one = daemon.say("get_control", r#"{"name":"exposure"}"#);
    let wanted = r#"{"status":"success","name":"exposure","min":1,"max":10000,"step":1,"default":100,"value":7,"flags":[]}"#;
    assert_eq!(one, wanted);
    for (name, said, code) in [
        (
            "zoom",
            "there is no control 'zoom'; get_controls lists those that there are",
            "invalid",
        ),
        (
            "ehdr_mode",
            "this camera has no control ehdr_mode; get_controls lists those that it has",
            "unsupported",
        ),
    ] {
        let params = json!({ "name": name }).to_string();
        assert_eq!(daemon.say("get_control", &params), error(said, code));
    }
    assert_eq!(
        daemon.say("get_control", ""),
        error("parameter 'name' is missing", "invalid")
    );
    daemon.end();
}

#[test]
fn several_controls_are_set_all_or_none_and_reset() {
    let daemon = Daemon::start(EHDR);
    let set = daemon.say(
        "set_controls",
        r#"{"gain":"7","brightness":20,"ehdr_ratio_min":1}"#,
    );
    let wanted = r#"{"status":"success","message":"Controls set successfully","controls":[{"name":"gain","value":7},{"name":"brightness","value":20},{"name":"ehdr_ratio_min","value":1}]}"#;
    assert_eq!(set, wanted);
    for (params, said, code) in [
        (
            r#"{"gain":8,"brightness":256}"#,
            "brightness 256 is out of range; use 0 to 255",
            "out_of_range",
        ),
        (
            r#"{"gain":8,"zoom":1}"#,
            "there is no control 'zoom'; get_controls lists those that there are",
            "invalid",
        ),
        (
            r#"{"gain":8,"gamma":"much"}"#,
            r#"parameter 'gamma' is not a whole number: "much""#,
            "invalid",
        ),
        (
            "{}",
            "no control is named; give them as parameters with their values",
            "invalid",
        ),
    ] {
        assert_eq!(daemon.say("set_controls", params), error(said, code));
        assert_eq!(
            (value_of(&daemon, "gain"), value_of(&daemon, "brightness")),
            (7, 20)
        );
    }
    let reset = daemon.tell("reset_controls", "");
    assert_eq!(reset["message"], "Controls reset successfully");
    assert_eq!(reset["controls"].as_array().map(Vec::len), Some(15));
    let values = ["gain", "brightness", "ehdr_ratio_min"].map(|one| value_of(&daemon, one));
    assert_eq!(values, [0, 128, 12]);
    daemon.end();
}

#[test]
fn formats_come_in_parts_if_that_is_asked_for() {
    let daemon = Daemon::start(PLAIN);
    let all = daemon.tell("get_formats", "");
    let all = all["formats"].as_array().expect("formats");
    let mut parts = Vec::new();
    while parts.len() < all.len() {
        let params = json!({ "offset": parts.len().to_string(), "limit": 20 });
        let part = daemon.tell("get_formats", &params.to_string());
        parts.extend(part["formats"].as_array().expect("formats").clone());
        assert_eq!(part["total"], all.len());
        assert_eq!(part["more"], parts.len() < all.len());
    }
    assert_eq!(&parts, all);
    let jpeg = daemon.say("get_formats", r#"{"format":"MJPG"}"#);
    assert_eq!(jpeg.matches(r#""format":"MJPG""#).count(), 5);
    assert_eq!(jpeg.matches("width").count(), 5);
    assert!(!jpeg.contains("more"), "{jpeg}");
    let said = "there is no pixel format 'H264'; use YUY2, UYVY, NV12, MJPG, BGR or RGB";
    let answer = daemon.say("get_formats", r#"{"format":"H264"}"#);
    assert_eq!(answer, error(said, "invalid"));
    let answer = daemon.say("get_formats", r#"{"offset":-1}"#);
    assert_eq!(
        answer,
        error("parameter 'offset' is out of range: -1", "out_of_range")
    );
    daemon.end();
}

#[test]
fn numbers_and_pictures_of_a_stream() {
    let daemon = Daemon::start(PLAIN);
    let folder = directory();
    let path = folder.path().join("still.jpeg");
    let params = json!({ "path": path }).to_string();
    let stopped = |what| {
        let said = format!("there is no {what} without a stream; start_stream first");
        error(&said, "stopped")
    };
    assert_eq!(daemon.say("snapshot", &params), stopped("picture"));
    assert_eq!(daemon.say("get_sdp", ""), stopped("session description"));
    daemon.tell("set_format", SMALL);
    let before = daemon.say("get_stats", "");
    let wanted = r#"{"status":"success","camera":"sim:VCI-AR0234","width":640,"height":480,"framerate":30,"format":"NV12","state":"stopped","fps":0,"frames":0,"#;
    assert!(before.starts_with(wanted), "{before}");

    daemon.stream("start_stream");
    let taken = daemon.tell("snapshot", &params);
    let picture = fs::read(&path).expect("a picture");
    assert!(picture.starts_with(b"\xff\xd8") && picture.ends_with(b"\xff\xd9"));
    let wanted = json!({
        "status": "success", "message": "Snapshot written", "path": path, "width": 640,
        "height": 480, "size": picture.len(), "sequence": taken["sequence"],
    });
    assert_eq!(taken, wanted);
    let relative = daemon.say("snapshot", r#"{"path":"still.jpeg"}"#);
    assert!(
        relative.contains("'still.jpeg' is not absolute"),
        "{relative}"
    );
    let nowhere = daemon.say("snapshot", r#"{"path":"/proc/still.jpeg"}"#);
    assert!(
        nowhere.contains("was not written to /proc/still.jpeg"),
        "{nowhere}"
    );
    let pipe = path.with_extension("pipe");
    let made = process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo runs").success());
    let unread = daemon.say("snapshot", &json!({ "path": pipe }).to_string());
    assert!(unread.contains(r#""code":"system""#), "{unread}");
    assert_eq!(
        daemon.say("snapshot", ""),
        error("parameter 'path' is missing", "invalid")
    );
    let sdp = daemon.say("get_sdp", "");
    assert!(sdp.contains(r#""code":"unsupported""#), "{sdp}");

    let stats = daemon.tell("get_stats", "");
    assert_eq!(stats["state"], "streaming");
    assert!(
        stats["frames"].as_u64() >= taken["sequence"].as_u64(),
        "{stats}"
    );
    daemon.stream("stop_stream");
    daemon.end();
}

#[test]
fn commands_are_listed() {
    let daemon = Daemon::start(PLAIN);
    let names = Command::ALL
        .map(|one| format!("\"{}\"", one.name()))
        .join(",");
    let wanted = format!(r#"{{"status":"success","commands":[{names}]}}"#);
    assert_eq!(daemon.say("list_commands", ""), wanted);
    daemon.end();
}

#[test]
fn a_connection_can_be_kept_and_requests_named() {
    let daemon = Daemon::start(PLAIN);
    let mut client = daemon.connect();
    let mut lines = BufReader::new(client.try_clone().expect("a copy")).lines();
    let mut asked = 0;
    for command in ["get_status", "no_such", "set_gain"] {
        for id in [json!(1), json!("a"), json!({ "b": [null] })] {
            let request = json!({ "command": command, "keep_alive": true, "request_id": id });
            writeln!(client, "{request}").expect("it is sent");
            let line = lines.next().expect("an answer").expect("an answer");
            assert!(
                line.ends_with(&format!(r#","request_id":{id}}}"#)),
                "{line}"
            );
            let alone = daemon.say(command, "");
            let same = Value::from(line.replace(&format!(r#","request_id":{id}"#), ""));
            assert_eq!(same, alone);
            asked += 1;
        }
    }
    assert_eq!((asked, rest(client)), (9, String::new()));
    assert_eq!(
        daemon.say("set_gain", r#"{"value":1}"#),
        success("Gain set successfully")
    );
    daemon.end();
}
