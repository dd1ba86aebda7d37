//! A ring to start tests from: four slots of NV12 640x360 in host memory.

use crate::wire::{Geometry, MemoryKind, PROTO_V1, StreamFields, SyncKind, fourcc};

pub fn host() -> Geometry {
    Geometry {
        version: PROTO_V1,
        header_size: 256,
        slot_size: 192,
        slot_count: 4,
        memory: MemoryKind::Host,
        sync: SyncKind::Cpu,
        flags: 0,
        width: 640,
        height: 360,
        fourcc: fourcc::NV12,
        plane_count: 2,
        plane_offset: [0, 276_480, 0, 0],
        plane_pitch: [768, 768, 0, 0],
        frame_size: 414_720,
        pool_size: 4 * 417_792,
        device_uuid: [0; 16],
        epoch: 0x1122_3344_5566_7788,
        modifier: 0,
        publisher_pid: 4711,
        lib_version: 0x100,
        publisher_start: 123_456_789,
        stream: StreamFields {
            fps: (30, 1),
            sar: (1, 1),
            ..StreamFields::default()
        },
    }
}
