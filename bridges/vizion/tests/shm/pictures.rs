//! Pictures that follow from their number, so that a torn one is known.

use std::sync::OnceLock;

use vizion::{FrameInfo, PixelFormat};

pub const WIDTH: u32 = 320;
pub const HEIGHT: u32 = 240;
pub const BYTES: usize = (WIDTH * HEIGHT * 2) as usize;
/// Pictures after which they come again.
const PERIOD: u32 = 16;

fn make(which: u32) -> Vec<u8> {
    let mut state = u64::from(which) + 1;
    let mut bytes = Vec::with_capacity(BYTES);
    while bytes.len() < BYTES {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        bytes.extend_from_slice(&state.to_be_bytes());
    }
    bytes
}

/// The picture of the frame `number`.
pub fn picture(number: u32) -> &'static [u8] {
    static ALL: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    let all = ALL.get_or_init(|| (0..PERIOD).map(make).collect());
    &all[(number % PERIOD) as usize]
}

/// Its checksum.
pub fn sum(number: u32) -> u32 {
    static ALL: OnceLock<Vec<u32>> = OnceLock::new();
    let all = ALL.get_or_init(|| {
        (0..PERIOD)
            .map(|which| crc32fast::hash(picture(which)))
            .collect()
    });
    all[(number % PERIOD) as usize]
}

/// When it was taken.
pub fn timestamp(number: u32) -> u64 {
    1_795_000_000_000_000_000 + u64::from(number) * 4_166_667
}

/// What it is.
pub fn info(number: u32) -> FrameInfo {
    FrameInfo {
        width: WIDTH,
        height: HEIGHT,
        format: PixelFormat::Yuy2,
        timestamp_ns: timestamp(number),
    }
}
