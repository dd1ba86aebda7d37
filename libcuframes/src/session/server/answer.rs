//! Answering HELLO: what is granted, the subscriber's page, and the descriptors.

use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use zerocopy::{FromZeros, IntoBytes};

use crate::session::epoch::Epoch;
use crate::session::packets::PacketSegment;
use crate::session::{LIB_VERSION, version};
use crate::sync::Order;
use crate::sys::{self, Fd};
use crate::wire::{
    ConsumerName, ErrorCode, Geometry, HelloResponse, MAGIC, MemoryKind, PAGE_SIZE, PROTO_V1,
    PacketGrant, SubscriberSlot, Uuid, ValidHello, capability, control, fds, header_flag,
};

use super::Limits;
use super::admission::Refusal;

/// What the answer to a HELLO grants.
#[derive(Clone, Copy, Debug)]
pub struct Grant {
    version: u32,
    /// Bits of [`capability`].
    pub capabilities: u32,
    packets: Option<PacketGrant>,
}

/// Decides about a HELLO, as far as the request and what there is alone decide.
pub fn grant(
    hello: &ValidHello,
    epoch: &Epoch,
    packets: Option<&PacketSegment>,
) -> Result<Grant, Refusal> {
    // A publisher may be just beginning with packets: the epoch decides whether there are any.
    let packets = packets.filter(|_| epoch.geometry.flags & header_flag::HAS_PACKETS != 0);
    let agreed = hello
        .agree(version(packets.is_some()), PROTO_V1)
        .map_err(|error| (error.code(), error.to_string()))?;
    check_device(hello, &epoch.geometry)?;
    let granted = hello
        .grant(&epoch.geometry)
        .map_err(|error| (error.code(), error.to_string()))?;
    Ok(Grant {
        version: agreed,
        capabilities: granted,
        packets: packets.and_then(|packets| packets.grant(hello.packet_flags(agreed))),
    })
}

fn check_device(hello: &ValidHello, geometry: &Geometry) -> Result<(), Refusal> {
    let (wanted, ours) = (hello.device_uuid, geometry.device_uuid);
    if wanted == [0; 16] || wanted == ours {
        return Ok(());
    }
    let text = match geometry.memory {
        MemoryKind::Host | MemoryKind::Dmabuf => {
            "this publisher has its frames in host memory, not on the device asked for".to_owned()
        }
        MemoryKind::CudaIpc | MemoryKind::CudaVmm => format!(
            "this publisher has its frames on device {}, not on device {}",
            Uuid(ours),
            Uuid(wanted)
        ),
    };
    Err((ErrorCode::Unsupported, text))
}

/// What goes to the subscriber besides the segments that everybody gets.
#[derive(Debug)]
pub struct Place {
    page: Fd,
    notify: Option<Fd>,
}

/// Makes the page of subscriber `index` and lists it: from here on the writer asks it.
pub fn make_place(
    epoch: &Epoch,
    index: usize,
    name: &ConsumerName,
    uid: u32,
    granted: u32,
    lagging: u64,
) -> std::io::Result<Place> {
    let page = sys::create_memfd("cuframes-subscriber", PAGE_SIZE as u64)?;
    let slot = SubscriberSlot::new(epoch.number(), index as u32, name, uid);
    sys::write_at(&page, slot.as_bytes(), 0)?;
    sys::seal_page(&page)?;
    let notify = match granted & capability::NOTIFY != 0 {
        true => Some(sys::notify_pair()?),
        false => None,
    };
    let (ours, theirs) = notify.unzip();
    epoch.ring.pages.install(index, &page)?;
    epoch.notify[index].store(ours.map(Arc::new));
    epoch.lagging[index].store(lagging, Ordering::Relaxed);
    epoch.generation[index].fetch_add(1, Ordering::Release);
    epoch.ring.list.insert(index);
    Ok(Place {
        page,
        notify: theirs,
    })
}

/// Takes the page of `index` off the list and its memory away.
pub fn clear_place(epoch: &Epoch, index: usize) {
    epoch.ring.list.remove(index);
    epoch.strict.remove(index);
    epoch.notify[index].store(None);
    epoch.ring.pages.set_acks(index, None);
    // Should the kernel not have a page of zeros to give, the old page stays: harmless, since
    // it is no longer listed, and replaced by the next join.
    if let Err(error) = epoch.ring.pages.remove(index) {
        tracing::warn!(index, %error, "a subscriber page could not be taken away");
    }
}

/// HELLO_RESP and its descriptors, in the order of the mask. `place` is `None` for observers.
pub fn response<'fd>(
    epoch: &'fd Epoch,
    packets: Option<&'fd PacketSegment>,
    limits: &Limits,
    grant: &Grant,
    index: usize,
    place: Option<&'fd Place>,
) -> (HelloResponse, Vec<BorrowedFd<'fd>>) {
    // Who holds a GPU's pool can write it: an observer, which leases nothing, gets none.
    let pool = epoch
        .pool
        .fd()
        .filter(|_| place.is_some() || epoch.order.is_none());
    let by_fd = grant.capabilities & capability::FD_PASSING != 0;
    let packets = packets.filter(|_| by_fd && grant.packets.is_some());
    let timeline = epoch.order.as_ref().and_then(Order::timeline);
    let offered = [
        (fds::CONTROL, by_fd.then_some(&epoch.control_reader)),
        (fds::PAGE, place.map(|place| &place.page)),
        (fds::POOL, pool),
        (fds::PACKETS, packets.map(PacketSegment::reader)),
        (fds::NOTIFY, place.and_then(|place| place.notify.as_ref())),
        (fds::TIMELINE, place.and(timeline)),
    ];
    let mut fd_mask = 0;
    let mut list = Vec::with_capacity(offered.len());
    for (bit, fd) in offered {
        if let Some(fd) = fd {
            fd_mask |= bit;
            list.push(fd.as_fd());
        }
    }
    let response = HelloResponse {
        magic: MAGIC,
        version: grant.version,
        index: index as u32,
        capabilities: grant.capabilities,
        epoch: epoch.number(),
        fd_mask,
        sync_kind: epoch.geometry.sync as u32,
        memory_kind: epoch.geometry.memory as u32,
        max_leases: if place.is_some() {
            limits.max_leases
        } else {
            0
        },
        latest_seq: epoch
            .ring
            .control
            .load_u64(control::LATEST_SEQ, Ordering::Acquire),
        pool_size: epoch.geometry.pool_size,
        lease_timeout_ms: u32::try_from(limits.lease_timeout.as_millis()).unwrap_or(u32::MAX),
        lib_version: LIB_VERSION,
        ..packet_fields(grant.packets.as_ref())
    };
    (response, list)
}

/// The part of HELLO_RESP that is about packets, the rest 0.
fn packet_fields(grant: Option<&PacketGrant>) -> HelloResponse {
    let Some(grant) = grant else {
        return HelloResponse::new_zeroed();
    };
    HelloResponse {
        packet_flags: grant.flags,
        codec: grant.codec,
        initial_packet_seq: grant.initial_seq,
        packet_slot_count: grant.slot_count,
        extradata_size: grant.extradata_size,
        packet_data_size: grant.data_size,
        packet_epoch: grant.epoch,
        ..HelloResponse::new_zeroed()
    }
}
