//! What C wants to be called with.
//!
//! Callbacks are declared as "C-unwind" and called inside of a catch_unwind: an exception of
//! another language that leaves one ends the program with a message, which is the only thing
//! that Rust defines for it. With "C" it would be undefined behaviour. The C++ header catches
//! exceptions before they come here.

use std::ffi::c_void;

/// The pointer that C gives with a callback, and gets back with every call.
///
/// It is never dereferenced here. The header says which thread the callback runs on.
#[derive(Clone, Copy, Debug)]
pub(super) struct User(pub *mut c_void);

// SAFETY: I13: the header says that the callback, and so its user pointer, is used by other
// threads; the caller gave it for that.
unsafe impl Send for User {}
// SAFETY: I13: as for Send.
unsafe impl Sync for User {}
