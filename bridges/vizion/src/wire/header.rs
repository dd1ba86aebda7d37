//! The header as it is written: little-endian, each field at a multiple of its size.

use std::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::PixelFormat;
use crate::sys::{Own, monotonic_ns};

/// Bytes in front of a frame's data.
pub const HEADER_SIZE: usize = 128;
/// "VIZN".
pub const MAGIC: u32 = 0x5649_5A4E;
/// Where the counter is that tells whether a frame is being written.
pub const SEQUENCE_AT: usize = offset_of!(Header, write_sequence);
/// The byte that is written last, so that who watches the file is told.
pub const TOUCHED_AT: u64 = offset_of!(Header, touched) as u64;
/// The clock of `timestamp_ns`, by its number in `time.h`.
pub const CLOCK_REALTIME: u32 = 0;
/// Says that the fields behind it mean something.
const TAG: [u8; 4] = *b"VZX1";

/// The header. What follows `format_str` is reserved to writers that know nothing of it, who leave
/// zeros there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Header {
    pub magic: u32,
    pub width: u32,
    pub height: u32,
    pub format: u32,
    pub data_size: u32,
    /// What a C compiler leaves out in front of a u64.
    pub gap: u32,
    pub timestamp_ns: u64,
    pub frame_sequence: u32,
    pub write_sequence: u32,
    pub format_str: [u8; 16],
    pub tag: [u8; 4],
    pub header_len: u32,
    /// Bytes of the largest frame.
    pub capacity: u64,
    pub writer_pid: u32,
    pub clock: u32,
    /// When the process began, in ticks since the machine started: field 22 of `/proc/PID/stat`.
    pub writer_start: u64,
    /// When the frame was written, by CLOCK_MONOTONIC.
    pub written_ns: u64,
    /// Frames that did not fit.
    pub dropped: u64,
    /// When the writer began with its first frame, by CLOCK_MONOTONIC: it tells one writer from the
    /// next of the same process, and stays when a segment is made anew.
    pub began_ns: u64,
    pub reserved: [u8; 15],
    pub touched: u8,
}

const _: () = {
    assert!(size_of::<Header>() == HEADER_SIZE);
    assert!(offset_of!(Header, magic) == 0);
    assert!(offset_of!(Header, width) == 4);
    assert!(offset_of!(Header, height) == 8);
    assert!(offset_of!(Header, format) == 12);
    assert!(offset_of!(Header, data_size) == 16);
    assert!(offset_of!(Header, timestamp_ns) == 24);
    assert!(offset_of!(Header, frame_sequence) == 32);
    assert!(offset_of!(Header, write_sequence) == 36);
    assert!(offset_of!(Header, format_str) == 40);
    assert!(offset_of!(Header, tag) == 56);
    assert!(offset_of!(Header, header_len) == 60);
    assert!(offset_of!(Header, capacity) == 64);
    assert!(offset_of!(Header, writer_pid) == 72);
    assert!(offset_of!(Header, clock) == 76);
    assert!(offset_of!(Header, writer_start) == 80);
    assert!(offset_of!(Header, written_ns) == 88);
    assert!(offset_of!(Header, dropped) == 96);
    assert!(offset_of!(Header, began_ns) == 104);
    assert!(offset_of!(Header, touched) == 127);
};

impl Header {
    /// That of a segment without a frame, of a writer that begins now.
    pub fn empty(capacity: u64, own: &Own) -> Header {
        Header {
            magic: MAGIC,
            width: 0,
            height: 0,
            format: 0,
            data_size: 0,
            gap: 0,
            timestamp_ns: 0,
            frame_sequence: 0,
            write_sequence: 0,
            format_str: [0; 16],
            tag: TAG,
            header_len: HEADER_SIZE as u32,
            capacity,
            writer_pid: own.pid,
            clock: CLOCK_REALTIME,
            writer_start: own.start,
            written_ns: 0,
            dropped: 0,
            began_ns: monotonic_ns(),
            reserved: [0; 15],
            touched: 0,
        }
    }

    /// Sets what the pixels are.
    pub fn set_format(&mut self, format: PixelFormat) {
        self.format = format.number();
        self.format_str = [0; 16];
        let name = format.name().as_bytes();
        self.format_str[..name.len()].copy_from_slice(name);
    }

    /// The same without a frame, for a segment that is made anew.
    pub fn emptied(&self) -> Header {
        Header {
            width: 0,
            height: 0,
            format: 0,
            data_size: 0,
            timestamp_ns: 0,
            frame_sequence: 0,
            write_sequence: 0,
            format_str: [0; 16],
            touched: 0,
            ..*self
        }
    }

    /// True if the fields behind `format_str` mean something.
    pub fn is_extended(&self) -> bool {
        self.magic == MAGIC && self.tag == TAG
    }
}
