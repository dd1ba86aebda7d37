//! Pipelines that fail, take long or do not end, with a script in the place of the program that
//! runs them: what the commands say about them, and that the rest goes on.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{
    Daemon, PLAIN, WATCHDOG, directory, error, program_at, segment, success, unique_name,
};

const FORMAT: &str = r#"{"width":640,"height":480,"framerate":240,"format":"NV12"}"#;
const RUNNING: &str = r#"echo '{"event":"running"}'"#;
const ENDED: &str = r#"echo '{"event":"ended"}'"#;
const FAILED: &str = r#"echo '{"event":"failed","message":"no element \"x\""}'; exit 1"#;
const UNTIL_STOPPED: &str = "cat >/dev/null";

/// A daemon that finds the script beside itself, and streams to shared memory.
struct Rig {
    daemon: Daemon,
    memory: String,
    folder: TempDir,
}

impl Rig {
    fn new() -> Rig {
        // In the file system of the daemon as it was built, where there can be links to it.
        let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
        let linked = folder.path().join("vizion-streamer");
        fs::hard_link(env!("CARGO_BIN_EXE_vizion-streamer"), &linked).expect("a link");
        let stand_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pipeline/stand_in.sh");
        let script = folder.path().join("vizion-pipeline");
        fs::copy(stand_in, &script).expect("a copy");
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("a mode");
        let daemon = Daemon::launch(directory(), |socket| program_at(&linked, PLAIN, socket));
        daemon.tell("set_format", FORMAT);
        let memory = unique_name();
        daemon.tell(
            "enable_shared_memory",
            &json!({ "name": memory }).to_string(),
        );
        Rig {
            daemon,
            memory,
            folder,
        }
    }

    fn set(&self, script: &str) {
        let params = json!({ "pipeline": script }).to_string();
        let answer = self.daemon.say("set_pipeline", &params);
        assert_eq!(answer, success("Pipeline set successfully"));
    }

    fn status(&self, key: &str) -> Value {
        self.daemon.tell("get_status", "")[key].clone()
    }

    /// Waits until `get_status` has a member of this name.
    fn await_status(&self, key: &str) -> String {
        let until = Instant::now() + WATCHDOG;
        loop {
            if let Value::String(text) = self.status(key) {
                return text;
            }
            assert!(Instant::now() < until, "{key} never came");
        }
    }

    /// Waits until more frames are in shared memory.
    fn await_frames(&self) {
        let frames = || self.daemon.tell("get_stats", "")["shared_memory_frames"].as_u64();
        let before = frames();
        let until = Instant::now() + WATCHDOG;
        while frames() <= before {
            assert!(Instant::now() < until, "no more frames after {before:?}");
        }
    }

    /// A pipe that a script can wait at.
    fn pipe(&self) -> PathBuf {
        let pipe = self.folder.path().join("pipe");
        let made = rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, 0o600.into());
        made.expect("a pipe");
        pipe
    }

    fn end(self) {
        self.daemon.stream("stop_stream");
        self.daemon.tell("disable_shared_memory", "");
        assert!(!segment(&self.memory).exists());
        self.daemon.end_with_words();
    }
}

#[test]
fn a_pipeline_that_fails_at_once_is_an_error_of_start_stream() {
    let rig = Rig::new();
    rig.set(FAILED);
    let wanted = error("no element \"x\"", "pipeline");
    for _ in 0..3 {
        assert_eq!(rig.daemon.say("start_stream", ""), wanted);
        let status = rig.daemon.tell("get_status", "");
        assert_eq!(status["streaming"], false);
        assert_eq!(status["state"], "stopped");
        assert_eq!(status["pipeline_error"], "no element \"x\"");
    }
    // The next stream is another one.
    rig.set("");
    rig.daemon.stream("start_stream");
    assert_eq!(rig.status("pipeline_error"), Value::Null);
    rig.await_frames();
    rig.end();
}

#[test]
fn a_pipeline_that_fails_later_is_told_and_the_rest_goes_on() {
    let rig = Rig::new();
    for (script, said) in [
        (
            format!("{RUNNING}; sleep 0.3; {FAILED}"),
            "no element \"x\"",
        ),
        (format!("{RUNNING}; sleep 0.3; kill -9 $$"), "signal: 9"),
        (
            format!("{RUNNING}; sleep 0.3; {ENDED}"),
            "it ended by itself",
        ),
        (
            format!("{RUNNING}; sleep 0.3; echo rubbish; sleep 1000"),
            "rubbish",
        ),
    ] {
        rig.set(&script);
        rig.daemon.stream("start_stream");
        let why = rig.await_status("pipeline_error");
        assert!(why.contains(said), "{why}");
        rig.await_frames();
        assert_eq!(rig.status("state"), "streaming");
        rig.daemon.stream("stop_stream");
        assert!(rig.status("pipeline_error").is_string());
    }
    rig.end();
}

#[test]
fn a_pipeline_that_takes_long_to_start_is_starting() {
    let rig = Rig::new();
    let pipe = rig.pipe();
    rig.set(&format!(
        "read line <{}; {RUNNING}; {UNTIL_STOPPED}; {ENDED}",
        pipe.display()
    ));
    let began = Instant::now();
    let answer = rig.daemon.say("start_stream", "");
    let took = began.elapsed();
    assert_eq!(
        answer,
        r#"{"status":"success","message":"Streaming started","state":"starting"}"#
    );
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert_eq!(rig.status("state"), "starting");
    assert_eq!(rig.status("streaming"), false);
    let active = error("streaming is active already", "streaming");
    assert_eq!(rig.daemon.say("start_stream", ""), active);
    rig.daemon.tell("set_gain", r#"{"value":5}"#);
    // Shared memory does not wait for it.
    rig.await_frames();
    fs::write(&pipe, "go\n").expect("it is told");
    rig.daemon.await_state("streaming");
    rig.end();
}

#[test]
fn a_pipeline_that_takes_long_to_end_is_stopping() {
    let rig = Rig::new();
    let pipe = rig.pipe();
    let path = pipe.display();
    rig.set(&format!(
        "{RUNNING}; {UNTIL_STOPPED}; read line <{path}; {ENDED}"
    ));
    rig.daemon.stream("start_stream");
    let began = Instant::now();
    let answer = rig.daemon.say("stop_stream", "");
    let took = began.elapsed();
    assert_eq!(
        answer,
        r#"{"status":"success","message":"Streaming stopped","state":"stopping"}"#
    );
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert_eq!(rig.status("state"), "stopping");
    let refused = rig.daemon.say("start_stream", "");
    assert!(refused.contains(r#""code":"streaming""#), "{refused}");
    let refused = rig.daemon.say("set_format", FORMAT);
    assert!(refused.contains(r#""code":"streaming""#), "{refused}");
    fs::write(&pipe, "go\n").expect("it is told");
    rig.daemon.await_state("stopped");
    assert_eq!(rig.status("pipeline_error"), Value::Null);
    rig.end();
}

#[test]
fn a_stream_can_be_stopped_while_it_starts() {
    let rig = Rig::new();
    for _ in 0..3 {
        rig.set(&format!("{UNTIL_STOPPED}; {ENDED}"));
        let answer = rig.daemon.say("start_stream", "");
        assert!(answer.contains(r#""state":"starting""#), "{answer}");
        rig.daemon.stream("stop_stream");
    }
    rig.set("");
    rig.daemon.stream("start_stream");
    rig.end();
}

#[test]
fn the_longest_pipeline_can_be_told_with_its_error() {
    let rig = Rig::new();
    let longest = |filler: &str, length: usize| {
        let script = format!("{RUNNING}; exit 3 # ");
        let size = Value::from(filler).to_string().len() - 2;
        let rest = length - (Value::from(script.as_str()).to_string().len() - 2);
        script + &filler.repeat(rest / size)
    };
    for filler in ["x", "\"", "\u{1}"] {
        let pipeline = longest(filler, 2048);
        rig.set(&pipeline);
        rig.daemon.say("start_stream", "");
        rig.await_status("pipeline_error");
        assert_eq!(rig.status("pipeline"), pipeline.as_str());
        rig.daemon.stream("stop_stream");
        let longer = json!({ "pipeline": pipeline + "xxxxxx" }).to_string();
        let refused = error("the pipeline is longer than 2048 bytes", "out_of_range");
        assert_eq!(rig.daemon.say("set_pipeline", &longer), refused);
    }
    rig.end();
}

#[test]
fn without_the_program_the_start_says_what_to_do() {
    let rig = Rig::new();
    fs::remove_file(rig.folder.path().join("vizion-pipeline")).expect("it is there");
    rig.set("fakesink");
    let answer = rig.daemon.say("start_stream", "");
    assert!(
        answer.contains("install it beside vizion-streamer"),
        "{answer}"
    );
    assert!(answer.ends_with(r#""code":"pipeline"}"#), "{answer}");
    assert!(rig.await_status("pipeline_error").contains("install it"));
    rig.set("");
    rig.daemon.stream("start_stream");
    rig.end();
}
