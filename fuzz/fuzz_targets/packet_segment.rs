//! The header of a packet segment full of lies: what passes the checks lies inside the segment.
#![no_main]

use cuframes::wire::PacketHeader;
use libfuzzer_sys::fuzz_target;
use zerocopy::FromBytes;

fuzz_target!(|bytes: &[u8]| {
    let Some((length, rest)) = bytes.split_first_chunk::<8>() else {
        return;
    };
    let Some((header, _)) = rest.split_first_chunk::<128>() else {
        return;
    };
    let length = u64::from_le_bytes(*length);
    let header = PacketHeader::read_from_bytes(header).expect("128 bytes are a header");
    let Ok(geometry) = header.validate(length) else {
        return;
    };
    assert_eq!(geometry.data() as u64 + geometry.data_size, length);
    assert!(geometry.data_size.is_power_of_two() && geometry.slot_count.is_power_of_two());
    assert!(geometry.largest_packet() * 4 == geometry.data_size);
});
