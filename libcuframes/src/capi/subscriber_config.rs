//! How C describes a subscriber.

use std::ffi::{c_char, c_void};
use std::time::Duration;

use crate::subscriber::{Subscriber, SubscriberBuilder};
use crate::wire::Mode;

use super::cuda;
use super::error::{Failure, refuse};
use super::memory::{self, Versioned};
use super::packets;
use super::publisher::timeout;

/// Which frames a subscriber gets when it is slower than the publisher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum cuframes_mode_t {
    /// Always the newest.
    CUFRAMES_MODE_NEWEST_ONLY = 1,
    /// Every frame in its order, as long as the publisher's ring still has it.
    CUFRAMES_MODE_STRICT_ORDER = 2,
}

/// Describes a subscriber. Set it to zero, then set key; 0 means the default everywhere else.
///
/// ```c
/// cuframes_subscriber_config_t config = { .struct_size = sizeof(config), .key = "cam1" };
/// ```
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct cuframes_subscriber_config_t {
    /// sizeof(cuframes_subscriber_config_t), or 0 for that of the first release.
    pub struct_size: u32,
    /// Name of the stream: 1 to 63 bytes of A-Z a-z 0-9 . _ -
    pub key: *const c_char,
    /// Name under which the publisher knows this subscriber: 1 to 31 bytes of the same, unique
    /// per key and user. NULL: the program's name and its pid, and a number from the second
    /// subscriber of the process on.
    pub consumer_name: *const c_char,
    /// A cuframes_mode_t; 0: CUFRAMES_MODE_NEWEST_ONLY.
    pub mode: i32,
    /// CUDA device, for CUFRAMES_CUDA_DEVICE.
    pub cuda_device: i32,
    /// How long in ms a publisher that is not there is waited for, when connecting and after
    /// a disconnection; 0: 5000. Negative: for ever.
    pub connect_timeout_ms: i32,
    /// Delivers one frame in so many; 0 and 1: all of them.
    pub every_nth: u32,
    /// Delivers no frame that was published sooner after the last one, in nanoseconds.
    pub min_interval_ns: u64,
    /// Not 0: a publisher that is gone without an end of stream is not waited for.
    pub no_reattach: i32,
    /// How long to look for a new frame before sleeping, in microseconds. It costs CPU time
    /// and saves the wake-up of a sleeper.
    pub spin_us: u32,
    /// allow_uid_count users whose publishers are trusted besides those of this one and root.
    pub allow_uids: *const u32,
    /// Entries of allow_uids.
    pub allow_uid_count: u32,
    /// A cuframes_cuda_t.
    pub cuda: i32,
    /// The CUcontext whose streams wait for frames, for CUFRAMES_CUDA_CONTEXT; it outlives the
    /// subscriber and its frames.
    pub cuda_context: *mut c_void,
    /// Zero.
    pub _reserved: [u64; 3],
    /// A cuframes_packets_t. CUFRAMES_PACKETS_ONLY maps no memory of frames and loads no driver.
    pub packets: i32,
    /// A cuframes_packet_start_t.
    pub packets_from: i32,
}

// SAFETY: I11: numbers and pointers only, struct_size first.
unsafe impl Versioned for cuframes_subscriber_config_t {
    const FIRST_SIZE: usize = 104;
    const NAME: &'static str = "cuframes_subscriber_config_t";
}

#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<cuframes_subscriber_config_t>() == 112);

/// Reads what C says of a subscriber.
///
/// # Safety
/// I13: `config` is NULL or points to what the header says.
pub(super) unsafe fn read(
    config: *const cuframes_subscriber_config_t,
) -> Result<SubscriberBuilder, Failure> {
    // SAFETY: I13: passed on.
    let config = unsafe { memory::read(config) }?;
    if config._reserved != [0; 3] {
        return Err(Failure::unsupported(
            "_reserved of cuframes_subscriber_config_t is not zero".to_owned(),
        ));
    }
    // SAFETY: I13: `key` is a string or NULL.
    let Some(key) = (unsafe { memory::text(config.key, "key") })? else {
        return refuse("key is NULL; say which stream");
    };
    // SAFETY: I13: `consumer_name` is a string or NULL.
    let name = unsafe { memory::text(config.consumer_name, "consumer_name") }?;
    let uids = config.allow_uid_count as usize;
    // SAFETY: I13: there are as many as `allow_uid_count` says.
    let uids = unsafe { memory::list(config.allow_uids, uids, "allow_uids") }?;
    let mut builder = Subscriber::builder(key)
        .mode(mode(config.mode)?)
        .every_nth(config.every_nth.max(1))
        .min_interval(Duration::from_nanos(config.min_interval_ns))
        .reattach(config.no_reattach == 0)
        .spin(Duration::from_micros(u64::from(config.spin_us)))
        .allow_uids(uids);
    if let Some(name) = name {
        builder = builder.name(name);
    }
    // SAFETY: I13: a context of the caller's, which outlives the subscriber and its frames.
    builder = unsafe {
        cuda::accept(
            builder,
            config.cuda,
            config.cuda_device,
            config.cuda_context,
        )
    }?;
    builder = packets::subscribe(builder, config.packets, config.packets_from)?;
    if config.connect_timeout_ms != 0 {
        builder = builder.connect_timeout(timeout(config.connect_timeout_ms));
    }
    Ok(builder)
}

fn mode(number: i32) -> Result<Mode, Failure> {
    match number {
        0 | 1 => Ok(Mode::NewestOnly),
        2 => Ok(Mode::StrictOrder),
        _ => refuse(format!("mode is {number}; it is a cuframes_mode_t")),
    }
}
