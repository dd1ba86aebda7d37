//! Connecting: everything is looked at before the buffer is told who writes.

use std::io;
use std::os::fd::AsFd;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::taking_over;
use super::{DEFAULT_TIMEOUT, Writer};
use crate::error::{Error, Result};
use crate::failpoint::{Point, reach};
use crate::fault::{Fault, planted};
use crate::outlet::Outlet;
use crate::ring::Words;
use crate::sys::{Peer, Segment, Semaphore, is_locked, lock_as_writer, open_shared, own_pid};
use crate::wire::{Geometry, Names, OIEB_SIZE, Oieb, check_name, field};

/// How long a buffer may take to become ready: readers in other languages touch all of its pages
/// between making it and filling it.
const READY: Duration = Duration::from_millis(500);
/// Between two looks: nothing tells when it is ready.
const LOOK: Duration = Duration::from_millis(1);

/// Connects to the buffer `name`.
pub fn connect(name: &str) -> Result<Writer> {
    check_name(name).map_err(|why| Error::InvalidName {
        name: name.to_owned(),
        why,
    })?;
    let names = Names::new(name);
    let deadline = Instant::now() + READY;
    let (segment, frames, space) = loop {
        match open(name, &names) {
            Err(Error::NotReady { .. }) if Instant::now() < deadline => std::thread::sleep(LOOK),
            outcome => break outcome?,
        }
    };
    let reader = Peer::find(
        segment.load(field::READER_PID, Ordering::Acquire),
        segment.file(),
    );
    let before = claim(name, &segment)?;
    reach(Point::WriterStored);
    let over = taking_over::look(&segment, &frames, before != 0);
    tracing::info!(name, next = over.ring.next(), "writer connected");
    // A reader that waits for a writer looks.
    frames.wake_all();
    let writer = Writer {
        outlet: Outlet {
            name: name.to_owned(),
            segment,
            frames,
            space,
            ring: over.ring,
            frames_written: 0,
            bytes_written: 0,
        },
        reader,
        suspect: over.suspect,
        write_timeout: DEFAULT_TIMEOUT,
    };
    if !writer.is_reader_connected() && !planted(Fault::ReaderDeathUnseen) {
        return Err(writer.reader_dead());
    }
    Ok(writer)
}

/// Opens segment and semaphores.
fn open(name: &str, names: &Names) -> Result<(Segment, Semaphore, Semaphore)> {
    let owned = || name.to_owned();
    let failed = |doing: &str, source: io::Error| Error::System {
        name: owned(),
        doing: doing.to_owned(),
        source,
    };
    let opened = open_shared(&names.segment, true).map_err(|error| failed("opening it", error))?;
    let file = opened.ok_or_else(|| Error::BufferNotFound { name: owned() })?;
    let geometry = look(names, name, &file)?;
    let semaphore = |file: &str| match Semaphore::open(file) {
        Ok(found) => found.ok_or_else(|| Error::NotReady {
            name: owned(),
            what: "it has no semaphores",
        }),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(Error::Corrupt {
            name: owned(),
            what: error.to_string(),
        }),
        Err(error) => Err(failed("opening a semaphore", error)),
    };
    let [frames, space] = [semaphore(&names.frames)?, semaphore(&names.space)?];
    let segment = Segment::open(file, geometry).map_err(|error| failed("mapping it", error))?;
    Ok((segment, frames, space))
}

/// Reads the first block, and tells its geometry.
fn look(names: &Names, name: &str, file: impl AsFd) -> Result<Geometry> {
    let owned = || name.to_owned();
    let looked = Segment::look(file).map_err(|source| Error::System {
        name: owned(),
        doing: "reading its first block".to_owned(),
        source,
    })?;
    let not_ready = |what| Error::NotReady {
        name: owned(),
        what,
    };
    let (oieb, size) =
        looked.ok_or_else(|| not_ready("its segment is shorter than its first block"))?;
    if oieb.is_blank() {
        return Err(not_ready("its first block is empty"));
    }
    // Readers in other languages fill the block field by field in the segment, and say last who they
    // are; until then no other field means anything.
    let unnamed = oieb.oieb_size as usize == OIEB_SIZE && oieb.reader_pid == 0;
    if unnamed && is_locked(&names.lock_path()) {
        return Err(not_ready("its reader has not said who it is"));
    }
    check_version(name, &oieb)?;
    let geometry = Geometry::of_oieb(&oieb, size).map_err(|what| Error::Corrupt {
        name: owned(),
        what,
    })?;
    match oieb.reader_pid {
        0 => Err(Error::ReaderDead { name: owned() }),
        _ => Ok(geometry),
    }
}

fn check_version(name: &str, oieb: &Oieb) -> Result<()> {
    if oieb.is_understood() {
        return Ok(());
    }
    let (name, found, oieb_size) = (name.to_owned(), oieb.version, oieb.oieb_size);
    match oieb.is_of_any_version() {
        true => Err(Error::Version {
            name,
            found,
            oieb_size,
        }),
        false => Err(Error::Corrupt {
            name,
            what: format!("its first block says that it has {oieb_size} bytes, not 128"),
        }),
    }
}

/// Says that this process writes, unless another one does; returns who did before.
fn claim(name: &str, segment: &Segment) -> Result<u64> {
    let deadline = Instant::now() + READY;
    loop {
        let pid = segment.load(field::WRITER_PID, Ordering::Acquire);
        let owned = || name.to_owned();
        let locked = lock_as_writer(segment.file()).map_err(|source| Error::System {
            name: owned(),
            doing: "locking its segment".to_owned(),
            source,
        })?;
        if !locked && pid == 0 && Instant::now() < deadline {
            // It is just closing, or just becoming the writer.
            std::thread::sleep(LOOK);
            continue;
        }
        // A writer of ours in any namespace has the lock. One of another language is looked for;
        // the reader has the file open too, so that it cannot be told from a dead one if it is in
        // another namespace, and is taken for dead, as such implementations do themselves.
        let lives = !locked || pid != 0 && Peer::find(pid, segment.file()).is_running();
        if lives && !planted(Fault::SecondWriter) {
            let name = owned();
            return Err(Error::WriterAlreadyConnected { name, pid });
        }
        // An exchange: of two writers that come at once, one has it.
        if segment.replace(field::WRITER_PID, pid, own_pid()) {
            return Ok(pid);
        }
    }
}
