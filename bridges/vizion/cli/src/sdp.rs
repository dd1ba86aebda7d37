//! `vizion sdp`.

use std::path::Path;

use program::output::print;
use serde_json::Value;
use vizion::control::Command;

use crate::args::DaemonArguments;
use crate::daemon::Daemon;
use crate::exit::Failure;
use crate::request::Request;

/// Prints the SDP file, or writes it.
pub fn run(arguments: &DaemonArguments, output: Option<&Path>) -> Result<(), Failure> {
    let mut daemon = Daemon::of(arguments)?;
    let answer = daemon.ask(Request::plain(Command::GetSdp))?;
    let sdp = answer.get("sdp").and_then(Value::as_str);
    let sdp = sdp.ok_or(Failure::Lacks("sdp"))?;
    match output {
        Some(path) => {
            let failed = Failure::io(format!("write {}", path.display()));
            std::fs::write(path, sdp).map_err(failed)
        }
        None if daemon.json => daemon.tell_json(&answer),
        None => Ok(print(sdp)?),
    }
}
