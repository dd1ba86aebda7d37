//! How C describes a publisher.

use std::ffi::{c_char, c_void};
use std::time::Duration;

use crate::meta::StreamInfo;
use crate::packets::PacketRing;
use crate::pool::ExternalBuffers;
use crate::publisher::{Policy, Publisher, PublisherBuilder};

use super::cuda;
use super::error::{Failure, refuse};
use super::format::{dimensions, format};
use super::memory::{self, Versioned};
use super::meta::cuframes_stream_info_t;
use super::packets::{self, cuframes_packet_ring_t};

/// What happens to a frame when every slot is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum cuframes_policy_t {
    /// It is dropped and counted; nobody slows the publisher down.
    CUFRAMES_POLICY_DROP_OLDEST = 0,
    /// Subscribers that may miss nothing are waited for, up to strict_timeout_ms.
    CUFRAMES_POLICY_STRICT_WAIT = 1,
}

/// Whose memory the frames are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum cuframes_ownership_t {
    /// The library's.
    CUFRAMES_OWNERSHIP_LIBRARY = 0,
    /// The caller's own buffers on a GPU, shared by CUDA IPC: external_buffers.
    CUFRAMES_OWNERSHIP_EXTERNAL = 1,
}

/// Describes a publisher. Set it to zero, then set key, width, height and format; 0 means the
/// default everywhere else.
///
/// ```c
/// cuframes_publisher_config_t config = {
///     .struct_size = sizeof(config),
///     .key = "cam1", .width = 1920, .height = 1080, .format = CUFRAMES_FORMAT_NV12,
/// };
/// ```
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct cuframes_publisher_config_t {
    /// sizeof(cuframes_publisher_config_t), or 0 for that of the first release.
    pub struct_size: u32,
    /// Name of the stream: 1 to 63 bytes of A-Z a-z 0-9 . _ -
    pub key: *const c_char,
    /// Width in pixels, 1 to 32768.
    pub width: i32,
    /// Height in pixels, 1 to 32768.
    pub height: i32,
    /// A cuframes_format_t.
    pub format: i32,
    /// A cuframes_ownership_t.
    pub ownership: i32,
    /// Slots of the ring, 2 to 16; 0: 8.
    pub ring_size: u32,
    /// A cuframes_policy_t.
    pub policy: i32,
    /// CUDA device, for frames on a GPU without a cuda_context.
    pub cuda_device: i32,
    /// How long CUFRAMES_POLICY_STRICT_WAIT waits for one frame in all, in ms; 0: 1000.
    pub strict_timeout_ms: u32,
    /// Longest time in ms that a frame which is no longer the newest may be held; who holds
    /// one longer is evicted. 0: 5000. Negative: no limit.
    pub lease_timeout_ms: i32,
    /// Frames that one subscriber may hold at a time, up to ring_size; 0: a quarter of it.
    pub max_leases: u32,
    /// Permission bits of the control socket; 0: 0660.
    pub socket_mode: u32,
    /// Permission bits of the segment in /dev/shm; 0: 0640.
    pub segment_mode: u32,
    /// allow_uid_count users that may subscribe besides this one and root. NULL: the
    /// permission bits of the socket decide.
    pub allow_uids: *const u32,
    /// Entries of allow_uids.
    pub allow_uid_count: u32,
    /// Not 0: no name in /dev/shm.
    pub anonymous: i32,
    /// Subscribers that creating waits for.
    pub wait_subscribers: u32,
    /// How long it waits for them in ms; 0 or negative: for ever.
    pub wait_timeout_ms: i32,
    /// Not 0: a subscriber that used up strict_timeout_ms is evicted. 0: it is not waited for
    /// until it has caught up.
    pub evict_lagging: i32,
    /// What is said about the stream; NULL: nothing.
    pub stream_info: *const cuframes_stream_info_t,
    /// A cuframes_memory_t.
    pub memory: i32,
    /// A cuframes_sync_t.
    pub sync: i32,
    /// The CUcontext whose streams write the frames, which outlives the publisher; NULL: the
    /// primary context of cuda_device.
    pub cuda_context: *mut c_void,
    /// For CUFRAMES_OWNERSHIP_EXTERNAL: ring_size device pointers (CUdeviceptr), one for each
    /// slot, allocated by cuMemAlloc in cuda_context, each with room for a frame of
    /// cuframes_calc_frame_size() bytes. They stay until the publisher and all who subscribed
    /// to it are gone.
    pub external_buffers: *const u64,
    /// Zero.
    pub _reserved: [u64; 1],
    /// A cuframes_packets_t. For CUFRAMES_PACKETS_ONLY, width and height say what the packets
    /// decode to.
    pub packets: i32,
    /// Packets that the ring holds at most, 8 to 4096, rounded up to a power of two; 0: 64.
    pub packet_slots: u32,
    /// Bytes of all packets that it holds, rounded up to a power of two; 0: 8 MiB.
    pub packet_bytes: u64,
    /// Bytes of the largest packet; 0: a quarter of packet_bytes, which is the most.
    pub packet_largest: u64,
}

// SAFETY: I11: numbers and pointers only, struct_size first.
unsafe impl Versioned for cuframes_publisher_config_t {
    const FIRST_SIZE: usize = 136;
    const NAME: &'static str = "cuframes_publisher_config_t";
}

#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<cuframes_publisher_config_t>() == 160);

/// Reads what C says of a publisher.
///
/// # Safety
/// I13: `config` is NULL or points to what the header says.
pub(super) unsafe fn read(
    config: *const cuframes_publisher_config_t,
) -> Result<PublisherBuilder, Failure> {
    // SAFETY: I13: passed on.
    let config = unsafe { memory::read(config) }?;
    if config._reserved != [0] {
        return Err(Failure::unsupported(
            "_reserved of cuframes_publisher_config_t is not zero".to_owned(),
        ));
    }
    // SAFETY: I13: `key` is a string or NULL.
    let Some(key) = (unsafe { memory::text(config.key, "key") })? else {
        return refuse("key is NULL; a stream needs a name");
    };
    let (width, height) = dimensions(config.width, config.height)?;
    let uids = config.allow_uid_count as usize;
    // SAFETY: I13: there are as many as `allow_uid_count` says.
    let uids = unsafe { memory::list(config.allow_uids, uids, "allow_uids") }?;
    let mut builder = Publisher::builder(key)
        .format(format(config.format)?)
        .size(width, height)
        .policy(policy(config.policy)?)
        .evict_lagging(config.evict_lagging != 0)
        .allow_uids(uids)
        .anonymous(config.anonymous != 0);
    builder = builder
        .memory(cuda::kind_of_memory(config.memory)?)
        .sync(cuda::kind_of_sync(config.sync)?);
    // SAFETY: I13: a context of the caller's, which outlives the publisher.
    builder = match unsafe { cuda::context(config.cuda_context) }? {
        Some(context) => builder.cuda_context(&context),
        None => builder.cuda_device(cuda::device(config.cuda_device)?),
    };
    builder = unless_zero(builder, config.ring_size, PublisherBuilder::slots);
    // SAFETY: I13: passed on.
    builder = unsafe { own_buffers(builder, &config) }?;
    builder = unless_zero(builder, config.strict_timeout_ms, |builder, ms| {
        builder.strict_timeout(Duration::from_millis(u64::from(ms)))
    });
    builder = match u64::try_from(config.lease_timeout_ms) {
        Ok(0) => builder,
        Ok(ms) => builder.lease_timeout(Duration::from_millis(ms)),
        Err(_) => builder.lease_timeout(Duration::ZERO),
    };
    builder = unless_zero(builder, config.max_leases, PublisherBuilder::max_leases);
    builder = unless_zero(builder, config.socket_mode, PublisherBuilder::socket_mode);
    builder = unless_zero(builder, config.segment_mode, PublisherBuilder::segment_mode);
    if !config.stream_info.is_null() {
        // SAFETY: I13: it points to a struct.
        let info = unsafe { memory::read(config.stream_info) }?;
        builder = builder.stream_info(StreamInfo::from(info));
    }
    let ring = PacketRing::from(cuframes_packet_ring_t {
        struct_size: 0,
        slots: config.packet_slots,
        bytes: config.packet_bytes,
        largest: config.packet_largest,
    });
    builder = packets::publish(builder, config.packets, ring)?;
    if config.wait_subscribers != 0 {
        let limit = u64::try_from(config.wait_timeout_ms).unwrap_or(0);
        let limit = Some(Duration::from_millis(limit)).filter(|limit| !limit.is_zero());
        builder = builder.wait_subscribers(config.wait_subscribers as usize, limit);
    }
    Ok(builder)
}

fn unless_zero(
    builder: PublisherBuilder,
    value: u32,
    set: impl FnOnce(PublisherBuilder, u32) -> PublisherBuilder,
) -> PublisherBuilder {
    match value {
        0 => builder,
        value => set(builder, value),
    }
}

fn policy(number: i32) -> Result<Policy, Failure> {
    match number {
        0 => Ok(Policy::DropOldest),
        1 => Ok(Policy::StrictWait),
        _ => refuse(format!("policy is {number}; it is a cuframes_policy_t")),
    }
}

/// The buffers of a caller that brings its own.
///
/// # Safety
/// I13: they are what the header says.
unsafe fn own_buffers(
    builder: PublisherBuilder,
    config: &cuframes_publisher_config_t,
) -> Result<PublisherBuilder, Failure> {
    match config.ownership {
        0 => Ok(builder),
        1 => {
            let count = config.ring_size as usize;
            // SAFETY: I13: there are as many as `ring_size` says.
            let first =
                unsafe { memory::list(config.external_buffers, count, "external_buffers") }?;
            // SAFETY: I13: the caller keeps them, as the header says.
            Ok(builder.external(&unsafe { ExternalBuffers::new(first) }))
        }
        number => refuse(format!(
            "ownership is {number}; it is a cuframes_ownership_t"
        )),
    }
}
