//! The segment of a buffer: its fields, its headers, its metadata and the data of its frames.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::fstat;
use zerocopy::{FromBytes, IntoBytes};

use super::link::Unnamed;
use super::map::Mapping;
use crate::ring::{Header, Words};
use crate::wire::{Geometry, HEADER_SIZE, OIEB_SIZE, Oieb};

use std::sync::atomic::Ordering;

/// Payloads that are larger than what processors keep in their caches: of such a one each frame goes
/// where nothing of it is cached. A stream of 1080p through 256 MiB is 1.5 times as fast past them.
const UNCACHED_PAYLOAD: usize = 64 << 20;
/// Less than this is written before any of it has to leave the cache.
const UNCACHED_DATA: usize = 64 << 10;

/// A mapped segment. The file stays open, as it tells who else has it.
#[derive(Debug)]
pub struct Segment {
    map: Mapping,
    file: OwnedFd,
    geometry: Geometry,
}

impl Segment {
    /// Makes one that has no name yet, and fills it by `oieb`.
    pub fn create(
        file: Unnamed,
        geometry: Geometry,
        oieb: &Oieb,
    ) -> io::Result<(Mapping, Unnamed)> {
        let map = Mapping::new(&file, geometry.total())?;
        map.store_bytes(0, oieb.as_bytes());
        Ok((map, file))
    }

    /// The segment that `map` maps and `file` holds.
    pub fn new(map: Mapping, file: OwnedFd, geometry: Geometry) -> Self {
        Segment {
            map,
            file,
            geometry,
        }
    }

    /// Reads the first block of `file`, and how large the file is; `None` if it has no whole block.
    pub fn look(file: impl AsFd) -> io::Result<Option<(Oieb, u64)>> {
        let mut bytes = [0; OIEB_SIZE];
        let file = file.as_fd();
        let size = fstat(file)?.st_size as u64;
        let read = rustix::io::pread(file, &mut bytes, 0)?;
        if read < OIEB_SIZE {
            return Ok(None);
        }
        let oieb = Oieb::read_from_bytes(&bytes).map_err(|_| io::ErrorKind::InvalidData)?;
        Ok(Some((oieb, size)))
    }

    /// Maps `file`, whose blocks are known to fit it.
    pub fn open(file: OwnedFd, geometry: Geometry) -> io::Result<Self> {
        let map = Mapping::new(&file, geometry.total())?;
        Ok(Segment::new(map, file, geometry))
    }

    /// Its blocks.
    pub fn geometry(&self) -> Geometry {
        self.geometry
    }

    /// Its file.
    pub fn file(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    /// Bytes of the payload.
    pub fn payload(&self) -> u64 {
        self.geometry.payload_size as u64
    }

    /// Address of `bytes` of the payload from `position` on.
    #[inline]
    pub fn data(&self, position: u64, bytes: usize) -> *mut u8 {
        self.map.address(self.at(position), bytes)
    }

    #[inline]
    fn at(&self, position: u64) -> usize {
        self.geometry.payload_offset() + position as usize
    }

    /// Copies bytes out of the payload.
    #[inline]
    pub fn load_data(&self, position: u64, to: &mut [u8]) {
        self.map.load_bytes(self.at(position), to);
    }

    /// Copies bytes into the payload.
    #[inline]
    pub fn store_data(&self, position: u64, from: &[u8]) {
        let at = self.at(position);
        match from.len() >= UNCACHED_DATA && self.geometry.payload_size >= UNCACHED_PAYLOAD {
            true => self.map.store_bytes_past_caches(at, from),
            false => self.map.store_bytes(at, from),
        }
    }

    /// Copies bytes of the payload into that of another segment.
    #[inline]
    pub fn copy_data(&self, position: u64, other: &Segment, to: u64, bytes: usize) {
        self.map
            .copy_to(self.at(position), &other.map, other.at(to), bytes);
    }

    /// Copies bytes out of the metadata block.
    pub fn load_metadata(&self, offset: usize, to: &mut [u8]) {
        self.map
            .load_bytes(self.geometry.metadata_offset() + offset, to);
    }

    /// Copies bytes into the metadata block.
    pub fn store_metadata(&self, offset: usize, from: &[u8]) {
        self.map
            .store_bytes(self.geometry.metadata_offset() + offset, from);
    }
}

impl Words for Segment {
    #[inline]
    fn load(&self, field: usize, order: Ordering) -> u64 {
        self.map.atomic_u64(field).load(order)
    }

    #[inline]
    fn store(&self, field: usize, value: u64, order: Ordering) {
        self.map.atomic_u64(field).store(value, order);
    }

    #[inline]
    fn add(&self, field: usize, value: u64, order: Ordering) -> u64 {
        self.map.atomic_u64(field).fetch_add(value, order)
    }

    #[inline]
    fn subtract(&self, field: usize, value: u64, order: Ordering) -> u64 {
        self.map.atomic_u64(field).fetch_sub(value, order)
    }

    #[inline]
    fn replace(&self, field: usize, old: u64, new: u64) -> bool {
        let word = self.map.atomic_u64(field);
        word.compare_exchange(old, new, Ordering::AcqRel, Ordering::Relaxed)
            .is_ok()
    }

    #[inline]
    fn header(&self, position: u64) -> Header {
        let mut bytes = [0; HEADER_SIZE];
        self.load_data(position, &mut bytes);
        let [size, sequence] =
            [0, 8].map(|at| u64::from_le_bytes(std::array::from_fn(|index| bytes[at + index])));
        Header { size, sequence }
    }

    #[inline]
    fn set_header(&self, position: u64, header: Header) {
        let mut bytes = [0; HEADER_SIZE];
        bytes[..8].copy_from_slice(&header.size.to_le_bytes());
        bytes[8..].copy_from_slice(&header.sequence.to_le_bytes());
        self.store_data(position, &bytes);
    }
}
