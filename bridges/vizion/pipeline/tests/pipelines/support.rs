//! The program with a pipeline, as the daemon runs it.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use vizion_streamer::pipeline::{Limits, Pipeline, PipelineOrder, PipelineState};

/// Whoever takes longer hangs.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The program.
pub fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_vizion-pipeline"))
}

/// A pipeline in its process.
pub fn start(order: &PipelineOrder) -> Pipeline {
    Pipeline::start_program(program(), order, Limits::default()).expect("the program starts")
}

/// The reason of a pipeline that fails, whose process ends.
pub fn failure(pipeline: &Pipeline) -> String {
    let state = pipeline.wait_over(PATIENCE);
    assert!(pipeline.is_over(), "{state:?}");
    match state {
        PipelineState::Failed(why) => why,
        other => panic!("{other:?} and not failed"),
    }
}

/// Stops a pipeline, and waits until it ended.
pub fn finish(pipeline: &mut Pipeline) {
    pipeline.stop();
    assert_eq!(pipeline.wait_over(PATIENCE), PipelineState::Ended);
}

/// Waits until it is so.
pub fn until(what: &str, mut so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !so() {
        assert!(began.elapsed() < PATIENCE, "{what} does not come");
        thread::sleep(Duration::from_millis(10));
    }
}
