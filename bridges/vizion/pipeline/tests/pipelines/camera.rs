//! A camera under a key.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use cuframes::publisher::WritableFrame;
use cuframes::{Codec, Format, FrameMeta, PacketFlags, PacketMeta, PacketRing, Publisher};
use vizion::{PixelFormat, VideoFormat};
use vizion_streamer::pipeline::{Allow, Pipeline, PipelineOrder, PipelineState};

use crate::receivers::run;
use crate::support::{PATIENCE, failure, program, start};

/// Green in BT.601, limited range: Y, U and V, and what it is as RGB.
pub const GREEN: [u8; 3] = [145, 54, 34];

/// A format of small frames.
pub fn format(format: PixelFormat) -> VideoFormat {
    VideoFormat {
        width: 320,
        height: 240,
        framerate: 30,
        format,
    }
}

/// While nobody subscribed, the camera looks this often whether it is to stop.
const TURN: Duration = Duration::from_millis(20);

/// Publishes green frames under a key of its own, 30 a second, from its first subscriber on until it
/// is dropped.
pub struct Camera {
    pub key: String,
    pub format: VideoFormat,
    published: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    paused: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Camera {
    pub fn start(pixels: PixelFormat) -> Camera {
        Camera::of(format(pixels))
    }

    pub fn of(format: VideoFormat) -> Camera {
        Camera::that_lends_for(Duration::from_secs(5), format)
    }

    /// Whoever holds a frame longer is no longer subscribed.
    pub fn that_lends_for(limit: Duration, format: VideoFormat) -> Camera {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let key = format!("vizion-pipeline-{}-{number}", std::process::id());
        let published = Arc::new(AtomicU64::new(0));
        let stop = Arc::new(AtomicBool::new(false));
        let paused = Arc::new(AtomicBool::new(false));
        let shooting = Shooting {
            publisher: publisher(&key, limit, format),
            format,
            published: Arc::clone(&published),
            stop: Arc::clone(&stop),
            paused: Arc::clone(&paused),
        };
        let thread = Some(thread::spawn(move || shooting.run()));
        Camera {
            key,
            format,
            published,
            stop,
            paused,
            thread,
        }
    }

    /// No frames come while it is paused.
    pub fn pause(&self, paused: bool) {
        self.paused.store(paused, Ordering::Relaxed);
    }

    pub fn published(&self) -> u64 {
        self.published.load(Ordering::Relaxed)
    }

    /// The stream ends.
    pub fn end(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the camera");
        }
    }

    pub fn order(&self, text: &str) -> PipelineOrder {
        PipelineOrder {
            text: text.to_owned(),
            key: self.key.clone(),
            format: self.format,
            allow: Allow::Everything,
            rtsp: None,
        }
    }

    /// A pipeline of its frames.
    pub fn pipeline(&self, text: &str) -> Pipeline {
        start(&self.order(text))
    }

    /// One that runs.
    pub fn running(&self, text: &str) -> Pipeline {
        let pipeline = self.pipeline(text);
        assert_eq!(pipeline.wait(PATIENCE), PipelineState::Running, "{text}");
        pipeline
    }

    /// The reason of one that fails.
    pub fn failure(&self, text: &str) -> String {
        failure(&self.pipeline(text))
    }

    /// The program's arguments for a pipeline.
    pub fn command(&self, options: &[&str], text: &str) -> Command {
        let VideoFormat {
            width,
            height,
            framerate,
            format,
        } = self.format;
        let mut command = Command::new(program());
        command
            .arg(format!("--key={}", self.key))
            .arg(format!("--format={width}x{height}@{framerate}:{format}"))
            .args(options)
            .args(["--", text])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        command
    }
}

impl Drop for Camera {
    fn drop(&mut self) {
        self.end();
    }
}

fn publisher(key: &str, lease: Duration, format: VideoFormat) -> Publisher {
    let builder = Publisher::builder(key)
        .size(format.width, format.height)
        .slots(12)
        .max_leases(4)
        .lease_timeout(lease);
    let pixels = match format.format {
        PixelFormat::Nv12 => Format::Nv12,
        PixelFormat::Yuy2 => Format::Yuyv,
        PixelFormat::Uyvy => Format::Uyvy,
        PixelFormat::Bgr => Format::Rg24,
        PixelFormat::Rgb => Format::Bg24,
        PixelFormat::Mjpg => {
            let ring = PacketRing::default();
            let builder = builder.packets_only().enable_packets(ring);
            let mut publisher = builder.build().expect("a publisher");
            let set = publisher.set_codec_params(Codec::MJPEG, &[]);
            set.expect("a codec");
            return publisher;
        }
    };
    builder.format(pixels).build().expect("a publisher")
}

struct Shooting {
    publisher: Publisher,
    format: VideoFormat,
    published: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    paused: Arc<AtomicBool>,
}

impl Shooting {
    fn run(mut self) {
        let interval = Duration::from_secs(1) / self.format.framerate;
        let jpeg = match self.format.format {
            PixelFormat::Mjpg => jpeg(&self.format),
            _ => Vec::new(),
        };
        while !self.stop.load(Ordering::Relaxed)
            && self.publisher.wait_subscribers(1, Some(TURN)).is_err()
        {}
        let began = Instant::now();
        let mut number = 0;
        while !self.stop.load(Ordering::Relaxed) {
            // The camera's clock does not begin with 0.
            let pts = 5_000_000_000 + i64::from(number) * interval.as_nanos() as i64;
            if !self.paused.load(Ordering::Relaxed) {
                let is_published = match jpeg.is_empty() {
                    true => self.publish(pts),
                    false => self.publish_packet(&jpeg, pts),
                };
                self.published
                    .fetch_add(is_published.into(), Ordering::Relaxed);
            }
            number += 1;
            let next = interval * number;
            thread::sleep(next.saturating_sub(began.elapsed()));
        }
        self.publisher.finish().expect("the stream ends");
    }

    fn publish(&mut self, pts: i64) -> bool {
        let Some(mut frame) = self.publisher.acquire().expect("a publisher") else {
            return false;
        };
        let [y, u, v] = GREEN;
        match self.format.format {
            PixelFormat::Nv12 => {
                fill(&mut frame, 0, &[y]);
                fill(&mut frame, 1, &[u, v]);
            }
            PixelFormat::Yuy2 => fill(&mut frame, 0, &[y, u, y, v]),
            PixelFormat::Uyvy => fill(&mut frame, 0, &[u, y, v, y]),
            _ => fill(&mut frame, 0, &[0, 255, 0]),
        }
        let meta = FrameMeta {
            pts: Some(pts),
            ..FrameMeta::default()
        };
        self.publisher.publish(frame, &meta).expect("published");
        true
    }

    fn publish_packet(&mut self, jpeg: &[u8], pts: i64) -> bool {
        let meta = PacketMeta {
            pts: Some(pts),
            dts: Some(pts),
            flags: PacketFlags::KEY,
            ..PacketMeta::default()
        };
        let published = self.publisher.publish_packet(jpeg, &meta);
        published.expect("published");
        true
    }
}

/// Every row from its first byte on; what is left over is padding.
fn fill(frame: &mut WritableFrame<'_>, plane: usize, pixel: &[u8]) {
    let pitch = frame.pitch(plane);
    for row in frame.plane_mut(plane).chunks_mut(pitch) {
        row.chunks_exact_mut(pixel.len())
            .for_each(|to| to.copy_from_slice(pixel));
    }
}

fn jpeg(format: &VideoFormat) -> Vec<u8> {
    let size = format!("color=0x00ff00:size={}x{}", format.width, format.height);
    let arguments = ["-v", "error", "-f", "lavfi", "-i", &size, "-frames:v", "1"];
    let made = run("ffmpeg", [&arguments[..], &["-f", "mjpeg", "-"]].concat());
    made.stdout
}
