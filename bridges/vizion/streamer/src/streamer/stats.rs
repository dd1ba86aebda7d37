//! Numbers of the stream.

use std::sync::atomic::Ordering::Relaxed;

use serde::Serialize;
use vizion::VideoFormat;

use crate::stream::{Counters, State};

use super::Streamer;

/// The answer to `get_stats`: of the stream that runs; zeros without one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// The camera.
    pub camera: String,
    /// What it delivers, or will.
    #[serde(flatten)]
    pub format: Option<VideoFormat>,
    /// How far the stream is.
    pub state: State,
    /// Frames of the last second.
    pub fps: u64,
    /// Frames of the stream.
    pub frames: u64,
    /// Frames that the camera lost, as far as it tells.
    pub lost: u64,
    /// Times that the camera was gone.
    pub camera_losses: u64,
    /// Frames in shared memory.
    pub shared_memory_frames: u64,
    /// Frames that did not fit into it.
    pub shared_memory_dropped: u64,
    /// Times that somebody had removed or shortened it.
    pub shared_memory_replaced: u64,
    /// Frames for which the key's readers left no room.
    pub key_dropped: u64,
    /// Frames that went into the pipeline.
    pub pipeline_frames: u64,
    /// Frames for which the pipeline was too slow.
    pub pipeline_dropped: u64,
}

impl Streamer {
    /// Numbers of the stream.
    pub fn stats(&mut self) -> Stats {
        let state = self.state();
        let camera = self.camera.clone();
        let format = Some(self.format);
        let Some(stream) = &self.stream else {
            return Stats {
                camera,
                format,
                ..Stats::default()
            };
        };
        let counters: &Counters = &stream.board().counters;
        let (pipeline_frames, pipeline_dropped) = stream.board().told().pipeline;
        Stats {
            camera,
            format,
            state,
            fps: counters.per_second.load(Relaxed),
            frames: counters.frames.load(Relaxed),
            lost: counters.lost.load(Relaxed),
            camera_losses: counters.losses.load(Relaxed),
            shared_memory_frames: counters.shm_frames.load(Relaxed),
            shared_memory_dropped: counters.shm_dropped.load(Relaxed),
            shared_memory_replaced: counters.shm_replaced.load(Relaxed),
            key_dropped: counters.key_dropped.load(Relaxed),
            pipeline_frames,
            pipeline_dropped,
        }
    }
}
