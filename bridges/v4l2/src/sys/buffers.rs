//! The buffers of a stream, by their numbers: handed to the driver and back, and exported.

use std::os::fd::{FromRawFd, OwnedFd};
use std::sync::Arc;

use rustix::fs::OFlags;
use rustix::io::Errno;

use super::layout::{
    Buffer, BufferExport, BufferPlane, BufferRequest, CAPTURE, CAPTURE_MPLANE, MEMORY_MMAP,
};
use super::node::Node;
use super::requests;

/// Most pieces of memory of one picture.
pub const MAX_PARTS: usize = 2;

/// The buffers of a stream. Dropping them stops it.
#[derive(Debug)]
pub struct Buffers {
    node: Arc<Node>,
    kind: u32,
    parts: usize,
    count: usize,
}

/// A buffer that the driver has filled.
#[derive(Clone, Copy, Debug)]
pub struct Filled {
    /// Which.
    pub index: usize,
    /// Number of the picture.
    pub sequence: u32,
    /// `V4L2_BUF_FLAG_*`.
    pub flags: u32,
    /// When, on the clock that the flags name.
    pub timestamp_ns: u64,
    /// Where in each piece of memory the picture begins and ends.
    pub ends: [(usize, usize); MAX_PARTS],
}

impl Buffers {
    /// Asks for buffers of the format that is set, of `parts` pieces of memory each. `None` for
    /// `parts`: the driver knows of one piece only. It may give more than `count`, or less.
    pub fn request(node: Arc<Node>, parts: Option<usize>, count: u32) -> Result<Buffers, Errno> {
        let mut buffers = Buffers {
            node,
            kind: match parts {
                Some(_) => CAPTURE_MPLANE,
                None => CAPTURE,
            },
            parts: parts.unwrap_or(1).min(MAX_PARTS),
            count: 0,
        };
        let mut request = buffers.asking_for(count);
        requests::request_buffers(&buffers.node, &mut request)?;
        buffers.count = request.count as usize;
        match buffers.count {
            0 | 1 => Err(Errno::NOMEM),
            _ => Ok(buffers),
        }
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Starts the stream.
    pub fn start(&self) -> Result<(), Errno> {
        requests::stream_on(&self.node, &mut self.kind.cast_signed())
    }

    /// The oldest buffer that is filled; `None` if there is none yet.
    pub fn take(&self) -> Result<Option<Filled>, Errno> {
        let (buffer, planes) = match self.exchange(0, Exchange::Dequeue) {
            Err(Errno::AGAIN) => return Ok(None),
            done => done?,
        };
        let index = buffer.index as usize;
        if index >= self.count {
            return Err(Errno::PROTO);
        }
        let seconds = u64::try_from(buffer.seconds).unwrap_or_default();
        let microseconds = u64::try_from(buffer.microseconds).unwrap_or_default();
        Ok(Some(Filled {
            index,
            sequence: buffer.sequence,
            flags: buffer.flags,
            timestamp_ns: seconds
                .saturating_mul(1_000_000_000)
                .saturating_add(microseconds.saturating_mul(1000)),
            ends: planes.map(|plane| (plane.data_offset as usize, plane.bytesused as usize)),
        }))
    }

    /// Hands a buffer to the driver.
    pub fn give(&self, index: usize) -> Result<(), Errno> {
        let number = self.number(index)?;
        self.exchange(number, Exchange::Queue).map(drop)
    }

    /// A DMA-BUF of a piece of memory of a buffer, which can be read. It stays when the buffers go.
    pub fn export(&self, index: usize, part: usize) -> Result<OwnedFd, Errno> {
        let mut export = BufferExport {
            kind: self.kind,
            index: self.number(index)?,
            plane: u32::try_from(part).map_err(|_| Errno::INVAL)?,
            flags: (OFlags::RDONLY | OFlags::CLOEXEC).bits(),
            fd: -1,
            ..BufferExport::default()
        };
        requests::export_buffer(&self.node, &mut export)?;
        if export.fd < 0 {
            return Err(Errno::PROTO);
        }
        // SAFETY: V4: the request made this descriptor, and nobody else has it.
        Ok(unsafe { OwnedFd::from_raw_fd(export.fd) })
    }

    /// Where each piece of a buffer is to be mapped from, and its bytes.
    pub(super) fn places(
        &self,
        index: usize,
    ) -> Result<impl Iterator<Item = (u64, usize)> + use<>, Errno> {
        let (_, planes) = self.exchange(self.number(index)?, Exchange::Query)?;
        // The kernel writes the offset, which has 32 bits, into the lower half.
        let place = |plane: BufferPlane| (plane.m & 0xffff_ffff, plane.length as usize);
        Ok(planes.into_iter().take(self.parts).map(place))
    }

    /// The device.
    pub(super) fn node(&self) -> &Node {
        &self.node
    }

    fn number(&self, index: usize) -> Result<u32, Errno> {
        let known = (index < self.count).then_some(index);
        known
            .and_then(|index| u32::try_from(index).ok())
            .ok_or(Errno::INVAL)
    }

    fn asking_for(&self, count: u32) -> BufferRequest {
        BufferRequest {
            count,
            kind: self.kind,
            memory: MEMORY_MMAP,
            ..BufferRequest::default()
        }
    }

    /// Sends a request about a buffer and returns what came back, as if there were always planes.
    fn exchange(
        &self,
        index: u32,
        what: Exchange,
    ) -> Result<(Buffer, [BufferPlane; MAX_PARTS]), Errno> {
        let mut planes = [BufferPlane::default(); MAX_PARTS];
        let mut buffer = Buffer {
            index,
            kind: self.kind,
            memory: MEMORY_MMAP,
            ..Buffer::default()
        };
        let in_planes = self.kind == CAPTURE_MPLANE;
        if in_planes {
            buffer.m = planes.as_mut_ptr().expose_provenance() as u64;
            buffer.length = MAX_PARTS as u32;
        }
        let request = match what {
            Exchange::Query => requests::query_buffer,
            Exchange::Queue => requests::queue_buffer,
            Exchange::Dequeue => requests::dequeue_buffer,
        };
        // SAFETY: V2: MEMORY_MMAP, and `m` is the address of `length` planes on this stack.
        unsafe { request(&self.node, &mut buffer) }?;
        if !in_planes {
            planes[0] = BufferPlane {
                bytesused: buffer.bytesused,
                length: buffer.length,
                m: buffer.m,
                ..BufferPlane::default()
            };
        }
        Ok((buffer, planes))
    }
}

#[derive(Clone, Copy)]
enum Exchange {
    Query,
    Queue,
    Dequeue,
}

impl Drop for Buffers {
    fn drop(&mut self) {
        // A device that is gone has stopped, and has no buffers any more.
        let _ = requests::stream_off(&self.node, &mut self.kind.cast_signed());
        let _ = requests::request_buffers(&self.node, &mut self.asking_for(0));
    }
}
