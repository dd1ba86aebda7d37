//! What a reader of this name left when it died, or what one that lives has.

use rustix::fd::OwnedFd;

use crate::error::{Error, Result};
use crate::fault::{Fault, planted};
use crate::ring::Words;
use crate::sys::{Peer, Segment, Semaphore, open_shared, remove_shared};
use crate::wire::{Geometry, Names, Oieb, field};

use std::sync::atomic::Ordering;

/// The process that reads the buffer, if it has one.
pub fn reader_of(names: &Names) -> Option<u64> {
    let file = open_shared(&names.segment, false).ok()??;
    let (oieb, _) = Segment::look(&file).ok()??;
    (oieb.is_understood() && oieb.reader_pid != 0).then_some(oieb.reader_pid)
}

/// True if a process that is found here reads the buffer.
pub fn has_reader(names: &Names) -> bool {
    let file = open_shared(&names.segment, true).ok().flatten();
    let looked = file.zip(reader_of(names));
    looked.is_some_and(|(file, pid)| Peer::find(pid, &file).is_running())
}

/// Removes what a dead reader left. To be called by who has the lock; a reader that has it not, as
/// those in C# have another, is looked for by its process.
pub fn remove(name: &str, names: &Names) -> Result<()> {
    let failed = |doing: &str, source| Error::System {
        name: name.to_owned(),
        doing: doing.to_owned(),
        source,
    };
    let opened = open_shared(&names.segment, true);
    if let Some(file) = opened.map_err(|error| failed("opening what is there already", error))? {
        let looked = Segment::look(&file);
        match looked.map_err(|error| failed("reading what is there already", error))? {
            // Whoever was making it died at it: the lock is ours.
            None => {}
            Some((oieb, _)) if oieb.is_blank() => {}
            Some((oieb, size)) if oieb.is_of_any_version() => leave(name, names, file, oieb, size)?,
            Some(_) => {
                let what = format!(
                    "/dev/shm/{} is no buffer; remove it, or choose another name",
                    names.segment
                );
                return Err(Error::Corrupt {
                    name: name.to_owned(),
                    what,
                });
            }
        }
        tracing::info!(name, "removing the buffer of a reader that is gone");
    }
    for file in [&names.segment, &names.frames, &names.space] {
        remove_shared(file).map_err(|error| failed("removing what is there already", error))?;
    }
    Ok(())
}

/// Makes sure that nobody reads the buffer in `file`, and tells its writer so, which would write
/// on for ever into what nobody finds any more.
fn leave(name: &str, names: &Names, file: OwnedFd, oieb: Oieb, size: u64) -> Result<()> {
    let pid = oieb.reader_pid;
    // Only a process that is found and has it: what keeps the file open otherwise may be the writer
    // alone, and a reader of another namespace would have the lock.
    if Peer::find(pid, &file).is_certain_to_run() && !planted(Fault::SecondReader) {
        return Err(Error::ReaderAlreadyConnected {
            name: name.to_owned(),
            pid: Some(pid),
        });
    }
    if let Ok(geometry) = Geometry::of_oieb(&oieb, size)
        && let Ok(segment) = Segment::open(file, geometry)
    {
        segment.store(field::READER_PID, 0, Ordering::SeqCst);
    }
    if let Ok(Some(space)) = Semaphore::open(&names.space) {
        space.wake_all();
    }
    Ok(())
}
