//! A shared segment of a publisher: a name in /dev/shm or a memfd, locked, filled and shown.

use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::error::{Error, Result};
use crate::failpoint::{self, Point};
use crate::sys::{self, Fd, NamedSegment, WriteMap};

/// What a segment is called, and how it comes to be.
pub(super) struct SegmentRequest<'a> {
    pub key: &'a str,
    /// Its name in /dev/shm.
    pub name: &'a str,
    /// What it is, for messages.
    pub what: &'static str,
    pub epoch: u64,
    pub size: usize,
    pub anonymous: bool,
    pub mode: u32,
    /// Where in it the pid of its publisher is, a u32.
    pub pid_at: usize,
    /// Writes everything into it, the magic last.
    pub fill: &'a dyn Fn(&WriteMap),
}

/// The segment, which keeps the lock by which everybody sees that the publisher lives.
#[derive(Debug)]
pub(super) struct Segment {
    place: Mutex<Option<Place>>,
}

#[derive(Debug)]
enum Place {
    Named(NamedSegment),
    Anonymous { _lock: Fd },
}

/// A segment in its place: what keeps it, the writer's map, the descriptor that peers get.
pub(super) type Made = (Segment, WriteMap, Fd);

impl Segment {
    /// Makes the segment and puts it in place of `replaces`, if there is one.
    pub fn create(request: &SegmentRequest<'_>, replaces: Option<&Segment>) -> Result<Made> {
        let (place, map, reader) = match request.anonymous {
            true => anonymous(request)?,
            false => named(request, replaces)?,
        };
        let place = Mutex::new(Some(place));
        Ok((Segment { place }, map, reader))
    }

    /// Removes the name, if it is still ours, and gives up the lock.
    pub fn remove(&self) {
        self.place
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
    }
}

fn anonymous(request: &SegmentRequest<'_>) -> Result<(Place, WriteMap, Fd)> {
    let failed = || Error::system(format!("make the anonymous {}", request.what));
    let fd = sys::create_memfd("cuframes-segment", request.size as u64).map_err(failed())?;
    let map = fill(&fd, request).map_err(failed())?;
    sys::lock_whole(&fd).map_err(failed())?;
    let reader = sys::publish_read_only(&fd).map_err(failed())?;
    Ok((Place::Anonymous { _lock: fd }, map, reader))
}

fn named(
    request: &SegmentRequest<'_>,
    replaces: Option<&Segment>,
) -> Result<(Place, WriteMap, Fd)> {
    let mut segment = NamedSegment::create(request.name, request.epoch, request.size as u64)
        .map_err(|source| shm_error(request, source))?;
    let map = fill(segment.fd(), request)
        .map_err(Error::system(format!("map {}", segment.path().display())))?;
    let reader = segment
        .open_for_peers(request.mode)
        .map_err(Error::system(format!(
            "open {} for peers",
            segment.path().display()
        )))?;
    failpoint::reach(Point::BeforeRename);
    let old = replaces.map(|old| old.place.lock().unwrap_or_else(PoisonError::into_inner));
    let old = match old.as_deref() {
        Some(Some(Place::Named(old))) => Some(old),
        _ => None,
    };
    segment
        .install(old)
        .map_err(|source| shm_error(request, source))?;
    Ok((Place::Named(segment), map, reader))
}

fn fill(fd: &Fd, request: &SegmentRequest<'_>) -> io::Result<WriteMap> {
    let map = WriteMap::new(&sys::reopen_to_map(fd)?, request.size)?;
    (request.fill)(&map);
    Ok(map)
}

fn shm_error(request: &SegmentRequest<'_>, source: io::Error) -> Error {
    let path = sys::segment_path(request.name);
    match source.kind() {
        io::ErrorKind::StorageFull => Error::NoMemory {
            bytes: request.size as u64,
            place: sys::SEGMENT_DIR,
            source,
        },
        io::ErrorKind::AlreadyExists => Error::AlreadyExists {
            key: request.key.to_owned(),
            owner: segment_owner(&path, request.pid_at),
        },
        io::ErrorKind::PermissionDenied => Error::Permission(format!(
            "{} belongs to another user and is not ours to replace; remove it as its owner, or choose another key",
            path.display()
        )),
        _ => Error::System {
            what: format!("put {} in place", path.display()),
            source,
        },
    }
}

/// The process that says in its segment that it publishes, for the message.
fn segment_owner(path: &Path, pid_at: usize) -> String {
    let pid = std::fs::read(path).ok().and_then(|bytes| {
        let field = bytes.get(pid_at..pid_at + 4)?;
        Some(u32::from_le_bytes(field.try_into().ok()?))
    });
    match pid {
        Some(pid) => format!("process {pid}, from another run directory"),
        None => "a process from another run directory".to_owned(),
    }
}
