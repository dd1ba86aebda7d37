//! The commands that are one request and its answer.

use crate::args::{Ask, DaemonArguments};
use crate::daemon::Daemon;
use crate::exit::Failure;
use crate::request::Request;

/// Asks, and tells the answer.
pub fn run(arguments: &DaemonArguments, command: &Ask) -> Result<(), Failure> {
    let request = Request::of(command)?;
    let mut daemon = Daemon::of(arguments)?;
    let answer = daemon.ask(request)?;
    daemon.tell(&answer)
}
