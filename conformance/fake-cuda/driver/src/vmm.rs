//! Virtual memory management: memory, addresses, and one mapped to the other.

use std::fs::File;
use std::os::fd::{BorrowedFd, IntoRawFd};
use std::sync::Arc;

use crate::abi::{INVALID_VALUE, OUT_OF_MEMORY};
use crate::books::Kind;
use crate::file::{create_memfd, is_marked};
use crate::map::Reservation;
use crate::memory::Block;
use crate::world::{Answer, fresh, gone, made, world};

/// Sizes of memory are multiples of this.
pub const GRANULARITY: u64 = 2 << 20;

/// Memory without an address.
pub struct Handle {
    file: Arc<File>,
    bytes: u64,
    device: i32,
}

/// Addresses without memory, or with it.
pub struct Range {
    addresses: Reservation,
    mapped: Option<(Arc<File>, i32)>,
}

/// Makes memory.
pub fn create(bytes: u64, device: i32) -> Answer<u64> {
    if bytes == 0 || !bytes.is_multiple_of(GRANULARITY) {
        return Err(INVALID_VALUE);
    }
    if bytes > crate::device::MEMORY as u64 {
        return Err(OUT_OF_MEMORY);
    }
    let file = create_memfd(bytes).ok_or(OUT_OF_MEMORY)?;
    Ok(put(Arc::new(file), bytes, device))
}

fn put(file: Arc<File>, bytes: u64, device: i32) -> u64 {
    let id = fresh();
    let handle = Handle {
        file,
        bytes,
        device,
    };
    world().handles.insert(id, handle);
    made(Kind::VmmHandle);
    id
}

/// A descriptor of the memory, the caller's to close.
pub fn export(id: u64) -> Answer<i32> {
    let file = world()
        .handles
        .get(&id)
        .map(|handle| Arc::clone(&handle.file));
    let copy = file.ok_or(INVALID_VALUE)?.try_clone();
    Ok(copy.map_err(|_| OUT_OF_MEMORY)?.into_raw_fd())
}

/// Memory that somebody exported.
pub fn import(fd: i32, device: i32) -> Answer<u64> {
    if fd < 0 {
        return Err(INVALID_VALUE);
    }
    // SAFETY: the number is asked about during this call only; a wrong one is an error.
    let borrowed = unsafe { BorrowedFd::borrow_raw(fd) };
    let file = File::from(borrowed.try_clone_to_owned().map_err(|_| INVALID_VALUE)?);
    if !is_marked(&file) {
        return Err(INVALID_VALUE);
    }
    let bytes = file.metadata().map_err(|_| INVALID_VALUE)?.len();
    Ok(put(Arc::new(file), bytes, device))
}

/// The handle is no longer used; what is mapped stays.
pub fn release(id: u64) -> Answer {
    world().handles.remove(&id).ok_or(INVALID_VALUE)?;
    gone(Kind::VmmHandle);
    Ok(())
}

/// Reserves addresses.
pub fn reserve(bytes: u64) -> Answer<u64> {
    if bytes == 0 || !bytes.is_multiple_of(GRANULARITY) {
        return Err(INVALID_VALUE);
    }
    let addresses = Reservation::new(bytes).ok_or(OUT_OF_MEMORY)?;
    let first = addresses.first;
    let range = Range {
        addresses,
        mapped: None,
    };
    world().ranges.insert(first, range);
    made(Kind::Reservation);
    Ok(first)
}

/// Gives addresses back.
pub fn unreserve(first: u64, bytes: u64) -> Answer {
    let mut world = world();
    match world.ranges.get(&first) {
        Some(range) if range.addresses.bytes == bytes && range.mapped.is_none() => {
            world.ranges.remove(&first);
            gone(Kind::Reservation);
            Ok(())
        }
        _ => Err(INVALID_VALUE),
    }
}

/// Maps the whole of some memory to a whole range.
pub fn map(first: u64, bytes: u64, id: u64) -> Answer {
    let mut world = world();
    let handle = world.handles.get(&id).ok_or(INVALID_VALUE)?;
    let memory = (Arc::clone(&handle.file), handle.device);
    if handle.bytes != bytes {
        return Err(INVALID_VALUE);
    }
    let range = world.ranges.get_mut(&first).ok_or(INVALID_VALUE)?;
    if range.addresses.bytes != bytes || range.mapped.is_some() {
        return Err(INVALID_VALUE);
    }
    range.mapped = Some(memory);
    made(Kind::Mapping);
    Ok(())
}

/// Ends a mapping.
pub fn unmap(first: u64, bytes: u64) -> Answer {
    let mut world = world();
    let range = world.ranges.get_mut(&first).ok_or(INVALID_VALUE)?;
    if range.addresses.bytes != bytes || range.mapped.take().is_none() {
        return Err(INVALID_VALUE);
    }
    // Work that still uses it keeps it, and later work does not find it.
    world.blocks.remove(&first);
    gone(Kind::Mapping);
    Ok(())
}

/// Lets streams of a device reach a mapping. Before that they do not.
pub fn set_access(first: u64, bytes: u64, writable: bool) -> Answer {
    let mut world = world();
    let range = world.ranges.get(&first).ok_or(INVALID_VALUE)?;
    let (file, device) = range.mapped.as_ref().ok_or(INVALID_VALUE)?;
    if range.addresses.bytes != bytes {
        return Err(INVALID_VALUE);
    }
    let block = Block::of_range(first, bytes, file, *device, writable).ok_or(OUT_OF_MEMORY)?;
    world.blocks.insert(first, Arc::new(block));
    Ok(())
}
