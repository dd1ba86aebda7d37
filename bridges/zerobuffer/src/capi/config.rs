//! How a reader makes its buffer, and how long calls wait.

use std::ffi::c_int;
use std::time::Duration;

use crate::{BufferConfig, SequenceCheck};

use super::error::{Failure, guard, refuse};
use super::memory;

/// How a reader makes its buffer. zerobuffer_config_init() fills it in.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct zerobuffer_config_t {
    /// sizeof(zerobuffer_config_t), which tells releases from each other.
    pub struct_size: u32,
    /// Permissions of the files; 0 for 0666 without the bits of the umask, as other
    /// implementations have it.
    pub mode: u32,
    /// Bytes of the metadata block, rounded up to 64; may be 0.
    pub metadata_size: u64,
    /// Bytes of the payload block, rounded up to 64; a frame takes 16 more than its data.
    pub payload_size: u64,
    /// Not 0: touch all pages at once, so that the first lap is as fast as the others.
    pub prefault: u32,
    /// Not 0: numbers of frames are told and not checked, for responses that carry the numbers
    /// of their requests.
    pub any_sequence: u32,
}

/// Fills in the defaults: 4096 bytes of metadata and 256 MiB of payload.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zerobuffer_config_init(config: *mut zerobuffer_config_t) -> c_int {
    guard(|| {
        // SAFETY: C1: passed on.
        let config = unsafe { memory::out(config, "config") }?;
        let default = BufferConfig::default();
        config.write(zerobuffer_config_t {
            struct_size: size_of::<zerobuffer_config_t>() as u32,
            mode: 0,
            metadata_size: default.metadata_size,
            payload_size: default.payload_size,
            prefault: 0,
            any_sequence: 0,
        });
        Ok(())
    })
}

/// Reads what the caller wants; the defaults for NULL.
///
/// # Safety
/// `config` is NULL or points to a zerobuffer_config_t.
pub(super) unsafe fn read(config: *const zerobuffer_config_t) -> Result<BufferConfig, Failure> {
    if config.is_null() {
        return Ok(BufferConfig::default());
    }
    // SAFETY: C1: passed on; any bytes are valid numbers.
    let config = unsafe { memory::value(config, "config") }?;
    if config.struct_size as usize != size_of::<zerobuffer_config_t>() {
        return refuse(format!(
            "config has a struct_size of {}; fill it in by zerobuffer_config_init()",
            config.struct_size
        ));
    }
    let ours = BufferConfig::new(config.metadata_size, config.payload_size)
        .prefault(config.prefault != 0)
        .sequence(match config.any_sequence {
            0 => SequenceCheck::Continuous,
            _ => SequenceCheck::Any,
        });
    Ok(match config.mode {
        0 => ours,
        mode => ours.mode(mode),
    })
}

/// A time-out of the caller's; a negative one waits for ever.
pub(super) fn timeout(milliseconds: i32) -> Duration {
    match u64::try_from(milliseconds) {
        Ok(milliseconds) => Duration::from_millis(milliseconds),
        Err(_) => Duration::MAX,
    }
}
