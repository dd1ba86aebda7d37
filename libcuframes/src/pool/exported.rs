//! What this process shares by CUDA IPC handles, and what it has opened of others.
//!
//! The driver opens a handle in another process than the one that made it only, and only once
//! at a time. So memory of our own is found here and used as it is, and memory of others is
//! opened once however many subscriptions use it.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};

use crate::error::{Error, Result};
use crate::sys::cuda::{Context, DeviceMemory, ImportedMemory};

/// Bytes by which memory is named to other processes.
pub type Handle = [u8; 64];

static TABLE: LazyLock<Mutex<Table>> = LazyLock::new(Mutex::default);

#[derive(Debug, Default)]
struct Table {
    ours: HashMap<Handle, Weak<Exported>>,
    theirs: HashMap<Handle, Weak<ImportedMemory>>,
}

/// Memory of this process that others can open.
#[derive(Debug)]
pub struct Exported {
    address: u64,
    size: u64,
    /// None if it is the caller's.
    _memory: Option<DeviceMemory>,
}

impl Exported {
    /// Memory of the library's own.
    pub fn new(memory: DeviceMemory) -> Self {
        Exported {
            address: memory.address(),
            size: memory.size() as u64,
            _memory: Some(memory),
        }
    }

    /// Memory that the caller keeps.
    pub fn of_caller(address: u64, size: u64) -> Self {
        Exported {
            address,
            size,
            _memory: None,
        }
    }

    /// Device pointer to its first byte.
    pub fn address(&self) -> u64 {
        self.address
    }

    /// Its bytes.
    pub fn size(&self) -> u64 {
        self.size
    }
}

/// Memory behind a handle.
#[derive(Debug)]
pub enum Shared {
    /// Of this process.
    Ours(Arc<Exported>),
    /// Of another one.
    Theirs(Arc<ImportedMemory>),
}

impl Shared {
    /// Device pointer to its first byte.
    pub fn address(&self) -> u64 {
        match self {
            Shared::Ours(memory) => memory.address(),
            Shared::Theirs(memory) => memory.address(),
        }
    }

    /// Its bytes, as the driver knows them.
    pub fn size(&self) -> u64 {
        match self {
            Shared::Ours(memory) => memory.size(),
            Shared::Theirs(memory) => memory.size() as u64,
        }
    }
}

/// `memory` is shared by `handle`, and found here for as long as what comes back lives.
pub fn remember(handle: Handle, memory: Exported) -> Arc<Exported> {
    let mut table = table();
    table.ours.retain(|_, memory| memory.strong_count() != 0);
    let known = table.ours.get(&handle).and_then(Weak::upgrade);
    known.unwrap_or_else(|| {
        let memory = Arc::new(memory);
        table.ours.insert(handle, Arc::downgrade(&memory));
        memory
    })
}

/// The memory behind `handle`.
pub fn open(context: &Context, handle: &Handle) -> Result<Shared> {
    let mut table = table();
    if let Some(ours) = table.ours.get(handle).and_then(Weak::upgrade) {
        return Ok(Shared::Ours(ours));
    }
    if let Some(theirs) = table.theirs.get(handle).and_then(Weak::upgrade) {
        return match theirs.context() == context {
            true => Ok(Shared::Theirs(theirs)),
            false => Err(Error::Unsupported(
                "frames by CUDA IPC in a second context of this process; use the context that \
                 has them open already"
                    .to_owned(),
            )),
        };
    }
    let opened = ImportedMemory::open(context, handle);
    let what = "open the publisher's pool by CUDA IPC, for which the two processes need different \
                pid values";
    let opened = Arc::new(opened.map_err(Error::cuda(what))?);
    table.theirs.retain(|_, memory| memory.strong_count() != 0);
    table.theirs.insert(*handle, Arc::downgrade(&opened));
    Ok(Shared::Theirs(opened))
}

fn table() -> MutexGuard<'static, Table> {
    TABLE.lock().unwrap_or_else(PoisonError::into_inner)
}
