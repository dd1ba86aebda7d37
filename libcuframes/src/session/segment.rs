//! The control segment of an epoch: a name in /dev/shm or a memfd, locked, filled and shown.

use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};

use zerocopy::IntoBytes;

use crate::error::{Error, Result};
use crate::failpoint::{self, Point};
use crate::sys::{self, Fd, NamedSegment, WriteMap};
use crate::wire::{CONTROL_SIZE, ControlHeader, Geometry, MAGIC, control, slot};

/// Bytes of a CUDA IPC handle.
type Handle = [u8; 64];

/// What a segment says, and where.
#[derive(Debug)]
pub(super) struct SegmentRequest<'a> {
    pub key: &'a str,
    pub anonymous: bool,
    pub mode: u32,
    pub geometry: &'a Geometry,
    /// Per slot: the handles of its memory and of its ready event.
    pub handles: &'a [(Handle, Handle)],
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
    let size = CONTROL_SIZE as u64;
    let failed = || Error::system("make the anonymous control segment");
    let fd = sys::create_memfd("cuframes-control", size).map_err(failed())?;
    let map = write_control(&fd, request).map_err(failed())?;
    sys::lock_whole(&fd).map_err(failed())?;
    let reader = sys::publish_read_only(&fd).map_err(failed())?;
    Ok((Place::Anonymous { _lock: fd }, map, reader))
}

fn named(
    request: &SegmentRequest<'_>,
    replaces: Option<&Segment>,
) -> Result<(Place, WriteMap, Fd)> {
    let size = CONTROL_SIZE as u64;
    let name = format!("cuframes-{}", request.key);
    let mut segment = NamedSegment::create(&name, request.geometry.epoch, size)
        .map_err(|source| shm_error(request.key, source))?;
    let map = write_control(segment.fd(), request)
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
        .map_err(|source| shm_error(request.key, source))?;
    Ok((Place::Named(segment), map, reader))
}

/// Fills the segment: everything but the magic, then the magic.
fn write_control(fd: &Fd, request: &SegmentRequest<'_>) -> io::Result<WriteMap> {
    let map = WriteMap::new(&sys::reopen_to_map(fd)?, CONTROL_SIZE)?;
    let header = ControlHeader {
        magic: 0,
        ..ControlHeader::new(request.geometry)
    };
    write_words(&map, 0, header.as_bytes());
    for (index, (memory, ready)) in request.handles.iter().enumerate() {
        let at = request.geometry.slot_offset(index);
        write_words(&map, at + slot::MEMORY_HANDLE, memory);
        write_words(&map, at + slot::READY_EVENT, ready);
    }
    map.store_u64(
        control::HEARTBEAT_NS,
        sys::monotonic_ns(),
        Ordering::Relaxed,
    );
    // Release: who sees the magic sees the header.
    map.store_u32(control::MAGIC, MAGIC, Ordering::Release);
    Ok(map)
}

fn write_words(map: &WriteMap, at: usize, bytes: &[u8]) {
    for (index, word) in bytes.as_chunks().0.iter().enumerate() {
        map.store_u64(at + index * 8, u64::from_ne_bytes(*word), Ordering::Relaxed);
    }
}

fn shm_error(key: &str, source: io::Error) -> Error {
    let path = sys::segment_path(&format!("cuframes-{key}"));
    match source.kind() {
        io::ErrorKind::StorageFull => Error::NoMemory {
            bytes: CONTROL_SIZE as u64,
            place: sys::SEGMENT_DIR,
            source,
        },
        io::ErrorKind::AlreadyExists => Error::AlreadyExists {
            key: key.to_owned(),
            owner: segment_owner(&path),
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
fn segment_owner(path: &std::path::Path) -> String {
    let pid = std::fs::read(path).ok().and_then(|bytes| {
        let field = bytes.get(0x78..0x7C)?;
        Some(u32::from_le_bytes(field.try_into().ok()?))
    });
    match pid {
        Some(pid) => format!("process {pid}, from another run directory"),
        None => "a process from another run directory".to_owned(),
    }
}
