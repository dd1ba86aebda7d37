//! Memory of the simulated GPU, and of the host as the GPU sees it.

use std::fs::{File, OpenOptions};
use std::os::fd::IntoRawFd;
use std::path::PathBuf;
use std::sync::Arc;

use crate::abi::{
    HOST_MEMORY_ALREADY_REGISTERED, HOST_MEMORY_NOT_REGISTERED, ILLEGAL_ADDRESS, INVALID_CONTEXT,
    INVALID_VALUE, NOT_SUPPORTED, OUT_OF_MEMORY,
};
use crate::books::Kind;
use crate::context::Context;
use crate::file::create_file;
use crate::machine::machine;
use crate::map::{Alias, Reservation};
use crate::stream;
use crate::world::{Answer, World, gone, made, world};

const MAGIC: u64 = 0x4D45_4D4F_5259_464B;

/// Memory at addresses of the GPU.
pub struct Block {
    pub first: u64,
    pub bytes: u64,
    pub context: u64,
    pub device: i32,
    pub kind: Kind,
    pub alias: Alias,
    file: File,
    /// Streams may write it.
    pub writable: bool,
    /// The addresses, if they belong to this block and to no range of VMM.
    _addresses: Option<Reservation>,
    /// The file by which others find it, if it is ours to remove.
    path: Option<PathBuf>,
    handle: [u8; 64],
}

/// Memory of the host that streams reach.
pub struct Registered {
    pub bytes: u64,
    /// It was allocated by the driver, not only registered.
    pub allocated: bool,
}

impl Block {
    /// Memory of `bytes` in `context`.
    pub fn allocate(context: &Context, bytes: u64) -> Answer<u64> {
        if bytes == 0 {
            return Err(INVALID_VALUE);
        }
        let machine = machine().ok_or(OUT_OF_MEMORY)?;
        if bytes > crate::device::MEMORY as u64 {
            return Err(OUT_OF_MEMORY);
        }
        let number = machine.fresh();
        let path = path_of(machine.token, number).ok_or(OUT_OF_MEMORY)?;
        let length = bytes.next_multiple_of(4096);
        let file = create_file(&path, length).ok_or(OUT_OF_MEMORY)?;
        let mut handle = [0; 64];
        let words = [MAGIC, machine.token, number, machine.pid.into(), length];
        for (at, word) in words.iter().enumerate() {
            handle[at * 8..at * 8 + 8].copy_from_slice(&word.to_ne_bytes());
        }
        let addresses = Reservation::new(length).ok_or(OUT_OF_MEMORY)?;
        let block = Block {
            first: addresses.first,
            bytes,
            context: context.id,
            device: context.device,
            kind: Kind::Allocation,
            alias: Alias::new(&file, length).ok_or(OUT_OF_MEMORY)?,
            file,
            writable: true,
            _addresses: Some(addresses),
            path: Some(path),
            handle,
        };
        Ok(block.put())
    }

    /// Memory of a range of VMM.
    pub fn of_range(
        first: u64,
        bytes: u64,
        file: &File,
        device: i32,
        writable: bool,
    ) -> Option<Block> {
        Some(Block {
            first,
            bytes,
            context: 0,
            device,
            kind: Kind::Mapping,
            alias: Alias::new(file, bytes)?,
            file: file.try_clone().ok()?,
            writable,
            _addresses: None,
            path: None,
            handle: [0; 64],
        })
    }

    /// Opens memory of another process.
    pub fn open(context: &Context, handle: &[u8; 64]) -> Answer<u64> {
        let machine = machine().ok_or(OUT_OF_MEMORY)?;
        let word = |at: usize| {
            u64::from_ne_bytes(handle[at * 8..at * 8 + 8].try_into().unwrap_or_default())
        };
        if word(0) != MAGIC {
            return Err(INVALID_VALUE);
        }
        // The driver knows a process by its pid: one with the same value in another namespace
        // looks like the exporter itself.
        if word(1) == machine.token || word(3) == u64::from(machine.pid) {
            return Err(INVALID_CONTEXT);
        }
        if !machine.is_alive(word(1)) {
            return Err(INVALID_VALUE);
        }
        let open_already =
            |block: &Arc<Block>| block.kind == Kind::Import && block.handle == *handle;
        if world().blocks.values().any(open_already) {
            return Err(crate::abi::ALREADY_MAPPED);
        }
        let path = path_of(word(1), word(2)).ok_or(INVALID_VALUE)?;
        let file = OpenOptions::new().read(true).write(true).open(path);
        let file = file.map_err(|_| INVALID_VALUE)?;
        let length = file.metadata().map_err(|_| INVALID_VALUE)?.len();
        let addresses = Reservation::new(length).ok_or(OUT_OF_MEMORY)?;
        let block = Block {
            first: addresses.first,
            bytes: length,
            context: context.id,
            device: context.device,
            kind: Kind::Import,
            alias: Alias::new(&file, length).ok_or(OUT_OF_MEMORY)?,
            file,
            writable: true,
            _addresses: Some(addresses),
            path: None,
            handle: *handle,
        };
        Ok(block.put())
    }

    fn put(self) -> u64 {
        let first = self.first;
        made(self.kind);
        world().blocks.insert(first, Arc::new(self));
        first
    }

    /// The bytes by which others open the allocation.
    pub fn handle(&self) -> Option<[u8; 64]> {
        self.path.is_some().then_some(self.handle)
    }

    /// A descriptor of the bytes, the caller's to close, where a GPU gives out a dma-buf. This one
    /// is of the whole block, so that a range that begins inside of it has none.
    pub fn export_range(&self, first: u64, bytes: u64) -> Answer<i32> {
        const PAGE: u64 = 4096;
        if bytes == 0 || !first.is_multiple_of(PAGE) || !bytes.is_multiple_of(PAGE) {
            return Err(INVALID_VALUE);
        }
        if first != self.first {
            return Err(NOT_SUPPORTED);
        }
        if bytes > self.bytes.next_multiple_of(PAGE) {
            return Err(INVALID_VALUE);
        }
        let copy = self.file.try_clone().map_err(|_| OUT_OF_MEMORY)?;
        Ok(copy.into_raw_fd())
    }

    /// Its context is destroyed, and it goes with it.
    pub fn forget(&self) {
        gone(self.kind);
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            // Somebody may have cleaned up before us.
            let _ = std::fs::remove_file(path);
        }
    }
}

fn path_of(token: u64, number: u64) -> Option<PathBuf> {
    Some(
        machine()?
            .folder
            .join(format!("memory-{token:016x}-{number}")),
    )
}

/// Frees memory that begins at `first`, after everything that was given to the GPU is done.
pub fn free(context: &Context, first: u64, kind: Kind) -> Answer {
    stream::drain_all(context);
    let block = {
        let mut world = world();
        match world.blocks.get(&first) {
            Some(block) if block.kind == kind => world.blocks.remove(&first),
            _ => return Err(INVALID_VALUE),
        }
    };
    gone(kind);
    drop(block);
    Ok(())
}

/// The block that has `address`.
pub fn block_of(world: &World, address: u64) -> Option<Arc<Block>> {
    let (_, block) = world.blocks.range(..=address).next_back()?;
    (address - block.first < block.bytes).then(|| Arc::clone(block))
}

/// Where the bytes of an address are. It keeps them alive.
pub struct Bytes {
    pub first: *mut u8,
    _block: Option<Arc<Block>>,
}

// SAFETY: as for `Alias`.
unsafe impl Send for Bytes {}

/// `bytes` bytes at `address` of the GPU, or of the host where it is registered.
pub fn resolve(address: u64, bytes: u64, write: bool) -> Answer<Bytes> {
    let world = world();
    let end = address.checked_add(bytes).ok_or(ILLEGAL_ADDRESS)?;
    if let Some(block) = block_of(&world, address) {
        if end > block.first + block.bytes || (write && !block.writable) {
            return Err(ILLEGAL_ADDRESS);
        }
        let at = (address - block.first) as usize;
        return Ok(Bytes {
            // SAFETY: inside the alias, by the comparison above.
            first: unsafe { block.alias.first.add(at) },
            _block: Some(block),
        });
    }
    match world.registered.range(..=address).next_back() {
        Some((first, registered)) if end <= first + registered.bytes => Ok(Bytes {
            first: address as *mut u8,
            _block: None,
        }),
        _ => Err(ILLEGAL_ADDRESS),
    }
}

/// Lets streams reach host memory.
pub fn register(first: u64, bytes: u64, allocated: bool) -> Answer {
    let mut world = world();
    let end = first.checked_add(bytes).ok_or(INVALID_VALUE)?;
    let overlaps = world.registered.range(..end).next_back();
    if overlaps.is_some_and(|(other, registered)| other + registered.bytes > first) {
        return Err(HOST_MEMORY_ALREADY_REGISTERED);
    }
    world
        .registered
        .insert(first, Registered { bytes, allocated });
    made(Kind::Registration);
    Ok(())
}

/// Streams reach it no more.
pub fn unregister(first: u64) -> Answer {
    match world().registered.remove(&first) {
        Some(_) => {
            gone(Kind::Registration);
            Ok(())
        }
        None => Err(HOST_MEMORY_NOT_REGISTERED),
    }
}
