//! Everything that this process has made, found by handle.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use crate::abi::CUresult;
use crate::books::Kind;
use crate::context::Context;
use crate::event::Event;
use crate::kernel::Kernel;
use crate::machine::machine;
use crate::memory::{Block, Registered};
use crate::stream::Stream;
use crate::vmm::{Handle, Range};

/// What a call answers.
pub type Answer<T = ()> = Result<T, CUresult>;

/// The tables.
#[derive(Default)]
pub struct World {
    pub started: bool,
    pub contexts: HashMap<u64, Arc<Context>>,
    pub streams: HashMap<u64, Arc<Stream>>,
    pub events: HashMap<u64, Arc<Event>>,
    /// By first address.
    pub blocks: BTreeMap<u64, Arc<Block>>,
    pub registered: BTreeMap<u64, Registered>,
    pub handles: HashMap<u64, Handle>,
    pub ranges: BTreeMap<u64, Range>,
    /// The names of a module's kernels.
    pub modules: HashMap<u64, Vec<String>>,
    pub functions: HashMap<u64, Kernel>,
    /// Per device: the primary context and how often it is retained.
    pub primary: HashMap<i32, (u64, u64)>,
}

static WORLD: LazyLock<Mutex<World>> = LazyLock::new(Mutex::default);

/// The tables, for a moment.
pub fn world() -> MutexGuard<'static, World> {
    WORLD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A handle that was never given out before.
pub fn fresh() -> u64 {
    0x00F0_0000_0000 + machine().map_or(1, crate::machine::Machine::fresh) * 16
}

/// Notes that something was made.
pub fn made(kind: Kind) {
    if let Some(machine) = machine() {
        machine.book.add(kind);
    }
}

/// Notes that something is gone.
pub fn gone(kind: Kind) {
    if let Some(machine) = machine() {
        machine.book.remove(kind);
    }
}
