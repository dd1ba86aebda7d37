//! Where a stream's frames go.

use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use vizion::{FrameInfo, FrameWriter, PixelFormat, Rows, ShmError, VideoFormat};

use crate::camera::{Canvas, Capture, Captured, Picture};
use crate::pipeline::{Pipeline, PipelineOrder, PipelineState};

use super::broken::Broken;
use super::key::{Key, KeyOptions};
use super::rate::Rate;
use super::spare::Spare;
use super::{Board, State, Still, TURN};

/// How often a running pipeline is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// A pipeline that does not end by itself is ended before that.
const END_LIMIT: Duration = Duration::from_secs(15);

/// Planes of a picture, each with the bytes from one row to the next.
type Planes<'a> = [(&'a [u8], usize)];

/// Shared memory, the key, and the pipeline behind it.
pub struct Outputs {
    format: VideoFormat,
    key: Option<Key>,
    pipeline: Option<Pipeline>,
    /// The shared memory.
    pub shared_memory: Option<FrameWriter>,
    /// It could not be written, which was told.
    is_memory_broken: bool,
    spare: Spare,
    /// The line about frames.
    pub rate: Rate,
    clock: Clock,
    looked: Instant,
}

/// What could not be opened, and why.
pub enum Unopened {
    /// The key.
    Key(String),
    /// The pipeline's process.
    Pipeline(String),
}

/// The times of the key's frames: of the camera's clock, but never backwards.
#[derive(Debug, Default)]
struct Clock {
    last: Option<i64>,
}

impl Clock {
    fn pts(&mut self, timestamp_ns: u64) -> i64 {
        let told = i64::try_from(timestamp_ns).unwrap_or(i64::MAX);
        let pts = self.last.map_or(told, |last| told.max(last + 1));
        self.last = Some(pts);
        pts
    }
}

impl Outputs {
    /// Opens what is asked for.
    pub fn open(
        format: VideoFormat,
        key: Option<KeyOptions>,
        pipeline: Option<PipelineOrder>,
    ) -> Result<Outputs, Unopened> {
        let key = key.map(|options| Key::publish(&options, format));
        let key = key.transpose();
        let key = key.map_err(|error| Unopened::Key(error.to_string()))?;
        let pipeline = pipeline.map(|order| Pipeline::start(&order));
        let pipeline = pipeline.transpose();
        let pipeline = pipeline.map_err(|error| Unopened::Pipeline(error.to_string()))?;
        Ok(Outputs {
            format,
            key,
            pipeline,
            shared_memory: None,
            is_memory_broken: false,
            spare: Spare::new(format),
            rate: Rate::new(),
            clock: Clock::default(),
            looked: Instant::now(),
        })
    }

    /// Takes a frame from the camera to all outputs; false if none came in this turn.
    pub fn carry(&mut self, capture: &mut dyn Capture, board: &Board) -> Result<bool, Broken> {
        let has_slot = self.key.as_mut().map_or(Ok(false), Key::take_slot)?;
        let slot = self.key.as_mut().filter(|_| has_slot).and_then(Key::canvas);
        let canvas = match self.format.format {
            PixelFormat::Mjpg => None,
            _ => Some(slot.unwrap_or(&mut self.spare)),
        };
        let Some(captured) = capture.next(canvas, TURN)? else {
            return Ok(false);
        };
        let pts = self.clock.pts(captured.timestamp_ns);
        let size = self.show(&captured, board);
        if let Some(key) = &mut self.key {
            match captured.picture {
                Picture::Drawn => key.publish_slot(pts)?,
                Picture::Lent(planes) => {
                    copy(self.format, &planes, key.canvas());
                    key.publish_slot(pts)?;
                }
                Picture::Jpeg(jpeg) => key.publish_jpeg(jpeg, pts)?,
            }
            board.counters.key_dropped.store(key.dropped(), Relaxed);
        }
        board.counters.lost.fetch_add(captured.lost, Relaxed);
        self.rate.count(size, &board.counters);
        Ok(true)
    }

    /// Writes a frame to shared memory, and to who asked for a picture. Its size in bytes.
    fn show(&mut self, captured: &Captured<'_>, board: &Board) -> usize {
        let (format, sequence) = (self.format, self.rate.total() + 1);
        let memory = self.shared_memory.as_mut();
        let broken = &mut self.is_memory_broken;
        let show = |planes: &Planes<'_>| {
            if let Some(memory) = memory {
                let written = write(memory, format, captured.timestamp_ns, planes, board);
                tell_once(broken, written);
            }
            hand_out(format, sequence, planes, board)
        };
        match captured.picture {
            Picture::Lent(planes) => show(&planes[..format.format.plane_count()]),
            Picture::Jpeg(jpeg) => show(&[(jpeg, jpeg.len())]),
            Picture::Drawn => {
                let slot = self.key.as_mut().and_then(Key::canvas);
                let canvas: &dyn Canvas = match slot {
                    Some(slot) => slot,
                    None => &self.spare,
                };
                let planes = [canvas.plane(0), canvas.plane(1)];
                show(&planes[..format.format.plane_count()])
            }
        }
    }

    /// Looks at the pipeline, and tells the frames of a second.
    pub fn look(&mut self, board: &Board) {
        self.rate.tell(&board.counters);
        let starting = board.state() == State::Starting;
        if !starting && self.looked.elapsed() < LOOK {
            return;
        }
        self.looked = Instant::now();
        let Some(pipeline) = &mut self.pipeline else {
            if starting && self.rate.total() > 0 {
                board.begun();
            }
            return;
        };
        let state = pipeline.state();
        let stats = pipeline.stats();
        let sdp = pipeline.sdp();
        board.tell(|told| {
            told.pipeline = (stats.frames, stats.dropped);
            told.sdp = sdp;
        });
        match state {
            PipelineState::Running if starting && self.rate.total() > 0 => board.begun(),
            PipelineState::Failed(why) => self.lose_pipeline(&why, board),
            PipelineState::Ended => self.lose_pipeline("it ended by itself", board),
            PipelineState::Starting | PipelineState::Running | PipelineState::Stopping => {}
        }
    }

    /// The others go on without it.
    fn lose_pipeline(&mut self, why: &str, board: &Board) {
        tracing::error!("the pipeline failed: {why}");
        board.tell(|told| told.pipeline_error = Some(why.to_owned()));
        self.pipeline = None;
    }

    /// Lets the pipeline write what it has, and ends the stream for everyone.
    pub fn close(mut self, board: &Board) -> Option<FrameWriter> {
        if let Some(pipeline) = &mut self.pipeline {
            pipeline.stop();
            if let PipelineState::Failed(why) = pipeline.wait_over(END_LIMIT) {
                board.tell(|told| told.pipeline_error = Some(why));
            }
            let stats = pipeline.stats();
            board.tell(|told| told.pipeline = (stats.frames, stats.dropped));
        }
        if let Some(Err(error)) = self.key.map(Key::finish) {
            tracing::warn!("the key did not end well: {error}");
        }
        self.shared_memory
    }
}

/// Copies what a camera lent into a slot.
fn copy(format: VideoFormat, planes: &Planes<'_>, slot: Option<&mut dyn Canvas>) {
    let Some(slot) = slot else { return };
    let planes = planes.iter().take(format.format.plane_count());
    for (index, &(from, from_pitch)) in planes.enumerate() {
        let bytes = format.format.row_bytes(index, format.width);
        let (to, to_pitch) = slot.plane_mut(index);
        for (to, from) in to.chunks_mut(to_pitch).zip(from.chunks(from_pitch)) {
            to[..bytes].copy_from_slice(&from[..bytes]);
        }
    }
}

/// The planes as shared memory takes them; those that there are not have no rows.
fn rows<'a>(format: VideoFormat, planes: &Planes<'a>) -> [Rows<'a>; 2] {
    [0, 1].map(|plane| {
        let (bytes, pitch) = planes.get(plane).copied().unwrap_or_default();
        let (row_bytes, rows) = match format.format {
            PixelFormat::Mjpg => (bytes.len(), usize::from(plane == 0)),
            raw => (
                raw.row_bytes(plane, format.width),
                raw.rows(plane, format.height),
            ),
        };
        Rows {
            bytes,
            pitch,
            row_bytes,
            rows,
        }
    })
}

/// Those that there are.
fn present<'a, 'b>(format: VideoFormat, rows: &'b [Rows<'a>; 2]) -> &'b [Rows<'a>] {
    &rows[..format.format.plane_count().max(1)]
}

fn write(
    memory: &mut FrameWriter,
    format: VideoFormat,
    timestamp_ns: u64,
    planes: &Planes<'_>,
    board: &Board,
) -> Result<(), ShmError> {
    let info = FrameInfo {
        width: format.width,
        height: format.height,
        format: format.format,
        timestamp_ns,
    };
    let rows = rows(format, planes);
    // One that does not fit is counted by the writer.
    let written = memory.write(&info, present(format, &rows));
    let counters = &board.counters;
    counters.shm_frames.store(memory.frames(), Relaxed);
    counters.shm_dropped.store(memory.dropped(), Relaxed);
    counters.shm_replaced.store(memory.replaced(), Relaxed);
    written.map(drop)
}

/// What goes wrong with each frame is told with the first.
fn tell_once(is_broken: &mut bool, written: Result<(), ShmError>) {
    let was_broken = std::mem::replace(is_broken, written.is_err());
    if let (Err(error), false) = (written, was_broken) {
        tracing::warn!("frames are not in shared memory: {error}");
    }
}

/// Gives a packed copy to who asked for a picture. The size of the frame in bytes.
fn hand_out(format: VideoFormat, sequence: u64, planes: &Planes<'_>, board: &Board) -> usize {
    let rows = rows(format, planes);
    let rows = present(format, &rows);
    let size = rows.iter().map(|plane| plane.row_bytes * plane.rows).sum();
    if let Some(asked) = board.take_wanted() {
        let mut bytes = Vec::with_capacity(size);
        for plane in rows {
            for row in plane.bytes.chunks(plane.pitch).take(plane.rows) {
                bytes.extend_from_slice(&row[..plane.row_bytes]);
            }
        }
        let still = Still {
            format,
            sequence,
            bytes,
        };
        // Nobody may be waiting any more.
        let _ = asked.try_send(still);
    }
    size
}
