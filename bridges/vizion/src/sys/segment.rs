//! Files of segments, as who writes and who reads them has them.

use std::io::{self, IoSlice};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::sync::atomic::fence;

use rustix::fs::{
    AtFlags, CWD, FallocateFlags, FlockOperation, Mode, OFlags, fallocate, flock, fstat, fstatvfs,
    linkat, openat,
};
use rustix::io::{Errno, pread, pwrite, pwritev};
use zerocopy::IntoBytes;

use super::counter::SharedCounter;
use super::folder::{is_named, shared_dir, unlink};
use super::shape::{Identity, Shape};
use crate::seqlock::{Counter, Ordering};
use crate::wire::{HEADER_SIZE, Header, Layout, SEQUENCE_AT, TOUCHED_AT};

/// Pieces that one call takes.
const MOST_PIECES: usize = 1024;

/// What the file is now.
fn shape(file: impl AsFd) -> io::Result<Shape> {
    Ok(Shape::of(&fstat(file)?))
}

/// True if a writer of this crate has the file, and lives: it has locked it, wherever its process
/// is. The lock that asks is shared and let go at once, so that those who ask do not meet.
pub fn has_writer(file: impl AsFd) -> bool {
    match flock(&file, FlockOperation::NonBlockingLockShared) {
        Ok(()) => {
            let _ = flock(&file, FlockOperation::Unlock);
            false
        }
        Err(error) => error == Errno::WOULDBLOCK,
    }
}

/// Bytes of memory that files may still take there.
pub fn free_bytes() -> io::Result<u64> {
    let room = fstatvfs(shared_dir()?)?;
    Ok(room.f_bavail.saturating_mul(room.f_frsize))
}

/// A segment that this process writes.
#[derive(Debug)]
pub struct WriteSegment {
    file: OwnedFd,
    counter: SharedCounter,
    shape: Shape,
}

impl WriteSegment {
    /// Makes a file of `size` bytes without a name, with `header`. Its memory is taken now.
    pub fn create(size: u64, header: &Header) -> io::Result<Self> {
        let flags = OFlags::RDWR | OFlags::TMPFILE | OFlags::CLOEXEC;
        let file = openat(shared_dir()?, ".", flags, Mode::from_raw_mode(0o644))?;
        flock(&file, FlockOperation::NonBlockingLockExclusive)?;
        fallocate(&file, FallocateFlags::empty(), 0, size)?;
        pwrite(&file, header.as_bytes(), 0)?;
        let counter = SharedCounter::new(&file, SEQUENCE_AT, true)?;
        let shape = shape(&file)?;
        Ok(WriteSegment {
            file,
            counter,
            shape,
        })
    }

    /// Gives it its name; fails if another file has it.
    pub fn link(&mut self, name: &str) -> io::Result<()> {
        let own = format!("/proc/self/fd/{}", self.file.as_raw_fd());
        linkat(CWD, own, shared_dir()?, name, AtFlags::SYMLINK_FOLLOW)?;
        self.shape.is_linked = true;
        Ok(())
    }

    /// Removes the name, if it is still that of this file.
    pub fn unlink(&self, name: &str) {
        if is_named(name) == Some(self.shape.identity) {
            // Where it may not be removed any more, the next writer will be told.
            let _ = unlink(name);
        }
    }

    /// Which file it is.
    pub fn identity(&self) -> Identity {
        self.shape.identity
    }

    /// The counter of its frames.
    pub fn counter(&self) -> &SharedCounter {
        &self.counter
    }

    /// True if nobody has removed it or cut it short, not even for a moment.
    pub fn is_intact(&self) -> bool {
        let now = shape(&self.file);
        now.is_ok_and(|now| now.is_linked && now.is_whole(&self.shape))
    }

    /// True if the header is this one, but for the byte that nobody reads.
    pub fn has_header(&self, header: &Header) -> bool {
        let mut found = [0; HEADER_SIZE];
        let read = pread(&self.file, &mut found, 0);
        let (last, wanted) = (HEADER_SIZE - 1, header.as_bytes());
        read == Ok(HEADER_SIZE) && found[..last] == wanted[..last]
    }

    /// Writes the header, and the pieces one behind the other after it.
    pub fn store<'a>(
        &self,
        header: &'a Header,
        pieces: impl Iterator<Item = &'a [u8]>,
    ) -> io::Result<()> {
        let mut all = vec![IoSlice::new(header.as_bytes())];
        all.extend(pieces.map(IoSlice::new));
        let (mut rest, mut at) = (&mut all[..], 0);
        while !rest.is_empty() {
            let most = rest.len().min(MOST_PIECES);
            let written = match pwritev(&self.file, &rest[..most], at) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => written,
                Err(Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
            };
            at += written as u64;
            IoSlice::advance_slices(&mut rest, written);
        }
        Ok(())
    }

    /// Lets who watches the file know that there is something new: a store through a mapping raises
    /// no event and changes no time.
    pub fn touch(&self, value: u8) -> io::Result<()> {
        pwrite(&self.file, &[value], TOUCHED_AT)?;
        Ok(())
    }
}

/// A segment that this process reads.
#[derive(Debug)]
pub struct ReadSegment {
    file: OwnedFd,
    /// When it was opened.
    shape: Shape,
}

impl ReadSegment {
    /// That of a file which was opened to be read.
    pub fn new(file: OwnedFd) -> io::Result<Self> {
        let shape = shape(&file)?;
        Ok(ReadSegment { file, shape })
    }

    /// Which file it is.
    pub fn identity(&self) -> Identity {
        self.shape.identity
    }

    /// True if nobody has cut it short since it was opened, not even for a moment.
    pub fn is_intact(&self) -> bool {
        shape(&self.file).is_ok_and(|now| now.is_whole(&self.shape))
    }

    /// Its bytes now.
    pub fn size(&self) -> io::Result<u64> {
        Ok(shape(&self.file)?.size)
    }

    /// The header; `None` if it is too short for one.
    pub fn header(&self) -> io::Result<Option<[u8; HEADER_SIZE]>> {
        let mut bytes = [0; HEADER_SIZE];
        Ok(self.load(0, &mut bytes)?.then_some(bytes))
    }

    /// Copies bytes from `at` on; false if there are not so many.
    pub fn load(&self, at: usize, mut to: &mut [u8]) -> io::Result<bool> {
        let mut at = at as u64;
        while !to.is_empty() {
            match pread(&self.file, &mut *to, at) {
                Ok(0) => return Ok(false),
                Ok(read) => {
                    to = &mut to[read..];
                    at += read as u64;
                }
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(true)
    }

    /// The counter, as a header of this layout has it.
    pub fn counter(&self, layout: Layout) -> FileCounter<'_> {
        FileCounter {
            segment: self,
            at: layout.sequence_at(),
        }
    }
}

impl AsFd for ReadSegment {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

/// The counter of who reads.
///
/// Nothing says that the kernel copies four bytes at once. But the writer stores them so: once any
/// byte of a new value was seen, all later looks see all of it. And from even to odd, one byte
/// changes. So a value put together from two is not met again.
#[derive(Clone, Copy, Debug)]
pub struct FileCounter<'a> {
    segment: &'a ReadSegment,
    at: usize,
}

impl Counter for FileCounter<'_> {
    type Error = io::Error;

    fn load(&self, order: Ordering) -> io::Result<u32> {
        let mut bytes = [0; 4];
        if !self.segment.load(self.at, &mut bytes)? {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if order == Ordering::Acquire {
            self.fence(order);
        }
        Ok(u32::from_ne_bytes(bytes))
    }

    fn advance(&self, _order: Ordering) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn fence(&self, order: Ordering) {
        fence(order);
    }
}
