//! Handles are keys into a table: one that is stale, foreign or invented is refused and never
//! followed.

use std::collections::BTreeMap;
use std::ffi::c_void;
use std::ptr;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::abi::code;
use crate::driver::Result;

/// All objects of one kind. A key is never given out twice.
pub struct Handles<T> {
    table: Mutex<(usize, BTreeMap<usize, Arc<T>>)>,
}

impl<T> Handles<T> {
    pub const fn new() -> Self {
        Self {
            table: Mutex::new((0, BTreeMap::new())),
        }
    }

    fn table(&self) -> MutexGuard<'_, (usize, BTreeMap<usize, Arc<T>>)> {
        self.table
            .lock()
            .expect("nobody panics with the table in hand")
    }

    /// Takes the object in and gives its handle.
    pub fn insert(&self, object: T) -> *mut c_void {
        let mut table = self.table();
        table.0 += 0x10;
        let key = table.0;
        table.1.insert(key, Arc::new(object));
        ptr::without_provenance_mut(key)
    }

    pub fn get(&self, handle: *mut c_void) -> Result<Arc<T>> {
        self.table()
            .1
            .get(&handle.addr())
            .cloned()
            .ok_or(code::INVALID_HANDLE)
    }

    /// Forgets the handle; calls under way on other threads keep the object until they return.
    pub fn remove(&self, handle: *mut c_void) -> Result<Arc<T>> {
        self.table()
            .1
            .remove(&handle.addr())
            .ok_or(code::INVALID_HANDLE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_good_until_it_is_removed() {
        let handles = Handles::new();
        let first = handles.insert("first");
        let second = handles.insert("second");
        assert_eq!(*handles.get(first).expect("alive"), "first");
        handles.remove(first).expect("alive");
        assert_eq!(handles.get(first).err(), Some(code::INVALID_HANDLE));
        assert_eq!(handles.remove(first).err(), Some(code::INVALID_HANDLE));
        assert_eq!(
            handles.get(ptr::null_mut()).err(),
            Some(code::INVALID_HANDLE)
        );
        assert_eq!(*handles.get(second).expect("alive"), "second");
        assert!(
            ![first, second].contains(&handles.insert("third")),
            "no key twice"
        );
    }
}
