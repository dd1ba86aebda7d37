//! What stands in front of the pipeline's text: an appsrc, and a decoder where one is needed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use gst::prelude::*;
use gst_app::{AppLeakyType, AppSrc};
use gst_video::{VideoInfo, VideoMeta};
use vizion::VideoFormat;

use crate::custody::Custody;
use crate::picture;

/// Name of the appsrc.
pub const SOURCE: &str = "vizion_frames";
/// Frames that wait for a pipeline that is slower than the camera at the moment. When there are
/// more, the oldest one is dropped.
const WAITING: u64 = 8;
/// Of a camera that is slow itself, a frame is not expected to be so late.
const MAX_LATENCY: gst::ClockTime = gst::ClockTime::from_mseconds(50);

/// Frames that left the front for the pipeline.
#[derive(Clone, Debug, Default)]
pub struct Passage {
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    passed: AtomicU64,
    dropped: AtomicU64,
    /// Those that the first element is done with, as far as is known.
    accepted: AtomicU64,
}

impl Passage {
    /// Frames that the pipeline took.
    pub fn passed(&self) -> u64 {
        self.counts.passed.load(Ordering::Relaxed)
    }

    /// Frames that it was too slow for.
    pub fn dropped(&self) -> u64 {
        self.counts.dropped.load(Ordering::Relaxed)
    }

    /// Whether its first element took a frame and returned.
    pub fn is_accepted(&self) -> bool {
        self.counts.accepted.load(Ordering::Relaxed) > 0
    }

    fn accept(&self) {
        let before = self.passed();
        self.counts.accepted.store(before, Ordering::Relaxed);
    }

    /// Frames are numbered where they enter, so a number that is not there was dropped.
    fn pass(&self, number: u64, next: &mut u64) {
        self.accept();
        let skipped = number.saturating_sub(*next);
        self.counts.dropped.fetch_add(skipped, Ordering::Relaxed);
        self.counts.passed.fetch_add(1, Ordering::Relaxed);
        *next = number + 1;
    }
}

/// Makes the appsrc what the camera's frames need.
pub fn set_up(source: &AppSrc, format: &VideoFormat, custody: &Custody, passage: &Passage) {
    source.set_caps(Some(&picture::caps(format)));
    source.set_format(gst::Format::Time);
    source.set_is_live(true);
    source.set_do_timestamp(false);
    source.set_block(false);
    source.set_max_buffers(WAITING);
    source.set_max_bytes(0);
    source.set_max_time(gst::ClockTime::ZERO);
    source.set_leaky_type(AppLeakyType::Downstream);
    let latency = picture::interval(format).min(MAX_LATENCY);
    source.set_latency(latency, gst::ClockTime::NONE);
    // It asks for more when the pipeline is done with what it had.
    let accepted = passage.clone();
    source.set_callbacks(
        gst_app::AppSrcCallbacks::builder()
            .need_data(move |_, _| accepted.accept())
            .build(),
    );
    watch(source, format, custody.clone(), passage.clone());
}

/// Counts the frames that leave, and packs those that the pipeline cannot take with padding.
fn watch(source: &AppSrc, format: &VideoFormat, custody: Custody, passage: Passage) {
    let info = picture::info(format);
    let Some(pad) = source.static_pad("src") else {
        return;
    };
    // The number of the next frame, and whether the pipeline takes padding.
    let state = Mutex::new((0, None));
    pad.add_probe(gst::PadProbeType::BUFFER, move |pad, probe| {
        let Some(gst::PadProbeData::Buffer(buffer)) = &mut probe.data else {
            return gst::PadProbeReturn::Ok;
        };
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        let (next, takes_padding) = &mut *state;
        passage.pass(buffer.offset(), next);
        let Some(info) = info.as_ref().filter(|info| has_padding(buffer, info)) else {
            return gst::PadProbeReturn::Ok;
        };
        // Asked once the pipeline knows the caps, which come before the first frame.
        if *takes_padding.get_or_insert_with(|| asks_for_video_meta(pad)) {
            return gst::PadProbeReturn::Ok;
        }
        match packed(buffer, info) {
            Some(packed) => {
                custody.count_copy();
                *buffer = packed;
                gst::PadProbeReturn::Ok
            }
            None => gst::PadProbeReturn::Drop,
        }
    });
}

/// Whether its rows or planes lie elsewhere than an element expects that does not look.
fn has_padding(buffer: &gst::BufferRef, info: &VideoInfo) -> bool {
    buffer
        .meta::<VideoMeta>()
        .is_some_and(|meta| meta.stride() != info.stride() || meta.offset() != info.offset())
}

/// Whether the elements behind `pad` look where the planes are.
fn asks_for_video_meta(pad: &gst::Pad) -> bool {
    let Some(caps) = pad.current_caps() else {
        return false;
    };
    let mut query = gst::query::Allocation::new(Some(&caps), false);
    pad.peer_query(&mut query) && query.find_allocation_meta::<VideoMeta>().is_some()
}

fn packed(buffer: &gst::Buffer, info: &VideoInfo) -> Option<gst::Buffer> {
    let from = gst_video::VideoFrameRef::from_buffer_ref_readable(buffer, info).ok()?;
    let mut packed = gst::Buffer::with_size(info.size()).ok()?;
    {
        let packed = packed.get_mut()?;
        let flags = gst::BufferCopyFlags::FLAGS | gst::BufferCopyFlags::TIMESTAMPS;
        buffer.copy_into(packed, flags, ..).ok()?;
        let mut to = gst_video::VideoFrameRef::from_buffer_ref_writable(packed, info).ok()?;
        from.copy(&mut to).ok()?;
    }
    Some(packed)
}
