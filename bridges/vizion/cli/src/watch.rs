//! `vizion watch`.

use std::thread;
use std::time::Instant;

use program::output::print;
use serde_json::{Map, Value};
use vizion::VideoFormat;
use vizion::control::{ClientError, Command};

use crate::args::{DaemonArguments, WatchArguments};
use crate::daemon::Daemon;
use crate::exit::Failure;
use crate::report::{one_line, plain};
use crate::request::Request;

/// Members whose change is told by a line of its own.
const ERRORS: [&str; 2] = ["pipeline_error", "camera_error"];

/// Tells how the stream does until a signal ends it.
pub fn run(arguments: &DaemonArguments, how: &WatchArguments) -> Result<(), Failure> {
    let mut daemon = Daemon::of(arguments)?;
    let mut before = Map::new();
    if !how.changes && !daemon.json {
        print(&line(
            ["STATE", "FPS", "FRAMES", "LOST", "DROPPED", "FORMAT"].map(str::to_owned),
        ))?;
    }
    let mut next = Instant::now();
    loop {
        let status = daemon.ask(Request::plain(Command::GetStatus))?;
        let text = match how.changes {
            true if status == before => String::new(),
            true if daemon.json => format!("{}\n", Value::Object(status.clone())),
            true => one_line(&status) + "\n",
            false => numbers(&mut daemon, &status, &before)?,
        };
        print(&text)?;
        before = status;
        next += how.interval.0;
        thread::sleep(next.saturating_duration_since(Instant::now()));
        // After a pause of this program the lines do not come in a burst.
        next = next.max(Instant::now());
    }
}

fn numbers(
    daemon: &mut Daemon,
    status: &Map<String, Value>,
    before: &Map<String, Value>,
) -> Result<String, Failure> {
    let stats = stats(daemon)?;
    if daemon.json {
        let mut all = status.clone();
        all.extend(stats);
        return Ok(format!("{}\n", Value::Object(all)));
    }
    let number = |name: &str| match stats.get(name) {
        Some(number) => number.to_string(),
        None => "-".to_owned(),
    };
    let dropped = stats.iter().filter(|(name, _)| name.ends_with("_dropped"));
    let dropped: u64 = dropped.filter_map(|(_, count)| count.as_u64()).sum();
    let format = serde_json::from_value::<VideoFormat>(Value::Object(stats.clone()));
    let mut text = line([
        state(status),
        number("fps"),
        number("frames"),
        number("lost"),
        dropped.to_string(),
        format.map(|format| format.to_string()).unwrap_or_default(),
    ]);
    for name in ERRORS {
        if let (now, then) = (status.get(name), before.get(name))
            && now != then
        {
            let what = now.and_then(Value::as_str).unwrap_or("none any more");
            text += &format!("{}: {}\n", name.replace('_', " "), plain(what));
        }
    }
    Ok(text)
}

/// The numbers, of a daemon that has some.
fn stats(daemon: &mut Daemon) -> Result<Map<String, Value>, Failure> {
    match daemon.ask(Request::plain(Command::GetStats)) {
        Err(Failure::Client(ClientError::Refused { .. })) => Ok(Map::new()),
        stats => stats,
    }
}

fn state(status: &Map<String, Value>) -> String {
    match status.get("state").and_then(Value::as_str) {
        Some(state) => plain(state),
        None if status.get("streaming") == Some(&Value::from(true)) => "streaming".to_owned(),
        None => "stopped".to_owned(),
    }
}

fn line(cells: [String; 6]) -> String {
    let [state, fps, frames, lost, dropped, format] = cells;
    let line = format!("{state:<10} {fps:>4} {frames:>10} {lost:>6} {dropped:>8}  {format}");
    line.trim_end().to_owned() + "\n"
}
