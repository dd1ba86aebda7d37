//! How a stream does, now and then: a line on a terminal, an event for programs.

use std::time::{Duration, Instant};

use cuframes::PublisherStats;
use serde_json::json;

use cuframes_cli::exit::Failure;
use cuframes_cli::terminal::Progress;

use super::voice::Voice;

/// How often programs are told.
const TURN: Duration = Duration::from_secs(5);

/// The state of one stream.
#[derive(Debug)]
pub struct Status {
    progress: Progress,
    voice: Voice,
    next: Instant,
    /// When and where it was told last.
    last: (Instant, u64),
}

impl Status {
    /// Of a stream that begins.
    pub fn new(voice: Voice) -> Status {
        let now = Instant::now();
        Status {
            progress: Progress::new(voice.is_quiet()),
            voice,
            next: now + TURN,
            last: (now, 0),
        }
    }

    /// Tells it, if it is time to.
    pub fn show(
        &mut self,
        frames: u64,
        stats: impl Fn() -> Option<PublisherStats>,
    ) -> Result<(), Failure> {
        let key = self.voice.key();
        self.progress.show(|| {
            let stats = stats();
            let (dropped, readers) =
                stats.map_or((0, 0), |stats| (stats.dropped, stats.subscribers.len()));
            format!("{key}: {frames} frames, {dropped} dropped, {readers} subscribers")
        });
        if !self.voice.is_json() || Instant::now() < self.next {
            return Ok(());
        }
        let Some(stats) = stats() else {
            return Ok(());
        };
        let now = Instant::now();
        let (since, before) = std::mem::replace(&mut self.last, (now, frames));
        self.next = now + TURN;
        let seconds = now.saturating_duration_since(since).as_secs_f64();
        let what = json!({
            "frames": frames,
            "published": stats.published,
            "dropped": stats.dropped,
            "packets": stats.packets.map(|packets| packets.published),
            "packet_bytes": stats.packets.map(|packets| packets.bytes),
            "copies": stats.copies,
            "evicted": stats.evicted,
            "subscribers": stats.subscribers.len(),
            "fps": frames.saturating_sub(before) as f64 / seconds.max(f64::EPSILON),
        });
        self.voice.event("stats", what)
    }

    /// Shows what is waited for.
    pub fn tell(&mut self, what: &str) {
        self.progress.tell(format!("{}: {what}", self.voice.key()));
    }

    /// Shows nothing until there is something new.
    pub fn clear(&mut self) {
        self.progress.clear();
    }
}
