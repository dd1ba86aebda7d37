//! One epoch of a publisher: control segment, pool and pages, all complete before anyone
//! hears of it.

use std::io;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwapOption;
use zerocopy::IntoBytes;

use crate::error::{Error, Result};
use crate::failpoint::{self, Point};
use crate::format::FrameLayout;
use crate::pool::HostPool;
use crate::ring::{PAGE_LIMIT, PageList, Ring, Shape};
use crate::sys::{self, Fd, NamedSegment, PageRegion, WriteMap};
use crate::wire::{
    CONTROL_SIZE, ControlHeader, Geometry, MAGIC, StreamFields, control, header_flag, page,
};

use super::{LIB_VERSION, OUR_VERSION};

/// What an epoch is made of.
#[derive(Debug)]
pub struct EpochRequest<'a> {
    /// The key.
    pub key: &'a str,
    /// Planes, pitches and sizes.
    pub layout: FrameLayout,
    /// Slots of the ring.
    pub slots: u32,
    /// Frame rate, aspect ratio and light levels.
    pub stream: StreamFields,
    /// Without names: only subscribers that take descriptors can join.
    pub anonymous: bool,
    /// Mode of the named segment.
    pub segment_mode: u32,
}

/// One epoch.
#[derive(Debug)]
pub struct Epoch {
    /// The control segment and the pages of those who joined.
    pub ring: Ring<WriteMap, PageRegion>,
    /// The pixels.
    pub pool: Arc<HostPool>,
    /// What the control segment says.
    pub geometry: Geometry,
    /// The read-only description of the control segment that peers get.
    pub control_reader: Fd,
    /// Pages whose owners may miss nothing and are waited for.
    pub strict: PageList,
    /// Per page: 0, or the newest sequence when it used up its time. It is not waited for
    /// until it has consumed that.
    pub lagging: [AtomicU64; PAGE_LIMIT],
    /// Per page: how often it was given out.
    pub generation: [AtomicU32; PAGE_LIMIT],
    /// Per page: where to send notify bytes.
    pub notify: [ArcSwapOption<Fd>; PAGE_LIMIT],
    segment: Mutex<Option<Segment>>,
}

/// What keeps the lock by which everybody sees that the publisher lives.
#[derive(Debug)]
enum Segment {
    Named(NamedSegment),
    Anonymous { _lock: Fd },
}

impl Epoch {
    /// Makes an epoch and puts it in place of `replaces`, if there is one.
    pub fn create(request: &EpochRequest<'_>, replaces: Option<&Epoch>) -> Result<Arc<Epoch>> {
        let pool = HostPool::new(request.layout, request.slots as usize).map_err(|source| {
            let bytes = request
                .layout
                .frame_size
                .saturating_mul(request.slots.into());
            Error::NoMemory {
                bytes,
                place: "memory for the frame pool",
                source,
            }
        })?;
        let geometry = geometry(request, pool.size())?;
        geometry.check()?;
        let pages =
            PageRegion::new(PAGE_LIMIT).map_err(Error::system("reserve subscriber pages"))?;
        let (segment, map, control_reader) = match request.anonymous {
            true => anonymous_segment(&geometry)?,
            false => named_segment(request, &geometry, replaces)?,
        };
        Ok(Arc::new(Epoch {
            ring: Ring::new(map, pages, Shape::from(&geometry)),
            pool: Arc::new(pool),
            geometry,
            control_reader,
            strict: PageList::new(),
            lagging: std::array::from_fn(|_| AtomicU64::new(0)),
            generation: std::array::from_fn(|_| AtomicU32::new(0)),
            notify: std::array::from_fn(|_| ArcSwapOption::empty()),
            segment: Mutex::new(Some(segment)),
        }))
    }

    /// Random number of this epoch.
    pub fn number(&self) -> u64 {
        self.geometry.epoch
    }

    /// Says `state` to whoever looks, and wakes everyone who sleeps.
    pub fn set_state(&self, state: u32) {
        let control = &self.ring.control;
        // Release: who sees the state sees the last frame before it.
        control.store_u32(control::STATE, state, Ordering::Release);
        self.ring.announce();
        self.wake_all();
    }

    /// Wakes every sleeper and pokes everyone who polls.
    pub fn wake_all(&self) {
        self.wake_sleepers();
        for index in self.ring.list.load().iter() {
            self.poke(index);
        }
    }

    /// Wakes those that `waiting`, the or-ed words of all pages, says need it.
    pub fn wake(&self, waiting: u32) {
        if waiting & page::WAITING_THREADS != 0 {
            self.wake_sleepers();
        }
        if waiting & page::WAITING_NOTIFY != 0 {
            let pages = &self.ring.pages;
            for index in self.ring.list.load().iter() {
                let word = index * sys::PAGE + page::WAITING;
                if pages.load_u32(word, Ordering::Relaxed) & page::WAITING_NOTIFY != 0 {
                    self.poke(index);
                }
            }
        }
    }

    fn wake_sleepers(&self) {
        // It cannot fail on a word of our own map.
        let _ = sys::futex_wake_all(&self.ring.control, control::PUBLISH_FUTEX);
    }

    fn poke(&self, index: usize) {
        if let Some(fd) = self.notify[index].load().as_ref() {
            sys::send_byte(fd);
        }
    }

    /// Removes the name, if it is still ours, and gives up the lock.
    pub fn remove(&self) {
        self.segment
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
    }
}

fn geometry(request: &EpochRequest<'_>, pool_size: u64) -> Result<Geometry> {
    Ok(Geometry {
        version: OUR_VERSION,
        flags: if request.anonymous {
            header_flag::ANONYMOUS
        } else {
            0
        },
        publisher_pid: std::process::id(),
        lib_version: LIB_VERSION,
        publisher_start: sys::boot_time_of_self(),
        stream: request.stream,
        ..request
            .layout
            .host_geometry(request.slots, pool_size, random_epoch()?)
    })
}

fn random_epoch() -> Result<u64> {
    let mut bytes = [0; 8];
    loop {
        sys::random(&mut bytes).map_err(Error::system("read random bytes for the epoch"))?;
        match u64::from_ne_bytes(bytes) {
            0 => {}
            epoch => return Ok(epoch),
        }
    }
}

fn anonymous_segment(geometry: &Geometry) -> Result<(Segment, WriteMap, Fd)> {
    let size = CONTROL_SIZE as u64;
    let failed = || Error::system("make the anonymous control segment");
    let fd = sys::create_memfd("cuframes-control", size).map_err(failed())?;
    let map = write_control(&fd, geometry).map_err(failed())?;
    sys::lock_whole(&fd).map_err(failed())?;
    let reader = sys::publish_read_only(&fd).map_err(failed())?;
    Ok((Segment::Anonymous { _lock: fd }, map, reader))
}

fn named_segment(
    request: &EpochRequest<'_>,
    geometry: &Geometry,
    replaces: Option<&Epoch>,
) -> Result<(Segment, WriteMap, Fd)> {
    let size = CONTROL_SIZE as u64;
    let name = format!("cuframes-{}", request.key);
    let mut segment = NamedSegment::create(&name, geometry.epoch, size)
        .map_err(|source| shm_error(request.key, source))?;
    let map = write_control(segment.fd(), geometry)
        .map_err(Error::system(format!("map {}", segment.path().display())))?;
    let reader = segment
        .open_for_peers(request.segment_mode)
        .map_err(Error::system(format!(
            "open {} for peers",
            segment.path().display()
        )))?;
    failpoint::reach(Point::BeforeRename);
    let old = replaces.map(|old| old.segment.lock().unwrap_or_else(PoisonError::into_inner));
    let old = match old.as_deref() {
        Some(Some(Segment::Named(old))) => Some(old),
        _ => None,
    };
    segment
        .install(old)
        .map_err(|source| shm_error(request.key, source))?;
    Ok((Segment::Named(segment), map, reader))
}

/// Fills the segment: everything but the magic, then the magic.
fn write_control(fd: &Fd, geometry: &Geometry) -> io::Result<WriteMap> {
    let map = WriteMap::new(&sys::reopen_to_map(fd)?, CONTROL_SIZE)?;
    let header = ControlHeader {
        magic: 0,
        ..ControlHeader::new(geometry)
    };
    for (index, word) in header.as_bytes().chunks_exact(8).enumerate() {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(word);
        map.store_u64(index * 8, u64::from_ne_bytes(bytes), Ordering::Relaxed);
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
