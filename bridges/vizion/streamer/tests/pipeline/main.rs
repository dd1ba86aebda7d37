//! The daemon's side of a pipeline's process, with a script in the place of the program: what one
//! can do that does not keep to the rules.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use vizion::{PixelFormat, VideoFormat};
use vizion_streamer::pipeline::{
    Allow, Limits, Pipeline, PipelineError, PipelineOrder, PipelineState, PipelineStats,
};

/// Whoever takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(30);

const RUNNING: &str = r#"echo '{"event":"running"}'"#;
const ENDED: &str = r#"echo '{"event":"ended"}'"#;
/// Until standard input ends.
const UNTIL_STOPPED: &str = "cat >/dev/null";

fn order(script: &str) -> PipelineOrder {
    PipelineOrder {
        text: script.to_owned(),
        key: "cam1".to_owned(),
        format: VideoFormat {
            width: 640,
            height: 360,
            framerate: 30,
            format: PixelFormat::Nv12,
        },
        allow: Allow::Everything,
        rtsp: None,
    }
}

fn start_within(script: &str, limits: Limits) -> Pipeline {
    let stand_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pipeline/stand_in.sh");
    Pipeline::start_program(&stand_in, &order(script), limits).expect("it starts")
}

fn start(script: &str) -> Pipeline {
    start_within(script, Limits::default())
}

/// The reason of a pipeline that failed.
fn failure(state: PipelineState) -> String {
    match state {
        PipelineState::Failed(why) => why,
        other => panic!("{other:?} and not failed"),
    }
}

#[test]
fn it_runs_and_ends_when_it_is_told_to() {
    let script = format!("{RUNNING}; {UNTIL_STOPPED}; {ENDED}");
    let mut pipeline = start(&script);
    assert_eq!(pipeline.wait(PATIENCE), PipelineState::Running);
    assert!(!pipeline.is_over());
    pipeline.stop();
    assert_eq!(pipeline.wait_over(PATIENCE), PipelineState::Ended);
    assert!(pipeline.is_over());
    pipeline.stop();
    assert_eq!(pipeline.state(), PipelineState::Ended);
}

#[test]
fn what_it_says_is_kept() {
    let script = [
        r#"echo '{"event":"note","message":"jpegdec is in front"}'"#,
        r#"printf '%s\n' '{"event":"sdp","text":"v=0\r\n"}'"#,
        r#"echo '{"event":"stats","frames":12,"dropped":3,"copied":1}'"#,
        // An event may come in pieces.
        r#"printf '{"event":'; sleep 0.05; echo '"running"}'"#,
        UNTIL_STOPPED,
        ENDED,
    ];
    let pipeline = start(&script.join("\n"));
    assert_eq!(pipeline.wait(PATIENCE), PipelineState::Running);
    assert_eq!(pipeline.notes(), ["jpegdec is in front"]);
    assert_eq!(pipeline.sdp().as_deref(), Some("v=0\r\n"));
    let stats = PipelineStats {
        frames: 12,
        dropped: 3,
        copied: 1,
    };
    assert_eq!(pipeline.stats(), stats);
}

#[test]
fn a_failure_comes_before_or_after_it_ran_and_stays() {
    let fail = r#"echo '{"event":"failed","message":"no element \"x264enc\""}'; exit 1"#;
    let early = start(fail);
    assert_eq!(failure(early.wait(PATIENCE)), "no element \"x264enc\"");
    let late = start(&format!("{RUNNING}; {fail}"));
    assert_eq!(failure(late.wait_over(PATIENCE)), "no element \"x264enc\"");
    let mut stopped = early;
    stopped.stop();
    let why = failure(stopped.wait_over(PATIENCE));
    assert_eq!(why, "no element \"x264enc\"");
}

#[test]
fn one_that_dies_is_told_with_its_last_words() {
    let silent = failure(start("exit 3").wait(PATIENCE));
    assert!(silent.contains("exit status: 3"), "{silent}");
    let shot = failure(start(&format!("{RUNNING}; kill -9 $$")).wait_over(PATIENCE));
    assert!(shot.contains("signal: 9"), "{shot}");
    let script = "echo one >&2; echo; printf 'libgstreamer-1.0.so.0 is missing' >&2; exit 127";
    let script = script.replace("echo;", "echo >&2;");
    let worded = failure(start(&script).wait(PATIENCE));
    assert!(
        worded.ends_with("libgstreamer-1.0.so.0 is missing"),
        "{worded}"
    );
    let mut without_ended = start(&format!("{RUNNING}; {UNTIL_STOPPED}"));
    assert_eq!(without_ended.wait(PATIENCE), PipelineState::Running);
    without_ended.stop();
    let why = failure(without_ended.wait_over(PATIENCE));
    assert!(why.contains("exit status: 0"), "{why}");
}

#[test]
fn one_that_never_answers_is_ended() {
    let limits = Limits {
        starting: Duration::from_secs(1),
        ..Limits::default()
    };
    let mute = start_within("exec sleep 1000", limits);
    assert_eq!(mute.state(), PipelineState::Starting);
    let why = failure(mute.wait_over(PATIENCE));
    assert!(why.contains("within 1s"), "{why}");
    // One that answered has no such limit.
    let script = format!("{RUNNING}; {UNTIL_STOPPED}; {ENDED}");
    let mut answered = start_within(&script, limits);
    let _ = answered.wait(PATIENCE);
    let state = answered.wait_over(limits.starting * 2);
    assert_eq!(state, PipelineState::Running);
    answered.stop();
    assert_eq!(answered.wait_over(PATIENCE), PipelineState::Ended);
}

#[test]
fn one_that_does_not_end_is_ended() {
    let limits = Limits {
        ending: Duration::from_secs(1),
        ..Limits::default()
    };
    let stays = [
        "trap '' TERM; exec sleep 1000",
        // All but dead.
        "exec >/dev/null; exec sleep 1000",
        r#"echo '{"event":"ended"}'; exec sleep 1000"#,
        r#"echo '{"event":"failed","message":"so it is"}'; exec sleep 1000"#,
    ];
    for stay in stays {
        let mut pipeline = start_within(&format!("{RUNNING}; {stay}"), limits);
        assert_ne!(pipeline.wait(PATIENCE), PipelineState::Starting);
        let began = Instant::now();
        pipeline.stop();
        assert!(began.elapsed() < limits.ending, "stopping waits");
        let state = pipeline.wait_over(PATIENCE);
        assert!(pipeline.is_over(), "{stay}: {state:?}");
        assert_ne!(state, PipelineState::Stopping, "{stay}");
    }
}

#[test]
fn rubbish_ends_it() {
    let endless = "yes | tr -d '\\n'";
    let scripts = [
        ("echo hello; exec sleep 1000", "'hello'"),
        (r#"echo '{"event":"dances"}'; exec sleep 1000"#, "dances"),
        ("echo '[[[['; exec sleep 1000", "[[[["),
        ("printf '\\377\\000\\n'; exec sleep 1000", "no event"),
        (endless, "without an end"),
    ];
    for (script, expected) in scripts {
        let pipeline = start(script);
        let why = failure(pipeline.wait_over(PATIENCE));
        assert!(pipeline.is_over(), "{script}");
        assert!(why.contains(expected), "{script}: {why}");
    }
}

#[test]
fn a_pipeline_that_is_dropped_ends_and_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let witness = folder.path().join("ended");
    let script = format!("{RUNNING}; {UNTIL_STOPPED}; echo $$ >{}", witness.display());
    let pipeline = start(&script);
    assert_eq!(pipeline.wait(PATIENCE), PipelineState::Running);
    drop(pipeline);
    let began = Instant::now();
    let pid = loop {
        let pid = fs::read_to_string(&witness).unwrap_or_default();
        if pid.ends_with('\n') {
            break pid;
        }
        assert!(began.elapsed() < PATIENCE, "it goes on");
        std::thread::sleep(Duration::from_millis(5));
    };
    // Reaped too.
    while Path::new("/proc").join(pid.trim()).exists() {
        assert!(began.elapsed() < PATIENCE, "it was not waited for");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn what_cannot_be_started_says_what_to_do() {
    let nowhere = Path::new("/nonexistent/vizion-pipeline");
    let start = |script| Pipeline::start_program(nowhere, &order(script), Limits::default());
    let error = start("").expect_err("it is not there");
    assert!(matches!(error, PipelineError::Unusable { .. }), "{error}");
    assert!(error.to_string().contains("install"), "{error}");
    let error = start("a\0b").expect_err("no argument can be that");
    assert!(matches!(error, PipelineError::NulByte), "{error}");
    let beside = Path::new("/opt/vizion").to_owned();
    let error = PipelineError::NoProgram { beside }.to_string();
    assert!(
        error.contains("/opt/vizion nor in PATH; install"),
        "{error}"
    );
}
