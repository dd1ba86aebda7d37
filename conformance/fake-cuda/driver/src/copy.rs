//! Copies of rows, by streams: what is read from where, when, and what is waited for.

use std::ptr;
use std::sync::Arc;

use crate::abi::{CUDA_MEMCPY2D, CUmemorytype, INVALID_VALUE};
use crate::memory::resolve;
use crate::stream::{self, Stream};
use crate::world::Answer;

const HOST: CUmemorytype = 1;
const DEVICE: CUmemorytype = 2;
const UNIFIED: CUmemorytype = 4;

/// One side of a copy: rows at a distance of `pitch`.
#[derive(Clone, Copy)]
struct Side {
    address: u64,
    pitch: usize,
    /// Ordinary memory of the host.
    host: bool,
}

/// A copy of rows.
#[derive(Clone, Copy)]
pub struct Copy2D {
    from: Side,
    to: Side,
    width: usize,
    height: usize,
}

impl Side {
    fn new(
        kind: CUmemorytype,
        host: u64,
        device: u64,
        x: usize,
        y: usize,
        pitch: usize,
    ) -> Answer<Side> {
        let first = match kind {
            HOST => host,
            DEVICE | UNIFIED => device,
            _ => return Err(INVALID_VALUE),
        };
        let reached = resolve(first, 1, false).is_ok();
        if first == 0 || (kind == DEVICE && !reached) {
            return Err(INVALID_VALUE);
        }
        Ok(Side {
            address: first + (y * pitch + x) as u64,
            pitch,
            host: !reached,
        })
    }

    fn linear(address: u64) -> Answer<Side> {
        let reached = resolve(address, 1, false).is_ok();
        match address {
            0 => Err(INVALID_VALUE),
            _ => Ok(Side {
                address,
                pitch: 0,
                host: !reached,
            }),
        }
    }
}

impl Copy2D {
    /// The copy that a caller describes.
    ///
    /// # Safety
    /// `copy` is NULL or points to a copy as the header has it.
    pub unsafe fn read(copy: *const CUDA_MEMCPY2D) -> Answer<Copy2D> {
        if copy.is_null() {
            return Err(INVALID_VALUE);
        }
        // SAFETY: passed on.
        let copy = unsafe { copy.read() };
        if copy.WidthInBytes == 0 || copy.Height == 0 {
            // Nothing is copied, wherever from or to.
            return Ok(Copy2D::NOTHING);
        }
        let from_pitch = if copy.srcPitch == 0 {
            copy.WidthInBytes
        } else {
            copy.srcPitch
        };
        let to_pitch = if copy.dstPitch == 0 {
            copy.WidthInBytes
        } else {
            copy.dstPitch
        };
        if copy.Height > 1 && (from_pitch < copy.WidthInBytes || to_pitch < copy.WidthInBytes) {
            return Err(INVALID_VALUE);
        }
        Ok(Copy2D {
            from: Side::new(
                copy.srcMemoryType,
                copy.srcHost.addr() as u64,
                copy.srcDevice,
                copy.srcXInBytes,
                copy.srcY,
                from_pitch,
            )?,
            to: Side::new(
                copy.dstMemoryType,
                copy.dstHost.addr() as u64,
                copy.dstDevice,
                copy.dstXInBytes,
                copy.dstY,
                to_pitch,
            )?,
            width: copy.WidthInBytes,
            height: copy.Height,
        })
    }

    const NOTHING: Copy2D = {
        let nowhere = Side {
            address: 0,
            pitch: 0,
            host: false,
        };
        Copy2D {
            from: nowhere,
            to: nowhere,
            width: 0,
            height: 0,
        }
    };

    /// Bytes in a row.
    pub fn linear(from: u64, to: u64, bytes: usize) -> Answer<Copy2D> {
        if bytes == 0 {
            return Ok(Copy2D::NOTHING);
        }
        Ok(Copy2D {
            from: Side::linear(from)?,
            to: Side::linear(to)?,
            width: bytes,
            height: 1,
        })
    }

    fn bytes(side: Side, width: usize, height: usize) -> u64 {
        (side.pitch * height.saturating_sub(1) + width) as u64
    }

    /// Does the work. `staged` is what the host had when the copy was given.
    fn run(&self, staged: Option<&[u8]>) -> Answer {
        let Copy2D {
            from,
            to,
            width,
            height,
        } = *self;
        if width == 0 || height == 0 {
            return Ok(());
        }
        let (source, source_pitch, _keep) = match staged {
            Some(bytes) => (bytes.as_ptr(), width, None),
            None if from.host => (
                ptr::with_exposed_provenance(from.address as usize),
                from.pitch,
                None,
            ),
            None => {
                let place = resolve(from.address, Self::bytes(from, width, height), false)?;
                (place.first.cast_const(), from.pitch, Some(place))
            }
        };
        let (target, _keep_target) = match to.host {
            true => (ptr::with_exposed_provenance_mut(to.address as usize), None),
            false => {
                let place = resolve(to.address, Self::bytes(to, width, height), true)?;
                (place.first, Some(place))
            }
        };
        for row in 0..height {
            // SAFETY: the row is inside what was resolved, or what the caller gave.
            let row_from = unsafe { source.add(row * source_pitch) };
            // SAFETY: as above.
            let row_to: *mut u8 = unsafe { target.add(row * to.pitch) };
            // SAFETY: as above; the two may overlap.
            unsafe { ptr::copy(row_from, row_to, width) };
        }
        Ok(())
    }

    /// The host's bytes now: ordinary memory may be changed as soon as the call returns.
    fn stage(&self) -> Option<Vec<u8>> {
        if !self.from.host || self.to.host {
            return None;
        }
        let mut staged = Vec::with_capacity(self.width * self.height);
        for row in 0..self.height {
            let at = self.from.address as usize + row * self.from.pitch;
            let first: *const u8 = ptr::with_exposed_provenance(at);
            // SAFETY: the caller gave rows of that length.
            staged.extend_from_slice(unsafe { std::slice::from_raw_parts(first, self.width) });
        }
        Some(staged)
    }

    /// A copy to ordinary memory of the host is done when this returns, as the driver documents
    /// it; others are done later.
    pub fn give(self, stream: u64) -> Answer<Arc<Stream>> {
        let staged = self.stage();
        let stream = stream::enqueue(stream, false, move |_| self.run(staged.as_deref()))?;
        if self.to.host {
            stream.drain();
        }
        Ok(stream)
    }

    /// Gives it to the default stream and waits for it.
    pub fn wait(self) -> Answer {
        let stream = self.give(0)?;
        stream.drain();
        crate::context::current().map(|_| ())
    }
}
