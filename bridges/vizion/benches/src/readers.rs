//! What readers cost the daemon: none, some that follow, and some that stand still with a frame in
//! their hands.

use std::time::Duration;

use bench_harness::Result;
use bench_harness::floor::copy_of_frame;
use bench_harness::peer::{self, Peer, word};
use bench_harness::sheet::Sheet;
use cuframes::Subscriber;
use rustix::process::{Pid, Signal, kill_process};
use vizion::FrameReader;

use crate::daemon::{Daemon, FRAME, KEY, Outputs};
use crate::frames::watch;

const BOTH: Outputs = Outputs {
    shared_memory: true,
    key: true,
};

pub fn measure(sheet: &mut Sheet, watched: Duration) -> Result<()> {
    let copy = copy_of_frame(FRAME)?;
    let mut daemon = Daemon::start(BOTH)?;
    let without = watch(&mut daemon, watched)?;
    sheet.add("no reader", None, without.row(without.time, copy));

    let memory = Peer::start("shm-reader", &[daemon.shared_memory()])?;
    let mut subscriber = peer::command("key-reader", &[])?;
    subscriber.env("CUFRAMES_RUNTIME_DIR", daemon.run_directory());
    let subscriber = Peer::spawn(&mut subscriber)?;
    let readers = [memory.ready()?, subscriber.ready()?];
    let following = watch(&mut daemon, watched)?;
    let what = "a reader of each that follows";
    sheet.add(what, None, following.row(without.time, copy));

    for reader in &readers {
        let pid = i32::try_from(reader.pid())?;
        let pid = Pid::from_raw(pid).ok_or("a process without a number")?;
        kill_process(pid, Signal::STOP)?;
    }
    let stopped = watch(&mut daemon, watched)?;
    let what = "a reader of each that stands still";
    sheet.add(what, None, stopped.row(without.time, copy));
    Ok(())
}

/// In the other process: reads all frames of shared memory that it can get.
pub fn be_shm_reader(words: &[String]) -> Result<()> {
    let mut reader = FrameReader::open(&word::<String>(words, 0)?)?;
    peer::say("ready")?;
    loop {
        let view = reader.view(Duration::from_secs(10))?;
        std::hint::black_box(view.ok_or("no frame came")?.still_valid());
    }
}

/// In the other process: reads all frames of the key, and holds each until it has the next.
pub fn be_key_reader() -> Result<()> {
    let mut subscriber = Subscriber::builder(KEY).connect()?;
    let mut held = subscriber.next(Some(Duration::from_secs(10)))?;
    peer::say("ready")?;
    loop {
        let next = subscriber.next(Some(Duration::from_secs(10)))?;
        std::mem::replace(&mut held, next).release()?;
    }
}
