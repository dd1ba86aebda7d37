//! Frames in host memory.

use std::io;
use std::os::fd::AsFd;
use std::slice;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::format::FrameLayout;
use crate::sys::{self, Fd, PAGE, ReadMap, WriteMap};

use super::plane::{self, Plane};

/// Bytes of the words that racing copies are made of.
const WORD: usize = 8;

/// The publisher's pool: slot `i` has its frame at `i * stride`.
#[derive(Debug)]
pub struct HostPool {
    map: WriteMap,
    reader: Fd,
    layout: FrameLayout,
    stride: usize,
    /// Slots whose pixels somebody may write: bit i is owned by one `SlotPixels`.
    writers: AtomicU32,
}

impl HostPool {
    /// Memory for `slots` frames, committed now and sealed against everyone else.
    pub fn new(layout: FrameLayout, slots: usize) -> io::Result<Self> {
        let frame = usize::try_from(layout.frame_size).map_err(io::Error::other)?;
        let stride = frame.next_multiple_of(PAGE);
        let size = stride
            .checked_mul(slots)
            .filter(|&size| isize::try_from(size).is_ok())
            .ok_or(io::ErrorKind::OutOfMemory)?;
        // Vectorised code of others reads a little beyond the last row of a picture. Behind
        // the last slot that must still be memory, though it is no part of the pool.
        let mapped = size + PAGE;
        sys::check_available(mapped as u64)?;
        let fd = sys::create_memfd("cuframes-pool", mapped as u64)?;
        let map = WriteMap::new(&fd, mapped)?;
        let reader = sys::publish_read_only(&fd)?;
        Ok(HostPool {
            map,
            reader,
            layout,
            stride,
            writers: AtomicU32::new(0),
        })
    }

    /// The read-only descriptor that subscribers get.
    pub fn reader(&self) -> &Fd {
        &self.reader
    }

    /// Bytes of all slots.
    pub fn size(&self) -> u64 {
        (self.map.len() - PAGE) as u64
    }

    /// First byte of the frame of `slot`, from the start of the pool.
    pub fn offset(&self, slot: usize) -> u64 {
        (slot * self.stride) as u64
    }

    /// Planes, pitches and sizes of a frame.
    pub fn layout(&self) -> &FrameLayout {
        &self.layout
    }

    /// The pixels of `slot`, for one writer at a time: `None` while somebody has them.
    pub fn take(self: &Arc<Self>, slot: usize) -> Option<SlotPixels> {
        let bit = 1u32.checked_shl(slot as u32)?;
        // Acquire: the writer before us has finished.
        let before = self.writers.fetch_or(bit, Ordering::Acquire);
        (before & bit == 0 && (slot + 1) * self.stride < self.map.len()).then(|| SlotPixels {
            pool: Arc::clone(self),
            slot,
        })
    }

    /// Plane `plane` of the frame in `slot`, for reading by who holds the slot.
    pub fn plane(&self, slot: usize, plane: usize) -> Plane<'_> {
        plane::inside(&self.map, slot * self.stride, &self.layout, plane)
    }
}

/// The pixels of one slot while a frame is made in them. Nobody else writes them.
#[derive(Debug)]
pub struct SlotPixels {
    pool: Arc<HostPool>,
    slot: usize,
}

impl SlotPixels {
    /// Address of the first byte of `plane`.
    pub fn plane_ptr(&self, plane: usize) -> *mut u8 {
        self.plane_range(plane).0
    }

    /// All bytes of `plane`: its rows, one every pitch bytes, padding included. Empty for a
    /// plane that is not there.
    pub fn plane_mut(&mut self, plane: usize) -> &mut [u8] {
        let (first, bytes) = self.plane_range(plane);
        // SAFETY: I5: this value is the only owner of the slot's pixels, no other process can
        // map them writable, and the range was checked to be inside the pool.
        unsafe { slice::from_raw_parts_mut(first, bytes) }
    }

    /// As [`plane_mut`](Self::plane_mut), for reading back what was written.
    pub fn plane(&self, plane: usize) -> &[u8] {
        let (first, bytes) = self.plane_range(plane);
        // SAFETY: I5: this value is the only owner of the slot's pixels and is borrowed, so that
        // nothing writes them meanwhile, and the range was checked to be inside the pool.
        unsafe { slice::from_raw_parts(first, bytes) }
    }

    fn plane_range(&self, plane: usize) -> (*mut u8, usize) {
        let layout = &self.pool.layout;
        let bytes = layout.pitch(plane) * layout.plane_rows(plane) as usize;
        let offset = self.slot * self.pool.stride + layout.offset(plane);
        (self.pool.map.address(offset, bytes), bytes)
    }
}

impl Drop for SlotPixels {
    fn drop(&mut self) {
        // Release: our writes come before the next writer's.
        self.pool
            .writers
            .fetch_and(!(1 << self.slot), Ordering::Release);
    }
}

/// A subscriber's view of the pool of its publisher.
#[derive(Debug)]
pub struct HostImport {
    map: ReadMap,
    layout: FrameLayout,
    /// Of the pool, where somebody passes it on.
    descriptor: Option<Fd>,
}

impl HostImport {
    /// Maps the first `pool_size` bytes of `fd`, whose size was checked to be at least that.
    /// Vectorised code of others may read a little beyond the last row of any picture.
    pub fn new(fd: impl AsFd, pool_size: u64, layout: FrameLayout) -> io::Result<Self> {
        let size = usize::try_from(pool_size).map_err(io::Error::other)?;
        // Racing copies read whole words; the kernel maps whole pages anyway.
        let map = ReadMap::with_room(fd, size.next_multiple_of(WORD))?;
        Ok(HostImport {
            map,
            layout,
            descriptor: None,
        })
    }

    /// Keeps the descriptor of what is mapped.
    pub fn keep(&mut self, descriptor: Fd) {
        self.descriptor = Some(descriptor);
    }

    /// The descriptor, if it was kept.
    pub fn descriptor(&self) -> Option<&Fd> {
        self.descriptor.as_ref()
    }

    /// Plane `plane` of the frame at `data_offset`, which was checked against the pool's size.
    pub fn plane(&self, data_offset: u64, plane: usize) -> Plane<'_> {
        plane::inside(&self.map, data_offset as usize, &self.layout, plane)
    }

    /// Copies the frame at `data_offset`, which was checked against the pool's size, without
    /// padding. Nobody has leased it: what is copied may be of several frames.
    pub fn copy_racing(&self, data_offset: u64, to: &mut Vec<u8>) {
        to.resize(self.layout.packed_size() as usize, 0);
        let mut rest = &mut to[..];
        for plane in 0..self.layout.plane_count {
            let row_bytes = self.layout.plane_row_bytes(plane) as usize;
            let first = data_offset as usize + self.layout.offset(plane);
            for y in 0..self.layout.plane_rows(plane) as usize {
                let (row, after) = std::mem::take(&mut rest).split_at_mut(row_bytes);
                self.copy_row(first + y * self.layout.pitch(plane), row);
                rest = after;
            }
        }
    }

    fn copy_row(&self, offset: usize, row: &mut [u8]) {
        // Rows of this library's publishers begin at words; others' need not.
        let lead = offset % WORD;
        if lead == 0 {
            return self.map.load_bytes(offset, row);
        }
        let mut words = vec![0; lead + row.len()];
        self.map.load_bytes(offset - lead, &mut words);
        row.copy_from_slice(&words[lead..]);
    }
}
