//! The control segment of an epoch: what is written into it before anyone sees it.

use std::sync::atomic::Ordering;

use zerocopy::IntoBytes;

use crate::error::Result;
use crate::sys::{self, Fd, WriteMap};
use crate::wire::{CONTROL_SIZE, ControlHeader, Geometry, MAGIC, control, slot};

use super::segment::{Segment, SegmentRequest};

/// Bytes of a CUDA IPC handle.
type Handle = [u8; 64];

/// What a control segment says, and where.
#[derive(Debug)]
pub(super) struct ControlRequest<'a> {
    pub key: &'a str,
    pub anonymous: bool,
    pub mode: u32,
    pub geometry: &'a Geometry,
    /// Per slot: the handles of its memory and of its ready event.
    pub handles: &'a [(Handle, Handle)],
}

/// Makes the control segment and puts it in place of `replaces`, if there is one.
pub(super) fn create(
    request: &ControlRequest<'_>,
    replaces: Option<&Segment>,
) -> Result<(Segment, WriteMap, Fd)> {
    let segment = SegmentRequest {
        key: request.key,
        name: &format!("cuframes-{}", request.key),
        what: "control segment",
        epoch: request.geometry.epoch,
        size: CONTROL_SIZE,
        anonymous: request.anonymous,
        mode: request.mode,
        pid_at: control::PUBLISHER_PID,
        fill: &|map| fill(map, request),
    };
    Segment::create(&segment, replaces)
}

/// Everything but the magic, then the magic.
fn fill(map: &WriteMap, request: &ControlRequest<'_>) {
    let header = ControlHeader {
        magic: 0,
        ..ControlHeader::new(request.geometry)
    };
    write_words(map, 0, header.as_bytes());
    for (index, (memory, ready)) in request.handles.iter().enumerate() {
        let at = request.geometry.slot_offset(index);
        write_words(map, at + slot::MEMORY_HANDLE, memory);
        write_words(map, at + slot::READY_EVENT, ready);
    }
    map.store_u64(
        control::HEARTBEAT_NS,
        sys::monotonic_ns(),
        Ordering::Relaxed,
    );
    // Release: who sees the magic sees the header.
    map.store_u32(control::MAGIC, MAGIC, Ordering::Release);
}

/// Writes whole words at `at`.
pub(super) fn write_words(map: &WriteMap, at: usize, bytes: &[u8]) {
    for (index, word) in bytes.as_chunks().0.iter().enumerate() {
        map.store_u64(at + index * 8, u64::from_ne_bytes(*word), Ordering::Relaxed);
    }
}
