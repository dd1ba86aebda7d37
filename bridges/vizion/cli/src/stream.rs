//! `vizion start` and `vizion stop`.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Map, Value};
use vizion::control::Command;

use crate::args::{DaemonArguments, Patience};
use crate::daemon::Daemon;
use crate::exit::Failure;
use crate::request::Request;

/// From one look at a stream that is about to begin or to end to the next.
const LOOK: Duration = Duration::from_millis(100);

/// Starts the stream. One whose pipeline takes long is waited for.
pub fn start(arguments: &DaemonArguments, patience: &Patience) -> Result<(), Failure> {
    let mut daemon = Daemon::of(arguments)?;
    let answer = daemon.ask(Request::plain(Command::StartStream))?;
    if !patience.no_wait && !daemon.json && is(&answer, "starting") {
        let status = leave(&mut daemon, "starting", patience)?;
        failed(&status)?;
        return daemon.tell(&without_state(answer));
    }
    daemon.tell(&answer)
}

/// Stops the stream. A pipeline that completes a file is waited for.
pub fn stop(arguments: &DaemonArguments, patience: &Patience) -> Result<(), Failure> {
    let mut daemon = Daemon::of(arguments)?;
    let answer = daemon.ask(Request::plain(Command::StopStream))?;
    if !patience.no_wait && !daemon.json && is(&answer, "stopping") {
        leave(&mut daemon, "stopping", patience)?;
        return daemon.tell(&without_state(answer));
    }
    daemon.tell(&answer)
}

fn is(answer: &Map<String, Value>, state: &str) -> bool {
    answer.get("state") == Some(&Value::from(state))
}

/// What the answer says but for the state, which is over.
fn without_state(mut answer: Map<String, Value>) -> Map<String, Value> {
    answer.shift_remove("state");
    answer
}

/// Waits until the stream has left a state; the protocol has no event for it.
fn leave(
    daemon: &mut Daemon,
    state: &str,
    patience: &Patience,
) -> Result<Map<String, Value>, Failure> {
    let limit = patience.timeout.0;
    let began = Instant::now();
    loop {
        let status = daemon.ask(Request::plain(Command::GetStatus))?;
        if !is(&status, state) {
            return Ok(status);
        }
        if began.elapsed() >= limit {
            return Err(Failure::Stuck {
                state: state.to_owned(),
                limit,
            });
        }
        thread::sleep(LOOK);
    }
}

/// What failed after the answer, if anything did.
fn failed(status: &Map<String, Value>) -> Result<(), Failure> {
    let said = |key| status.get(key).and_then(Value::as_str).map(str::to_owned);
    if let Some(what) = said("pipeline_error") {
        return Err(Failure::Pipeline(what));
    }
    match said("camera_error") {
        Some(what) => Err(Failure::Camera(what)),
        None if is(status, "streaming") => Ok(()),
        None => Err(Failure::Pipeline("the stream has ended again".to_owned())),
    }
}
