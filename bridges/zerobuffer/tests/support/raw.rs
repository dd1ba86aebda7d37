//! The files of a buffer, read and spoiled byte by byte, past the library.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;

/// Offsets of the fields in the first block.
pub mod field {
    pub const OIEB_SIZE: u64 = 0x00;
    pub const VERSION: u64 = 0x04;
    pub const METADATA_SIZE: u64 = 0x08;
    pub const METADATA_FREE: u64 = 0x10;
    pub const METADATA_WRITTEN: u64 = 0x18;
    pub const PAYLOAD_SIZE: u64 = 0x20;
    pub const PAYLOAD_FREE: u64 = 0x28;
    pub const WRITE_POS: u64 = 0x30;
    pub const READ_POS: u64 = 0x38;
    pub const WRITTEN: u64 = 0x40;
    pub const READ: u64 = 0x48;
    pub const WRITER_PID: u64 = 0x50;
    pub const READER_PID: u64 = 0x58;
    /// Bytes of the block.
    pub const END: u64 = 0x80;
}

/// The shared memory of a buffer, as a file.
pub struct Raw {
    file: File,
    name: String,
}

impl Raw {
    /// That of the buffer `name`.
    pub fn open(name: &str) -> Raw {
        let path = format!("/dev/shm/{name}");
        let file = OpenOptions::new().read(true).write(true).open(path);
        Raw {
            file: file.expect("the buffer's file"),
            name: name.to_owned(),
        }
    }

    /// The bytes from `offset` on.
    pub fn bytes(&self, offset: u64, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.file.read_exact_at(&mut bytes, offset).expect("bytes");
        bytes
    }

    /// Puts bytes there.
    pub fn put(&self, offset: u64, bytes: &[u8]) {
        self.file.write_all_at(bytes, offset).expect("write");
    }

    /// A field of eight bytes.
    pub fn get(&self, offset: u64) -> u64 {
        let bytes = self.bytes(offset, 8);
        u64::from_le_bytes(bytes.try_into().expect("eight bytes"))
    }

    /// Sets a field of eight bytes.
    pub fn set(&self, offset: u64, value: u64) {
        self.put(offset, &value.to_le_bytes());
    }

    /// Where the payload begins in the file.
    pub fn payload(&self) -> u64 {
        field::END + self.get(field::METADATA_SIZE)
    }

    /// The header at `position` of the payload: size and number of the frame.
    pub fn header(&self, position: u64) -> (u64, u64) {
        let at = self.payload() + position;
        (self.get(at), self.get(at + 8))
    }

    /// Sets the header at `position` of the payload.
    pub fn set_header(&self, position: u64, size: u64, sequence: u64) {
        let at = self.payload() + position;
        self.set(at, size);
        self.set(at + 8, sequence);
    }

    /// The file's size.
    pub fn len(&self) -> u64 {
        self.file.metadata().expect("metadata").len()
    }

    /// Makes the file as large as that.
    pub fn set_len(&self, len: u64) {
        self.file.set_len(len).expect("set_len");
    }

    /// Frames that wait to be read: the tokens of the writer's semaphore.
    pub fn unread(&self) -> u32 {
        self.tokens('w')
    }

    /// The tokens of the semaphore `which`, `w` or `r`.
    pub fn tokens(&self, which: char) -> u32 {
        let path = format!("/dev/shm/sem.sem-{which}-{}", self.name);
        let bytes = std::fs::read(path).expect("the semaphore's file");
        u32::from_le_bytes(bytes[..4].try_into().expect("four bytes"))
    }
}
