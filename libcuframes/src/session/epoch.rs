//! One epoch of a publisher: control segment, pool and pages, all complete before anyone
//! hears of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use arc_swap::ArcSwapOption;

use crate::error::{Error, Result};
use crate::format::FrameLayout;
use crate::pool::{Placement, Pool};
use crate::ring::{PAGE_LIMIT, PageList, Ring, Shape};
use crate::sync::Order;
use crate::sys::{self, Fd, WriteMap};
use crate::wire::{Geometry, SlotMeta, StreamFields, control, header_flag, page};

use super::control::{self as control_segment, ControlRequest};
use super::pages::Pages;
use super::segment::Segment;
use super::{LIB_VERSION, version};

/// What an epoch is made of.
#[derive(Debug)]
pub struct EpochRequest<'a> {
    /// The key.
    pub key: &'a str,
    /// Planes, pitches and sizes.
    pub layout: FrameLayout,
    /// Slots of the ring.
    pub slots: u32,
    /// Host memory, or which memory of which GPU.
    pub placement: &'a Placement,
    /// Frame rate, aspect ratio and light levels.
    pub stream: StreamFields,
    /// Without names: only subscribers that take descriptors can join.
    pub anonymous: bool,
    /// Mode of the named segment.
    pub segment_mode: u32,
    /// There are packets too.
    pub has_packets: bool,
    /// There are no frames.
    pub packets_only: bool,
}

/// One epoch.
#[derive(Debug)]
pub struct Epoch {
    /// The control segment and the pages of those who joined.
    pub ring: Ring<WriteMap, Pages>,
    /// GPU work on the pool, and what tells others that it is done; none on host memory.
    pub order: Option<Order>,
    /// The pixels.
    pub pool: Pool,
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
    segment: Segment,
}

impl Epoch {
    /// Makes an epoch and puts it in place of `replaces`, if there is one.
    pub fn create(request: &EpochRequest<'_>, replaces: Option<&Epoch>) -> Result<Arc<Epoch>> {
        let slots = request.slots as usize;
        let pool = Pool::new(request.placement, request.layout, slots)?;
        let order = Order::new(request.placement, slots)?;
        let geometry = geometry(request, &pool)?;
        geometry.check()?;
        let pages = Pages::new().map_err(Error::system("reserve subscriber pages"))?;
        let handles: Vec<_> = (0..slots)
            .map(|slot| {
                let ready = order.as_ref().map_or([0; 64], |order| order.handle(slot));
                (pool.handle(slot), ready)
            })
            .collect();
        let segment = ControlRequest {
            key: request.key,
            anonymous: request.anonymous,
            mode: request.segment_mode,
            geometry: &geometry,
            handles: &handles,
        };
        let replaces = replaces.map(|old| &old.segment);
        let (segment, map, control_reader) = control_segment::create(&segment, replaces)?;
        Ok(Arc::new(Epoch {
            ring: Ring::new(map, pages, Shape::from(&geometry)),
            order,
            pool,
            geometry,
            control_reader,
            strict: PageList::new(),
            lagging: std::array::from_fn(|_| AtomicU64::new(0)),
            generation: std::array::from_fn(|_| AtomicU32::new(0)),
            notify: std::array::from_fn(|_| ArcSwapOption::empty()),
            segment,
        }))
    }

    /// Random number of this epoch.
    pub fn number(&self) -> u64 {
        self.geometry.epoch
    }

    /// Makes the frame in `slot` visible with what `meta` says of it, and wakes who waits for
    /// it. Its `publish_ns` is now.
    pub fn show(&self, slot: usize, meta: &SlotMeta) {
        let meta = SlotMeta {
            publish_ns: sys::monotonic_ns(),
            data_offset: self.pool.offset(slot),
            ..*meta
        };
        let [seq, words @ ..]: [u64; 8] = zerocopy::transmute!(meta);
        let waiting = self.ring.publish(slot, seq, &words);
        if waiting != 0 {
            self.wake(waiting);
        }
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
    fn wake(&self, waiting: u32) {
        if waiting & page::WAITING_THREADS != 0 {
            self.wake_sleepers();
        }
        if waiting & page::WAITING_NOTIFY != 0 {
            self.poke_those(page::WAITING);
        }
    }

    /// Pokes everyone who asked for it in the word `word` of its page.
    pub fn poke_those(&self, word: usize) {
        let pages = &self.ring.pages;
        for index in self.ring.list.load().iter() {
            let asked = pages.load_u32(index * sys::PAGE + word, Ordering::Relaxed);
            if asked & page::WAITING_NOTIFY != 0 {
                self.poke(index);
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
        self.segment.remove();
    }
}

fn geometry(request: &EpochRequest<'_>, pool: &Pool) -> Result<Geometry> {
    Ok(Geometry {
        version: version(request.has_packets),
        flags: [
            (request.anonymous, header_flag::ANONYMOUS),
            (pool.is_external(), header_flag::EXTERNAL),
            (request.has_packets, header_flag::HAS_PACKETS),
            (request.packets_only, header_flag::PACKETS_ONLY),
        ]
        .into_iter()
        .fold(0, |all, (set, bit)| if set { all | bit } else { all }),
        memory: request.placement.memory(),
        sync: request.placement.sync(),
        device_uuid: request.placement.device_uuid(),
        publisher_pid: std::process::id(),
        lib_version: LIB_VERSION,
        publisher_start: sys::boot_time_of_self(),
        stream: request.stream,
        ..request
            .layout
            .host_geometry(request.slots, pool.size(), random_epoch()?)
    })
}

/// A number that no other start has, for all that anybody knows.
pub(super) fn random_epoch() -> Result<u64> {
    let mut bytes = [0; 8];
    loop {
        sys::random(&mut bytes).map_err(Error::system("read random bytes for the epoch"))?;
        match u64::from_ne_bytes(bytes) {
            0 => {}
            epoch => return Ok(epoch),
        }
    }
}
