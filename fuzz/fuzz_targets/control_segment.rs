//! A control segment full of lies: what passes the checks can be indexed without another one.
#![no_main]

use cuframes::FrameLayout;
use cuframes::meta::FrameMeta;
use cuframes::wire::{CONTROL_SIZE, ControlHeader, HEADER_SIZE, MAX_PLANES, SlotMeta};
use libfuzzer_sys::fuzz_target;
use zerocopy::FromBytes;

fuzz_target!(|bytes: &[u8]| {
    let Some((header, rest)) = bytes.split_first_chunk::<HEADER_SIZE>() else {
        return;
    };
    let header = ControlHeader::read_from_bytes(header).expect("256 bytes are a header");
    let Ok(geometry) = header.validate(1, CONTROL_SIZE as u64) else {
        return;
    };
    let last = geometry.slot_offset(geometry.slot_count as usize - 1);
    assert!(last + geometry.slot_size as usize <= CONTROL_SIZE);
    let Ok(layout) = FrameLayout::from_geometry(&geometry) else {
        return;
    };
    for plane in 0..MAX_PLANES {
        let end = layout.offset(plane) as u64 + layout.plane_bytes(plane) as u64;
        assert!(end <= geometry.frame_size);
    }
    if let Some((slot, _)) = rest.split_first_chunk::<64>() {
        let meta = SlotMeta::read_from_bytes(slot).expect("64 bytes are a meta");
        if meta.validate(&geometry).is_ok() && !geometry.is_external() {
            assert!(meta.data_offset + geometry.frame_size <= geometry.pool_size);
        }
        let meta = FrameMeta::from_wire(&meta, &layout);
        assert!(meta.validate(&layout).is_ok());
    }
});
