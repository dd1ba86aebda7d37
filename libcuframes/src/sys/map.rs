//! A shared mapping: atomics and racing copies, bounds-checked, never a reference to a byte
//! that another process can write.

use std::ffi::c_void;
use std::io;
use std::marker::PhantomData;
use std::os::fd::AsFd;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering};

use rustix::mm::{MapFlags, ProtFlags, mmap, mmap_anonymous, munmap};

use super::PAGE;
use super::racing::Run;

/// Marks a mapping that only reads.
#[derive(Debug)]
pub struct ReadOnly;

/// Marks a mapping that may also write.
#[derive(Debug)]
pub struct ReadWrite;

/// A mapping of a file that other processes map too. Unmapped on drop.
#[derive(Debug)]
pub struct Mapping<Access> {
    base: NonNull<u8>,
    len: usize,
    /// Bytes behind them that are mapped too.
    room: usize,
    access: PhantomData<Access>,
}

/// A mapping that only reads.
pub type ReadMap = Mapping<ReadOnly>;
/// A mapping that may also write.
pub type WriteMap = Mapping<ReadWrite>;

// SAFETY: I2: every access is an atomic or a racing copy, from any thread.
unsafe impl<Access> Send for Mapping<Access> {}
// SAFETY: I2: as for Send; there is no other interior state.
unsafe impl<Access> Sync for Mapping<Access> {}

impl ReadMap {
    /// Maps the first `len` bytes of `fd` for reading.
    pub fn new(fd: impl AsFd, len: usize) -> io::Result<Self> {
        map(fd, len, ProtFlags::READ)
    }

    /// As [`new`](ReadMap::new), and what lies behind them up to a whole page more may be read
    /// too: zeros, that are no part of the file.
    pub fn with_room(fd: impl AsFd, len: usize) -> io::Result<Self> {
        let room = len
            .checked_next_multiple_of(PAGE)
            .and_then(|pages| pages.checked_add(PAGE))
            .ok_or(io::ErrorKind::OutOfMemory)?
            - len;
        let anywhere = std::ptr::null_mut();
        // SAFETY: a new mapping at an address of the kernel's choice aliases nothing of ours.
        let base =
            unsafe { mmap_anonymous(anywhere, len + room, ProtFlags::READ, MapFlags::PRIVATE) }?;
        let mapping = own(base, len, room)?;
        let flags = MapFlags::SHARED | MapFlags::FIXED;
        // SAFETY: it replaces the beginning of what was mapped above, which nobody has read yet.
        unsafe { mmap(base, len, ProtFlags::READ, flags, fd, 0) }?;
        Ok(mapping)
    }
}

impl WriteMap {
    /// Maps the first `len` bytes of `fd` for reading and writing.
    pub fn new(fd: impl AsFd, len: usize) -> io::Result<Self> {
        map(fd, len, ProtFlags::READ | ProtFlags::WRITE)
    }
}

fn map<Access>(fd: impl AsFd, len: usize, prot: ProtFlags) -> io::Result<Mapping<Access>> {
    // SAFETY: a new mapping at an address of the kernel's choice aliases nothing of ours.
    let base = unsafe { mmap(std::ptr::null_mut(), len, prot, MapFlags::SHARED, fd, 0) }?;
    own(base, len, 0)
}

fn own<Access>(base: *mut c_void, len: usize, room: usize) -> io::Result<Mapping<Access>> {
    let base = NonNull::new(base.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
    Ok(Mapping {
        base,
        len,
        room,
        access: PhantomData,
    })
}

impl<Access> Mapping<Access> {
    /// Bytes mapped.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Address of the byte at `offset`, the first of `bytes` that are all inside the mapping.
    ///
    /// # Panics
    /// If they are not: offsets come from geometry that was validated against the size.
    #[inline]
    pub fn address(&self, offset: usize, bytes: usize) -> *mut u8 {
        let end = offset.checked_add(bytes);
        assert!(end.is_some_and(|end| end <= self.len), "outside the map");
        // SAFETY: I1: offset + bytes <= len was checked above.
        unsafe { self.base.as_ptr().add(offset) }
    }

    #[inline]
    fn word<T>(&self, offset: usize) -> *mut T {
        assert!(offset.is_multiple_of(size_of::<T>()), "unaligned word");
        self.address(offset, size_of::<T>()).cast()
    }

    #[inline]
    fn atomic_u64(&self, offset: usize) -> &AtomicU64 {
        // SAFETY: I2: aligned, inside the map, and only ever accessed atomically.
        unsafe { AtomicU64::from_ptr(self.word(offset)) }
    }

    #[inline]
    fn atomic_u32(&self, offset: usize) -> &AtomicU32 {
        // SAFETY: I2: aligned, inside the map, and only ever accessed atomically.
        unsafe { AtomicU32::from_ptr(self.word(offset)) }
    }

    #[inline]
    fn atomic_u8(&self, offset: usize) -> &AtomicU8 {
        // SAFETY: I2: inside the map, and only ever accessed atomically.
        unsafe { AtomicU8::from_ptr(self.word(offset)) }
    }

    /// Loads the u64 at `offset`.
    #[inline]
    pub fn load_u64(&self, offset: usize, order: Ordering) -> u64 {
        self.atomic_u64(offset).load(order)
    }

    /// Loads the u32 at `offset`.
    #[inline]
    pub fn load_u32(&self, offset: usize, order: Ordering) -> u32 {
        self.atomic_u32(offset).load(order)
    }

    /// Loads the byte at `offset`.
    #[inline]
    pub fn load_u8(&self, offset: usize, order: Ordering) -> u8 {
        self.atomic_u8(offset).load(order)
    }

    /// Copies `to.len()` words from `offset` with relaxed loads; the words may be of different
    /// moments if somebody writes meanwhile.
    #[inline]
    pub fn read_words(&self, offset: usize, to: &mut [u64]) {
        for (index, word) in to.iter_mut().enumerate() {
            *word = self.load_u64(offset + index * 8, Ordering::Relaxed);
        }
    }

    /// Copies bytes from `offset` on, a multiple of 8, with relaxed loads of whole words, as
    /// `read_words` does. The range is checked once, or it would not be as fast as memcpy.
    #[inline]
    pub fn load_bytes(&self, offset: usize, to: &mut [u8]) {
        self.run(offset, to.len()).load(to);
    }

    /// The words that hold the `bytes` bytes from `offset` on.
    #[inline]
    fn run(&self, offset: usize, bytes: usize) -> Run<'_> {
        assert!(offset.is_multiple_of(8), "unaligned word");
        let words = bytes.div_ceil(8);
        let first = self.address(offset, words * 8).cast();
        // SAFETY: I1, I2: the words are inside the map, as was just checked, and aligned.
        unsafe { Run::new(first, words) }
    }

    /// The word a futex call waits on or wakes.
    #[inline]
    pub(super) fn futex_word(&self, offset: usize) -> &AtomicU32 {
        self.atomic_u32(offset)
    }
}

impl Mapping<ReadWrite> {
    /// Stores the u64 at `offset`.
    #[inline]
    pub fn store_u64(&self, offset: usize, value: u64, order: Ordering) {
        self.atomic_u64(offset).store(value, order);
    }

    /// Stores the u32 at `offset`.
    #[inline]
    pub fn store_u32(&self, offset: usize, value: u32, order: Ordering) {
        self.atomic_u32(offset).store(value, order);
    }

    /// Stores the byte at `offset`.
    #[inline]
    pub fn store_u8(&self, offset: usize, value: u8, order: Ordering) {
        self.atomic_u8(offset).store(value, order);
    }

    /// Copies bytes to `offset` on, a multiple of 8, with relaxed stores of whole words; the
    /// last one is filled up with zeros.
    #[inline]
    pub fn store_bytes(&self, offset: usize, from: &[u8]) {
        let run = self.run(offset, from.len());
        // SAFETY: I1: this map may be written.
        unsafe { run.store(from) };
    }

    /// Adds to the u32 at `offset` (wrapping) and returns what was there.
    #[inline]
    pub fn add_u32(&self, offset: usize, value: u32, order: Ordering) -> u32 {
        self.atomic_u32(offset).fetch_add(value, order)
    }

    /// Sets bits of the u32 at `offset` and returns what was there.
    #[inline]
    pub fn or_u32(&self, offset: usize, bits: u32, order: Ordering) -> u32 {
        self.atomic_u32(offset).fetch_or(bits, order)
    }

    /// Keeps only `bits` of the u32 at `offset` and returns what was there.
    #[inline]
    pub fn and_u32(&self, offset: usize, bits: u32, order: Ordering) -> u32 {
        self.atomic_u32(offset).fetch_and(bits, order)
    }

    /// Raises the u64 at `offset` to `value` if it is lower, and returns what was there.
    #[inline]
    pub fn max_u64(&self, offset: usize, value: u64, order: Ordering) -> u64 {
        self.atomic_u64(offset).fetch_max(value, order)
    }
}

impl<Access> Drop for Mapping<Access> {
    fn drop(&mut self) {
        // SAFETY: I1: the range was mapped for `own`, and nothing can refer to it after this value.
        let unmapped = unsafe { munmap(self.base.as_ptr().cast(), self.len + self.room) };
        debug_assert!(unmapped.is_ok(), "a range that was mapped can be unmapped");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys;

    /// A byte of the mapping or of the room behind it.
    fn byte(map: &ReadMap, offset: usize) -> u8 {
        assert!(offset < map.len + map.room);
        let byte = map.base.as_ptr().wrapping_add(offset);
        // SAFETY: I1: inside of what was mapped, as was just checked.
        unsafe { byte.read_volatile() }
    }

    #[test]
    fn behind_a_file_that_ends_with_a_page_there_is_room_to_read() {
        let fd = sys::create_memfd("cuframes-room", 2 * PAGE as u64).expect("memfd");
        let writer = WriteMap::new(&fd, 2 * PAGE).expect("map for writing");
        for len in [2 * PAGE, PAGE + 1] {
            let map = ReadMap::with_room(&fd, len).expect("map with room");
            writer.store_u8(len - 1, 7, Ordering::Relaxed);
            assert_eq!((map.len(), map.len + map.room), (len, 3 * PAGE));
            assert_eq!((byte(&map, len - 1), byte(&map, len)), (7, 0));
            assert_eq!(byte(&map, 3 * PAGE - 1), 0);
        }
        assert_eq!(ReadMap::new(&fd, PAGE).expect("map").room, 0);
    }
}
