//! Publishing: a ring of slots, frames made in them, and everybody who wants to see them.

mod acquiring;
mod builder;
mod building;
mod frame;
mod gpu;
mod packets;
mod place;
mod reaper;
mod reconfiguring;
mod shortage;
mod stats;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::format::{Format, FrameLayout};
use crate::meta::{FrameMeta, StreamInfo};
use crate::pool::Placement;
use crate::session::{Command, Epoch, EpochRequest, Shared};
use crate::sys::{self, Generation, KeyLock};
use crate::wire::{CloseReason, SEQ_MAX, StreamState};

pub use builder::{Policy, PublisherBuilder};
pub use frame::{PublishedFrame, WritableFrame};
pub use stats::{PacketStats, PublisherStats, SubscriberRow};

use gpu::Gpu;
use packets::Packets;
use shortage::Shortage;

/// How long subscribers, and a GPU, may take to be done when a publisher ends.
const LEAVE_TIME: Duration = Duration::from_secs(1);

/// Publishes frames under a key.
///
/// One thread makes and publishes frames; a control thread of its own looks after the
/// subscribers. Making a frame visible neither locks nor allocates, and makes no system call
/// unless somebody sleeps.
///
/// Dropping a publisher is not the end of the stream: subscribers wait for the key to come
/// back. [`finish`](Publisher::finish) is.
///
/// ```no_run
/// use cuframes::{Format, FrameMeta, Publisher};
///
/// let mut publisher = Publisher::builder("cam1").format(Format::R8).size(640, 480).build()?;
/// for number in 0..100 {
///     if let Some(mut frame) = publisher.acquire()? {
///         frame.plane_mut(0).fill(number);
///         let pts = Some(i64::from(number) * 40_000_000);
///         publisher.publish(frame, &FrameMeta { pts, ..FrameMeta::default() })?;
///     }
/// }
/// publisher.finish()?;
/// # Ok::<(), cuframes::Error>(())
/// ```
#[derive(Debug)]
pub struct Publisher {
    shared: Arc<Shared>,
    epoch: Arc<Epoch>,
    settings: Settings,
    shortage: Shortage,
    /// The newest sequence, over all epochs.
    last: u64,
    gpu: Gpu,
    packets: Option<Packets>,
    control_thread: Option<JoinHandle<()>>,
    generation: Generation,
    lock: Option<KeyLock>,
}

/// What stays the same over a reconfiguration.
#[derive(Debug)]
struct Settings {
    slots: u32,
    policy: Policy,
    placement: Placement,
    stream: StreamInfo,
    anonymous: bool,
    segment_mode: u32,
    has_packets: bool,
    packets_only: bool,
}

impl Publisher {
    /// Starts to describe a publisher of `key`: 1 to 63 bytes of `A-Z a-z 0-9 . _ -`.
    pub fn builder(key: &str) -> PublisherBuilder {
        PublisherBuilder::new(key)
    }

    /// The key.
    pub fn key(&self) -> &str {
        &self.shared.key
    }

    /// Planes, pitches and sizes of the frames.
    pub fn layout(&self) -> &FrameLayout {
        self.epoch.pool.layout()
    }

    /// Random number of this start or reconfiguration.
    pub fn epoch(&self) -> u64 {
        self.epoch.number()
    }

    /// Makes `frame` visible to everybody and returns the hold on its slot: as long as that is
    /// kept, the slot is not used again, so that this process may go on reading the pixels.
    ///
    /// A frame of an older geometry, or of another publisher, is an error, and gives its slot
    /// back.
    ///
    /// On a GPU the pixels are complete already; for those that are not yet there is
    /// [`publish_on`](Publisher::publish_on).
    pub fn publish(
        &mut self,
        frame: WritableFrame<'_>,
        meta: &FrameMeta,
    ) -> Result<PublishedFrame> {
        self.check(&frame, meta)?;
        let seq = self.next_seq()?;
        if let Some(order) = &self.epoch.order {
            order.complete_now(frame.index(), seq);
        }
        if self.gpu.defers() {
            return self.defer(frame, seq, meta);
        }
        Ok(self.count(frame.publish(seq, meta)))
    }

    fn next_seq(&self) -> Result<u64> {
        match self.last {
            SEQ_MAX => Err(Error::Unsupported("a stream of 2^63 frames".to_owned())),
            last => Ok(last + 1),
        }
    }

    fn count(&mut self, published: PublishedFrame) -> PublishedFrame {
        self.last = published.seq();
        self.shared.published.store(self.last, Ordering::Relaxed);
        published
    }

    /// What [`publish`](Publisher::publish) asks of a frame and its meta.
    pub(crate) fn check(&self, frame: &WritableFrame<'_>, meta: &FrameMeta) -> Result<()> {
        if !frame.is_of(&self.epoch) {
            let key = self.shared.key.clone();
            return Err(Error::Reconfigured { key });
        }
        Ok(meta.validate(self.layout())?)
    }

    /// Copies a frame of the caller's into a slot and publishes it: for each plane its bytes
    /// and its pitch. Returns its sequence, or `None` if it was dropped as in
    /// [`acquire`](Publisher::acquire).
    pub fn publish_copy(
        &mut self,
        planes: &[(&[u8], usize)],
        meta: &FrameMeta,
    ) -> Result<Option<u64>> {
        frame::check_source(self.layout(), planes)?;
        let Some(mut frame) = self.acquire()? else {
            return Ok(None);
        };
        frame
            .copy_from(planes)
            .map_err(Error::cuda("copy a frame to the GPU"))?;
        self.count_copy();
        Ok(Some(self.publish(frame, meta)?.seq()))
    }

    /// Counts a frame that was copied into its slot by the caller.
    pub(crate) fn count_copy(&self) {
        self.shared.copies.fetch_add(1, Ordering::Relaxed);
    }

    /// Waits until `count` subscribers have joined, at most `limit` (`None`: for ever).
    pub fn wait_subscribers(&self, count: usize, limit: Option<Duration>) -> Result<()> {
        let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
        match self.shared.roster.wait_live(count, deadline) {
            true => Ok(()),
            false => Err(Error::Timeout {
                what: "subscribers enough",
                limit: limit.unwrap_or_default(),
            }),
        }
    }

    /// Counters, and a row for each subscriber.
    pub fn stats(&self) -> PublisherStats {
        PublisherStats {
            packets: self.packets.as_ref().map(|packets| packets.stats),
            ..PublisherStats::of(&self.shared, &self.epoch, self.last)
        }
    }

    /// Ends the stream: every subscriber reads to the last frame, then gets END_OF_STREAM.
    /// Returns when all have, or after a second, with the last counters and with everyone who
    /// was subscribed before.
    pub fn finish(mut self) -> Result<PublisherStats> {
        self.finish_deferred(Instant::now() + LEAVE_TIME);
        let subscribers = self.stats().subscribers;
        // Before the frames: who sees the end of those sees that of the packets.
        if let Some(packets) = &self.packets {
            packets.finish();
        }
        self.epoch.set_state(StreamState::Closed as u32);
        self.close(CloseReason::EndOfStream);
        // Evictions that were decided before the end have been carried out only now.
        Ok(PublisherStats {
            subscribers,
            ..self.stats()
        })
    }

    fn close(&mut self, reason: CloseReason) {
        let Some(thread) = self.control_thread.take() else {
            return;
        };
        self.finish_deferred(Instant::now() + LEAVE_TIME);
        self.shared.send(Command::Close(reason));
        if thread.join().is_err() {
            tracing::error!(key = self.shared.key, "the control thread panicked");
        }
        if let Some(packets) = &self.packets {
            packets.segment.remove();
        }
        if self.end_gpu_work() {
            self.epoch.remove();
        }
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        // A forked child has copies of everything and owns nothing of it.
        if self.generation.is_current() {
            self.close(CloseReason::Shutdown);
        }
    }
}

impl Settings {
    fn layout(&self, format: Format, size: (u32, u32), room: (u32, u32)) -> Result<FrameLayout> {
        Ok(building::layout(self.packets_only, format, size, room)?)
    }

    fn epoch<'a>(&'a self, key: &'a str, layout: FrameLayout) -> EpochRequest<'a> {
        EpochRequest {
            key,
            layout,
            slots: self.slots,
            placement: &self.placement,
            stream: self.stream.into(),
            anonymous: self.anonymous,
            segment_mode: self.segment_mode,
            has_packets: self.has_packets,
            packets_only: self.packets_only,
        }
    }
}

/// Nanoseconds of CLOCK_MONOTONIC: the clock of `publish_ns`, and a good pts for live sources.
pub fn now_ns() -> u64 {
    sys::monotonic_ns()
}
