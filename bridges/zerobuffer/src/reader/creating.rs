//! Making a buffer: the lock, the semaphores, and at last the segment, complete when it gets its
//! name. So no writer meets one that is not ready, which one of another language would mind for
//! ever.

use std::io;
use std::time::{Duration, Instant};

use rustix::io::Errno;

use super::stale;
use crate::config::BufferConfig;
use crate::error::{Error, Result};
use crate::failpoint::{Point, reach};
use crate::shared::Shared;
use crate::sys::{Lock, LockOutcome, Segment, Semaphore, Unnamed, own_pid, remove_shared};
use crate::wire::{Geometry, Names, OIEB_SIZE, Oieb, VERSION, check_name};

/// How long a lock may be held by who reads no buffer of this name: readers in other languages, when
/// they start, lock every lock file for themselves for a moment, which is longer for one that loses
/// its processor in it.
const SCANNED: Duration = Duration::from_millis(250);
/// Between two looks: nothing tells when it is free.
const LOOK: Duration = Duration::from_micros(200);

/// Makes the buffer `name`.
pub fn create(name: &str, config: &BufferConfig) -> Result<Shared> {
    check_name(name).map_err(|why| Error::InvalidName {
        name: name.to_owned(),
        why,
    })?;
    let (metadata_size, payload_size) = (config.metadata_size, config.payload_size);
    let geometry =
        Geometry::of_config(metadata_size, payload_size).map_err(|why| Error::InvalidConfig {
            metadata_size,
            payload_size,
            why,
        })?;
    let names = Names::new(name);
    loop {
        let lock = take_lock(name, &names)?;
        reach(Point::LockTaken);
        stale::remove(name, &names)?;
        let shared = make(name, &names, config, geometry, lock)?;
        // Other implementations clean up after others without holding their locks, and may have
        // removed the file of ours in the moment before it was locked.
        if shared.has_lock() {
            tracing::info!(name, payload_size, metadata_size, "buffer created");
            return Ok(shared);
        }
        shared.close();
    }
}

fn take_lock(name: &str, names: &Names) -> Result<Lock> {
    let busy = || Error::ReaderAlreadyConnected {
        name: name.to_owned(),
        pid: stale::reader_of(names),
    };
    if crate::sys::is_locked(&names.foreign_lock()) {
        return Err(busy());
    }
    let deadline = Instant::now() + SCANNED;
    loop {
        match Lock::take(&names.lock) {
            Ok(LockOutcome::Taken(lock)) => return Ok(lock),
            Ok(LockOutcome::Busy) if stale::has_reader(names) || Instant::now() > deadline => {
                return Err(busy());
            }
            Ok(LockOutcome::Busy) => std::thread::sleep(LOOK),
            Err(error) => {
                let doing = "taking its lock file in /tmp/zerobuffer";
                return Err(system(name, doing, error));
            }
        }
    }
}

/// Makes the files.
fn make(
    name: &str,
    names: &Names,
    config: &BufferConfig,
    geometry: Geometry,
    lock: Lock,
) -> Result<Shared> {
    let semaphore = |file: &str| {
        Semaphore::create(file, config.mode)
            .map_err(|error| system(name, "making a semaphore", error))
    };
    let made = semaphore(&names.frames).and_then(|frames| {
        let semaphores = [frames, semaphore(&names.space)?];
        reach(Point::SemaphoresMade);
        Ok((semaphores, segment(name, names, config, geometry)?))
    });
    // What there is of them was made by this: the lock is ours, and nothing was there.
    let (semaphores, segment) = made.inspect_err(|_| {
        for file in [&names.frames, &names.space] {
            let _ = remove_shared(file);
        }
    })?;
    reach(Point::SegmentLinked);
    Ok(Shared::new(name, segment, semaphores, lock))
}

fn segment(
    name: &str,
    names: &Names,
    config: &BufferConfig,
    geometry: Geometry,
) -> Result<Segment> {
    let bytes = geometry.total() as u64;
    let failed = |error: io::Error| match error.raw_os_error().map(Errno::from_raw_os_error) {
        Some(Errno::NOSPC | Errno::NOMEM | Errno::FBIG) => Error::NoSpace {
            name: name.to_owned(),
            bytes,
        },
        _ => system(name, "making its segment", error),
    };
    let file = Unnamed::create(bytes, config.mode).map_err(failed)?;
    let oieb = first_block(geometry);
    let (map, file) = Segment::create(file, geometry, &oieb).map_err(failed)?;
    if config.prefault {
        map.populate().map_err(failed)?;
    }
    let file = file.link(&names.segment).map_err(failed)?;
    Ok(Segment::new(map, file, geometry))
}

fn first_block(geometry: Geometry) -> Oieb {
    Oieb {
        oieb_size: OIEB_SIZE as u32,
        version: VERSION,
        metadata_size: geometry.metadata_size as u64,
        metadata_free_bytes: geometry.metadata_size as u64,
        metadata_written_bytes: 0,
        payload_size: geometry.payload_size as u64,
        payload_free_bytes: geometry.payload_size as u64,
        payload_write_pos: 0,
        payload_read_pos: 0,
        payload_written_count: 0,
        payload_read_count: 0,
        writer_pid: 0,
        reader_pid: own_pid(),
        reserved: [0; 4],
    }
}

fn system(name: &str, doing: &str, source: io::Error) -> Error {
    Error::System {
        name: name.to_owned(),
        doing: doing.to_owned(),
        source,
    }
}
