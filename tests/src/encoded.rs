//! Packets that prove to be whole: what is in one follows from its publisher and its number.

use crate::chance::mix;

/// One in so many is a key packet.
pub const GOP: u64 = 10;
/// The extradata changes with every so many packets.
pub const PARAMS: u64 = 50;

/// The bytes of packet `seq` of the publisher `source`: from 1 to 2000, most of them few.
pub fn packet(source: u64, seq: u64) -> Vec<u8> {
    let size = match mix(seq) % 4 {
        0 => 1 + mix(seq ^ 1) % 2000,
        _ => 1 + mix(seq ^ 1) % 200,
    };
    let word = |index: u64| mix(source ^ mix(seq) ^ index).to_le_bytes();
    let words = (0..size.div_ceil(8)).flat_map(word);
    words.take(size as usize).collect()
}

/// The extradata that packet `seq` belongs to.
pub fn extradata(source: u64, seq: u64) -> Vec<u8> {
    let since = (seq - 1) / PARAMS * PARAMS + 1;
    let word = |index: u64| mix(source ^ since ^ index).to_le_bytes();
    (0..1 + since % 40).flat_map(word).collect()
}
