//! Run after the whole suite: fails if anything of it is left in /dev/shm, as a socket or as
//! a process. Lock files may stay.

use std::process::ExitCode;

use cuframes_tests::{Peer, traces};

fn main() -> ExitCode {
    let segments = traces::segments(traces::PREFIX);
    let dirs = traces::run_dirs();
    let sockets: Vec<_> = dirs.iter().flat_map(|dir| traces::sockets(dir)).collect();
    let processes = traces::processes(&Peer::program());
    for path in segments.iter().chain(&sockets) {
        println!("left behind: {}", path.display());
    }
    for pid in &processes {
        println!("still running: process {pid}");
    }
    match segments.is_empty() && sockets.is_empty() && processes.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}
