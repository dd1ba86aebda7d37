//! Simulated devices.

use crate::machine::machine;

/// Number of devices.
pub fn count() -> i32 {
    machine().map_or(0, |machine| machine.devices)
}

/// What tells device `ordinal` from all others: "fake", and its number.
pub fn uuid(ordinal: i32) -> [u8; 16] {
    let mut uuid = *b"fake-cuda-gpu-\0\0";
    uuid[15] = ordinal as u8;
    uuid
}

/// The value of an attribute of a device of compute capability 8.6.
pub fn attribute(attribute: u32) -> i32 {
    match attribute {
        // Threads of a block, and its three sides.
        1..=3 => 1024,
        4 => 64,
        // Sides of a grid.
        5 => i32::MAX,
        6 | 7 => 65535,
        8 => 48 * 1024,
        9 => 64 * 1024,
        // Threads of a warp.
        10 => 32,
        11 => i32::MAX,
        12 => 65536,
        13 => 1_500_000,
        // Texture alignment, multiprocessors, mapping of host memory.
        14 => 512,
        16 => 4,
        19 => 1,
        // Unified addresses, asynchronous engines, bus.
        40 => 2,
        41 => 1,
        33 | 34 | 50 => 0,
        75 => 8,
        76 => 6,
        // Registering host memory, VMM, its descriptors, 64-bit stream memory operations, dma-buf,
        // IPC events.
        99 | 102 | 103 | 122 | 124 | 125 => 1,
        _ => 0,
    }
}

/// Bytes of memory of a device.
pub const MEMORY: usize = 4 << 30;
