//! The caller's memory: every pointer from C that is no handle is read and written here.
//!
//! I13: such a pointer is NULL, or points to what the header says it does, for the length of
//! the call. NULL is looked for; the rest is the caller's promise.

use std::ffi::{CStr, c_char};
use std::mem::MaybeUninit;
use std::ptr;
use std::slice;

use super::error::{Failure, refuse};

/// No struct of this API will ever be larger; a larger `struct_size` was never set.
const LARGEST: usize = 4096;

/// A struct of the header that begins with `uint32_t struct_size`.
///
/// # Safety
/// The first field is that u32, and any bytes are a valid value: numbers and pointers.
pub(super) unsafe trait Versioned: Copy {
    /// Its size in the first release, for which a `struct_size` of 0 stands.
    const FIRST_SIZE: usize;
    /// Its name, for messages.
    const NAME: &'static str;
}

/// Reads a struct of the caller's, which may be of an older or newer release.
///
/// # Safety
/// I13: `from` is NULL or points to as many bytes as its `struct_size` says.
pub(super) unsafe fn read<T: Versioned>(from: *const T) -> Result<T, Failure> {
    let bytes = from.cast::<u8>();
    // SAFETY: I13: passed on.
    let size = unsafe { size_of_callers::<T>(from) }?;
    let known = size.min(size_of::<T>());
    let mut value = MaybeUninit::<T>::zeroed();
    // SAFETY: I13: `known` bytes are readable; no more than T has.
    unsafe { ptr::copy_nonoverlapping(bytes, value.as_mut_ptr().cast(), known) };
    // SAFETY: I13: `size` bytes are readable, and `known` is no more than that.
    let tail = unsafe { bytes.add(known) };
    // SAFETY: I13: as above.
    let tail = unsafe { slice::from_raw_parts(tail, size - known) };
    if tail.iter().any(|&byte| byte != 0) {
        return Err(Failure::unsupported(format!(
            "{} has fields that this version of the library does not know; set them to zero, or use a newer library",
            T::NAME
        )));
    }
    // SAFETY: I11: any bytes are a T, says Versioned.
    Ok(unsafe { value.assume_init() })
}

/// Writes a struct for the caller, as much of it as the caller's release has.
///
/// # Safety
/// I13: `to` is NULL or points to as many writable bytes as its `struct_size` says.
pub(super) unsafe fn write<T: Versioned>(to: *mut T, value: &T) -> Result<(), Failure> {
    let bytes = to.cast::<u8>();
    // SAFETY: I13: passed on.
    let size = unsafe { size_of_callers::<T>(to) }?;
    let known = size.min(size_of::<T>());
    // The caller's struct_size stays as it is: it tells how much there is.
    const AFTER: usize = size_of::<u32>();
    let from = ptr::from_ref(value).cast::<u8>();
    // SAFETY: T begins with the four bytes of struct_size.
    let from = unsafe { from.add(AFTER) };
    // SAFETY: I13: the caller's struct begins with the same four bytes.
    let to = unsafe { bytes.add(AFTER) };
    // SAFETY: I13: `known` bytes are writable there, and T has at least as many.
    unsafe { ptr::copy_nonoverlapping(from, to, known - AFTER) };
    // SAFETY: I13: `known` is at most `size`.
    let tail = unsafe { bytes.add(known) };
    // SAFETY: I13: `size` bytes are writable.
    unsafe { ptr::write_bytes(tail, 0, size - known) };
    Ok(())
}

/// How large the caller's struct is.
///
/// # Safety
/// I13: `from` is NULL or points to a struct that begins with `struct_size`.
unsafe fn size_of_callers<T: Versioned>(from: *const T) -> Result<usize, Failure> {
    if from.is_null() {
        return refuse(format!("{} is NULL", T::NAME));
    }
    // SAFETY: I13: the struct begins with a u32.
    let said = unsafe { from.cast::<u32>().read_unaligned() } as usize;
    match said {
        0 => Ok(T::FIRST_SIZE),
        _ if (T::FIRST_SIZE..=LARGEST).contains(&said) => Ok(said),
        _ => refuse(format!(
            "{} has a struct_size of {said}; set it to 0 or to its sizeof, {}",
            T::NAME,
            size_of::<T>()
        )),
    }
}

/// A place for a result, named `name` in messages.
///
/// # Safety
/// I13: `to` is NULL or points to a writable T that nobody else uses during the call.
pub(super) unsafe fn out<'call, T>(
    to: *mut T,
    name: &str,
) -> Result<&'call mut MaybeUninit<T>, Failure> {
    if to.is_null() || !to.is_aligned() {
        return refuse(format!("{name} is NULL or misaligned"));
    }
    // SAFETY: I13: it is writable, aligned and the caller's own; MaybeUninit asks no more.
    Ok(unsafe { &mut *to.cast::<MaybeUninit<T>>() })
}

/// Writes a result that the caller may not want.
///
/// # Safety
/// I13: `to` is NULL or points to a writable T.
pub(super) unsafe fn offer<T>(to: *mut T, value: T) {
    if !to.is_null() {
        // SAFETY: I13: it is writable.
        unsafe { to.write_unaligned(value) };
    }
}

/// A string of the caller's; `None` for NULL.
///
/// # Safety
/// I13: `text` is NULL or a string with a NUL behind it.
pub(super) unsafe fn text<'call>(
    text: *const c_char,
    name: &str,
) -> Result<Option<&'call str>, Failure> {
    if text.is_null() {
        return Ok(None);
    }
    // SAFETY: I13: it ends with a NUL.
    let text = unsafe { CStr::from_ptr(text) };
    match text.to_str() {
        Ok(text) => Ok(Some(text)),
        Err(_) => refuse(format!("{name} is not UTF-8")),
    }
}

/// An array of the caller's; empty for a count of 0.
///
/// # Safety
/// I13: `first` is NULL or points to `count` values.
pub(super) unsafe fn list<'call, T>(
    first: *const T,
    count: usize,
    name: &str,
) -> Result<&'call [T], Failure> {
    if count == 0 {
        return Ok(&[]);
    }
    if first.is_null() || !first.is_aligned() || count > isize::MAX as usize / size_of::<T>() {
        return refuse(format!("{name} is NULL, misaligned or too long"));
    }
    // SAFETY: I13: `count` values are readable, and nobody writes them during the call.
    Ok(unsafe { slice::from_raw_parts(first, count) })
}

/// Row `y` of a picture of the caller's, whose rows are `pitch` bytes apart; a negative pitch
/// means that row 0 is the last one in memory.
///
/// # Safety
/// I13: the row is readable and not written during the call.
pub(super) unsafe fn row<'call>(
    first: *const u8,
    y: usize,
    pitch: isize,
    bytes: usize,
) -> &'call [u8] {
    // SAFETY: I13: the row belongs to the caller's picture.
    let row = unsafe { first.offset(pitch * y as isize) };
    // SAFETY: I13: `bytes` of it are readable.
    unsafe { slice::from_raw_parts(row, bytes) }
}

/// A buffer of the caller's.
///
/// # Safety
/// I13: `first` is NULL or points to `size` writable bytes that nobody else uses.
pub(super) unsafe fn buffer<'call>(
    first: *mut u8,
    size: usize,
    name: &str,
) -> Result<&'call mut [u8], Failure> {
    if first.is_null() || size > isize::MAX as usize {
        return refuse(format!("{name} is NULL or too large"));
    }
    // SAFETY: I13: `size` bytes are writable and the caller's own. Bytes that were never
    // written are only written here.
    Ok(unsafe { slice::from_raw_parts_mut(first, size) })
}
