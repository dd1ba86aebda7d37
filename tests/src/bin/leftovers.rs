//! Run after the whole suite: fails if anything of it is left in /dev/shm, as a socket or as
//! a process. Lock files may stay, and so does what belongs to a test process that still runs,
//! of another checkout on the same machine.

use std::process::ExitCode;

use cuframes_tests::{Peer, traces};

fn main() -> ExitCode {
    let mut segments = traces::segments(traces::PREFIX);
    let mut dirs = traces::run_dirs();
    segments.retain(|path| !traces::is_of_the_living(path));
    dirs.retain(|path| !traces::is_of_the_living(path));
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
