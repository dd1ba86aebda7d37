//! The peer in Python: a script of ours that uses its own interface, and talks in lines.

use std::process::Command;

use bench_harness::Result;
use bench_harness::machine::Side;
use bench_harness::peer::{Peer, processor};

const SCRIPT: &str = include_str!("peer.py");

/// Starts it as `role` for the buffer `name`. Its reader leaves semaphores behind: who starts one
/// tidies up.
pub fn start(role: &str, name: &str, side: Side, numbers: &[usize]) -> Result<Peer> {
    let mut command = Command::new(zerobuffer_peer::python());
    command.args(["-c", SCRIPT, role, name, &processor(side)]);
    command.args(numbers.iter().map(usize::to_string));
    Peer::spawn(&mut command)
}
