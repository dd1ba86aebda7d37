//! The block at the beginning of a segment: what both sides know of each other.

use std::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Bytes of the block in version 1.
pub const OIEB_SIZE: usize = 128;
/// The version that is written: major, minor, patch, reserved.
pub const VERSION: [u8; 4] = [1, 0, 0, 0];
/// Bytes of the block in version 2, which nobody has built: it is told by name.
const OIEB_SIZE_V2: u32 = 1024;

/// "Operation Info Exchange Block", little-endian.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Oieb {
    pub oieb_size: u32,
    pub version: [u8; 4],
    pub metadata_size: u64,
    pub metadata_free_bytes: u64,
    pub metadata_written_bytes: u64,
    pub payload_size: u64,
    /// The only field that both sides change, by atomic addition and subtraction.
    pub payload_free_bytes: u64,
    pub payload_write_pos: u64,
    pub payload_read_pos: u64,
    pub payload_written_count: u64,
    pub payload_read_count: u64,
    pub writer_pid: u64,
    pub reader_pid: u64,
    pub reserved: [u64; 4],
}

/// Where the fields are that change while a buffer lives.
pub mod field {
    use super::*;

    pub const METADATA_FREE: usize = offset_of!(Oieb, metadata_free_bytes);
    pub const METADATA_WRITTEN: usize = offset_of!(Oieb, metadata_written_bytes);
    pub const FREE: usize = offset_of!(Oieb, payload_free_bytes);
    pub const WRITE_POS: usize = offset_of!(Oieb, payload_write_pos);
    pub const READ_POS: usize = offset_of!(Oieb, payload_read_pos);
    pub const WRITTEN_COUNT: usize = offset_of!(Oieb, payload_written_count);
    pub const READ_COUNT: usize = offset_of!(Oieb, payload_read_count);
    pub const WRITER_PID: usize = offset_of!(Oieb, writer_pid);
    pub const READER_PID: usize = offset_of!(Oieb, reader_pid);
}

const _: () = {
    assert!(size_of::<Oieb>() == OIEB_SIZE);
    assert!(offset_of!(Oieb, version) == 0x04);
    assert!(offset_of!(Oieb, metadata_size) == 0x08);
    assert!(field::METADATA_FREE == 0x10);
    assert!(field::METADATA_WRITTEN == 0x18);
    assert!(offset_of!(Oieb, payload_size) == 0x20);
    assert!(field::FREE == 0x28);
    assert!(field::WRITE_POS == 0x30);
    assert!(field::READ_POS == 0x38);
    assert!(field::WRITTEN_COUNT == 0x40);
    assert!(field::READ_COUNT == 0x48);
    assert!(field::WRITER_PID == 0x50);
    assert!(field::READER_PID == 0x58);
    assert!(offset_of!(Oieb, reserved) == 0x60);
};

impl Oieb {
    /// True if this is the block of a version that can be read: another major version cannot, a
    /// newer minor one can.
    pub fn is_understood(&self) -> bool {
        self.oieb_size as usize == OIEB_SIZE && self.version[0] == VERSION[0]
    }

    /// True if it is the block of some version, understood or not.
    pub fn is_of_any_version(&self) -> bool {
        self.oieb_size as usize == OIEB_SIZE || self.oieb_size == OIEB_SIZE_V2
    }

    /// True if nothing was written to it yet.
    pub fn is_blank(&self) -> bool {
        self.as_bytes().iter().all(|&byte| byte == 0)
    }
}
