//! Waiting for a buffer that somebody else makes.

use std::io;
use std::mem::MaybeUninit;
use std::time::Instant;

use program::signals::Signals;
use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use rustix::io::Errno;
use zerobuffer::{Error, Writer};

use crate::args::Patience;
use crate::exit::Failure;

/// Where buffers are made.
const FOLDER: &str = "/dev/shm";

/// Connects to a buffer as soon as it is there.
pub fn connect(name: &str, patience: Patience, signals: &Signals) -> Result<Writer, Failure> {
    let limit = patience.limit();
    let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
    let failed = |error: Errno| Failure::io(format!("watch {FOLDER}"))(io::Error::from(error));
    let watch = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).map_err(failed)?;
    // Watched before it is looked for, so that no buffer is made in between.
    inotify::add_watch(&watch, FOLDER, WatchFlags::CREATE | WatchFlags::MOVED_TO)
        .map_err(failed)?;
    let mut room = [MaybeUninit::uninit(); 4096];
    loop {
        match Writer::connect(name) {
            Err(Error::BufferNotFound { .. } | Error::NotReady { .. }) => {}
            done => return Ok(done?),
        }
        if !signals.wait(Some(std::os::fd::AsFd::as_fd(&watch)), deadline)? {
            return Err(Failure::Missing {
                name: name.to_owned(),
                limit: limit.unwrap_or_default(),
            });
        }
        let mut told = inotify::Reader::new(&watch, &mut room);
        while told.next().is_ok() {}
    }
}
