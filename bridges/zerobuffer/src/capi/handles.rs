//! Handles for C: keys with a generation into a table, never dereferenced.

use std::ptr;
use std::sync::{Mutex, MutexGuard, TryLockError};

use sharded_slab::{Config, Entry, Slab};

use super::error::{Failure, refuse};

/// How the bits of a key are used. The top ones are for the kind. With 17 bits of address and
/// 12 of thread, about 30 are left for the generation: a handle that was released is told from
/// its successors for 10^9 reuses of its place.
#[derive(Debug)]
pub(super) struct Keys;

impl Config for Keys {
    const INITIAL_PAGE_SIZE: usize = 32;
    const MAX_PAGES: usize = 12;
    const MAX_THREADS: usize = 4096;
    const RESERVED_BITS: usize = KIND_BITS;
}

const KIND_BITS: usize = 4;
const KIND_SHIFT: u32 = usize::BITS - KIND_BITS as u32;

/// Objects of one kind.
pub(super) type Table<T> = Slab<T, Keys>;

/// Something that C holds by a handle.
pub(super) trait Object: Sized + 'static {
    /// The opaque type of the header.
    type Handle;
    /// Its number, 1 to 15, so that no key is NULL.
    const KIND: usize;
    /// Its name, for messages.
    const NAME: &'static str;
    /// Where all of them are.
    fn table() -> &'static Table<Self>;
}

/// An empty table.
pub(super) fn empty<T>() -> Table<T> {
    Slab::new_with_config::<Keys>()
}

/// Puts `object` into its table. Places of released objects are used again, so that this does
/// not allocate once there have been as many at a time.
pub(super) fn insert<T: Object>(object: T) -> Result<*mut T::Handle, Failure> {
    match T::table().insert(object) {
        Some(key) => Ok(ptr::without_provenance_mut(key | T::KIND << KIND_SHIFT)),
        None => refuse(format!("no room for another {}; release some", T::NAME)),
    }
}

/// The object of `handle`. It stays until the returned entry is dropped, even if another thread
/// removes it.
pub(super) fn get<T: Object>(handle: *mut T::Handle) -> Result<Entry<'static, T, Keys>, Failure> {
    match T::table().get(key::<T>(handle)?) {
        Some(entry) => Ok(entry),
        None => gone::<T, _>(),
    }
}

/// Removes the object of `handle`, which is dropped when nobody uses it any more.
pub(super) fn remove<T: Object>(handle: *mut T::Handle) -> Result<(), Failure> {
    match T::table().remove(key::<T>(handle)?) {
        true => Ok(()),
        false => gone::<T, _>(),
    }
}

fn key<T: Object>(handle: *mut T::Handle) -> Result<usize, Failure> {
    if handle.is_null() {
        return refuse(format!("the {} is NULL", T::NAME));
    }
    if handle.addr() >> KIND_SHIFT != T::KIND {
        return refuse(format!("{handle:p} is not the handle of a {}", T::NAME));
    }
    Ok(handle.addr() & !(usize::MAX << KIND_SHIFT))
}

fn gone<T: Object, R>() -> Result<R, Failure> {
    refuse(format!("this {} was released or destroyed before", T::NAME))
}

/// An object that one thread uses at a time, as its methods change it. Who comes second is
/// told so, and never waits.
#[derive(Debug)]
pub(super) struct Exclusive<T>(Mutex<T>);

impl<T> Exclusive<T> {
    pub fn new(object: T) -> Self {
        Exclusive(Mutex::new(object))
    }

    /// Begins to use it.
    pub fn lock(&self, name: &str) -> Result<MutexGuard<'_, T>, Failure> {
        match self.0.try_lock() {
            Ok(guard) => Ok(guard),
            // A panic in its middle was reported; the object is as whole as ever.
            Err(TryLockError::Poisoned(poisoned)) => Ok(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => refuse(format!(
                "this {name} is in use by another call; one thread may use it at a time"
            )),
        }
    }
}
