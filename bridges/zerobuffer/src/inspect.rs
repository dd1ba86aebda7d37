//! Looking at buffers without taking part.

use std::io;

use zerocopy::FromBytes;

use crate::error::{Error, Result};
use crate::sys::{Segment, Semaphore, is_locked, is_mapped_by, open_shared};
use crate::wire::{Geometry, Names, OIEB_SIZE, Oieb, SHM_DIR, check_name};

/// A process that is, or was, connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its number, in its own PID namespace.
    pub pid: u64,
    /// It is found here, and has the buffer mapped.
    pub alive: bool,
}

/// A buffer as it was at one moment, or nearly so: both sides may go on meanwhile.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct BufferInfo {
    pub name: String,
    /// Major, minor, patch, reserved.
    pub version: [u8; 4],
    /// Bytes of the metadata block.
    pub metadata_size: u64,
    /// Bytes of it in use, 8 of them for the length.
    pub metadata_written: u64,
    /// The metadata, if they were written.
    pub metadata: Option<Vec<u8>>,
    /// Bytes of the payload block.
    pub payload_size: u64,
    /// Bytes of it that are free.
    pub payload_free: u64,
    pub write_pos: u64,
    pub read_pos: u64,
    /// Frames and wrap markers written.
    pub written_count: u64,
    /// Frames and wrap markers read.
    pub read_count: u64,
    pub writer: Option<Process>,
    pub reader: Option<Process>,
    /// Frames announced and not read; `None` if the semaphore is missing.
    pub unread: Option<u32>,
    /// Frames given back since the writer last waited; `None` if the semaphore is missing.
    pub space_tokens: Option<u32>,
    /// A reader holds the lock file.
    pub lock_held: bool,
    /// Nobody has it any more: [`remove_stale`](crate::remove_stale) would remove it.
    pub stale: bool,
}

impl BufferInfo {
    /// True if either side lives.
    pub(crate) fn lives(&self) -> bool {
        let lives = |process: Option<Process>| process.is_some_and(|process| process.alive);
        lives(self.writer) || lives(self.reader)
    }
}

/// The names of the buffers of this machine, sorted.
pub fn list() -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(SHM_DIR)? {
        let name = entry?.file_name();
        if let Some(name) = name.to_str()
            && is_buffer(name)
        {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// True if the file is the segment of a buffer of some version.
fn is_buffer(name: &str) -> bool {
    let Ok(Some(file)) = open_shared(name, false) else {
        return false;
    };
    match Segment::look(&file) {
        Ok(Some((oieb, size))) if oieb.is_understood() => Geometry::of_oieb(&oieb, size).is_ok(),
        Ok(Some((oieb, _))) => oieb.is_of_any_version(),
        _ => false,
    }
}

/// Looks at the buffer `name`. Changes nothing, and disturbs nobody.
pub fn inspect(name: &str) -> Result<BufferInfo> {
    let owned = || name.to_owned();
    check_name(name).map_err(|why| Error::InvalidName { name: owned(), why })?;
    let names = Names::new(name);
    let failed = |source| Error::System {
        name: owned(),
        doing: "reading it".to_owned(),
        source,
    };
    let file = open_shared(&names.segment, false).map_err(failed)?;
    let file = file.ok_or_else(|| Error::BufferNotFound { name: owned() })?;
    let looked = Segment::look(&file).map_err(failed)?;
    let (oieb, size) = looked.ok_or_else(|| Error::Corrupt {
        name: owned(),
        what: "its segment is shorter than its first block".to_owned(),
    })?;
    if !oieb.is_understood() {
        return Err(Error::Version {
            name: owned(),
            found: oieb.version,
            oieb_size: oieb.oieb_size,
        });
    }
    Geometry::of_oieb(&oieb, size).map_err(|what| Error::Corrupt {
        name: owned(),
        what,
    })?;
    let process = |pid| {
        (pid != 0).then(|| Process {
            pid,
            alive: is_mapped_by(pid, &file),
        })
    };
    let tokens = |file: &str| {
        let file = open_shared(file, false).ok()??;
        Semaphore::peek(&file)
    };
    let (writer, reader) = (process(oieb.writer_pid), process(oieb.reader_pid));
    let lock_held = is_locked(&names.lock_path()) || is_locked(&names.foreign_lock());
    let mut info = BufferInfo {
        metadata: metadata(&file, &oieb),
        stale: false,
        writer,
        reader,
        unread: tokens(&names.frames),
        space_tokens: tokens(&names.space),
        lock_held,
        name: owned(),
        version: oieb.version,
        metadata_size: oieb.metadata_size,
        metadata_written: oieb.metadata_written_bytes,
        payload_size: oieb.payload_size,
        payload_free: oieb.payload_free_bytes,
        write_pos: oieb.payload_write_pos,
        read_pos: oieb.payload_read_pos,
        written_count: oieb.payload_written_count,
        read_count: oieb.payload_read_count,
    };
    info.stale = !lock_held && !info.lives();
    Ok(info)
}

/// The metadata, if they were written and can be.
fn metadata(file: &rustix::fd::OwnedFd, oieb: &Oieb) -> Option<Vec<u8>> {
    let written = oieb.metadata_written_bytes;
    if written < 8 || written > oieb.metadata_size {
        return None;
    }
    let mut bytes = vec![0; written as usize];
    let read = rustix::io::pread(file, &mut bytes, OIEB_SIZE as u64).ok()?;
    let (len, rest) = u64::read_from_prefix(&bytes[..read]).ok()?;
    let len = usize::try_from(len).ok()?;
    rest.get(..len).map(<[u8]>::to_vec)
}
