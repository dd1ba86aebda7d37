//! Frames in GStreamer's hands: which are lent, which are copied, and when they come back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use cuframes::Frame;
use gst_video::{VideoFrameFlags, VideoInfo, VideoMeta};

use crate::sys;

/// A pipeline that gives frames back within this time is lent them. The publisher evicts whoever
/// holds a frame for some seconds, and an encoder that looks ahead holds dozens of them.
const QUICK: Duration = Duration::from_millis(250);
/// So many frames in a row have to have come back so quickly.
const QUICK_ROW: u32 = 4;

/// Makes buffers of frames.
///
/// A frame is lent in place as long as the pipeline gives frames back quickly, and the subscription
/// has a lease left for the next one. Else it is copied, and counted.
#[derive(Clone, Debug, Default)]
pub struct Custody {
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    /// Leases in GStreamer's hands.
    lent: AtomicU32,
    /// Buffers that came back quickly, one after the other.
    quick: AtomicU32,
    copied: AtomicU64,
}

/// A buffer that is out. Dropped when it is back.
#[derive(Debug)]
struct Out {
    counts: Arc<Counts>,
    since: Instant,
    is_lease: bool,
}

/// A copy, which GStreamer may write to.
struct Copied {
    bytes: Vec<u8>,
    _out: Out,
}

impl AsRef<[u8]> for Copied {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl AsMut<[u8]> for Copied {
    fn as_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }
}

impl Custody {
    /// Frames that were copied so far.
    pub fn copied(&self) -> u64 {
        self.counts.copied.load(Ordering::Relaxed)
    }

    /// Counts a frame that is copied elsewhere.
    pub fn count_copy(&self) {
        self.counts.copied.fetch_add(1, Ordering::Relaxed);
    }

    /// A buffer of `frame`, whose subscription may hold `max_leases`. `None` if there is no memory
    /// for it.
    pub fn buffer(&self, frame: Frame, max_leases: u32, info: &VideoInfo) -> Option<gst::Buffer> {
        // Only the caller lends, so that this can only become less.
        let room = self.counts.lent.load(Ordering::Relaxed) + 1 < max_leases;
        match room && self.counts.quick.load(Ordering::Relaxed) >= QUICK_ROW {
            true => self.lend(frame, info),
            false => self.copy(&frame, info),
        }
    }

    fn lend(&self, frame: Frame, info: &VideoInfo) -> Option<gst::Buffer> {
        let first = frame.planes().map(|plane| plane.as_ptr() as usize).min()?;
        let offsets: Vec<usize> = frame
            .planes()
            .map(|plane| plane.as_ptr() as usize - first)
            .collect();
        let strides: Vec<i32> = frame
            .planes()
            .map(|plane| i32::try_from(plane.pitch()).ok())
            .collect::<Option<_>>()?;
        let mut buffer = gst::Buffer::new();
        let filled = buffer.get_mut()?;
        filled.append_memory(sys::lend(frame, self.out(true))?);
        let (format, width, height) = (info.format(), info.width(), info.height());
        let flags = VideoFrameFlags::empty();
        VideoMeta::add_full(filled, flags, format, width, height, &offsets, &strides).ok()?;
        Some(buffer)
    }

    fn copy(&self, frame: &Frame, info: &VideoInfo) -> Option<gst::Buffer> {
        let mut bytes = vec![0; info.size()];
        for (plane, (&offset, &stride)) in
            frame.planes().zip(info.offset().iter().zip(info.stride()))
        {
            let rows = bytes.get_mut(offset..)?;
            for (y, row) in rows
                .chunks_mut(usize::try_from(stride).ok()?)
                .take(plane.rows())
                .enumerate()
            {
                plane.copy_row(y, row).then_some(())?;
            }
        }
        self.count_copy();
        let _out = self.out(false);
        Some(gst::Buffer::from_mut_slice(Copied { bytes, _out }))
    }

    fn out(&self, is_lease: bool) -> Out {
        if is_lease {
            self.counts.lent.fetch_add(1, Ordering::Relaxed);
        }
        Out {
            counts: Arc::clone(&self.counts),
            since: Instant::now(),
            is_lease,
        }
    }
}

impl Drop for Out {
    fn drop(&mut self) {
        match self.since.elapsed() < QUICK {
            true => self.counts.quick.fetch_add(1, Ordering::Relaxed),
            false => self.counts.quick.swap(0, Ordering::Relaxed),
        };
        if self.is_lease {
            self.counts.lent.fetch_sub(1, Ordering::Relaxed);
        }
    }
}
