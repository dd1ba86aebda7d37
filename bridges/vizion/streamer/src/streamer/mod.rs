//! The camera, its settings and its stream: what the commands work on.
//!
//! It belongs to the server's thread. Each call returns within [`LIMIT`]; what takes longer goes on
//! and is told by [`Streamer::status`].

mod controls;
mod ehdr;
mod memory;
mod refusal;
mod settings;
mod snapshot;
mod stats;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use vizion::{FrameWriter, VideoFormat};

use crate::camera::{Camera, CameraError};
use crate::desk::Desk;
use crate::pipeline::{Allow, PipelineOrder};
use crate::stream::{KeyOptions, State, Stream, StreamOrder};

pub use controls::{Applied, Setting};
pub use ehdr::Ehdr;
pub use memory::SharedMemory;
pub use refusal::{Code, Refusal};
pub use settings::{Settings, SettingsError};
pub use snapshot::Snapshot;
pub use stats::Stats;

/// The longest that a call takes. Clients in scripts wait half a second for their answer.
pub const LIMIT: Duration = Duration::from_millis(350);

/// The pipeline of a daemon to which nobody has said another.
pub const DEFAULT_PIPELINE: &str = "videoconvert ! autovideosink";

/// What the daemon was started with.
#[derive(Clone, Debug, Default)]
pub struct StreamerOptions {
    /// Key under which the frames are published.
    pub key: Option<KeyOptions>,
    /// Key under which the pipeline alone gets them, if there is no other.
    pub pipeline_key: String,
    /// The pipeline as long as nobody has said another; [`DEFAULT_PIPELINE`] if nothing is said.
    pub pipeline: Option<String>,
    /// Elements of pipelines that anyone may use; `None`: the owner all, others the harmless ones.
    pub allow: Option<Vec<String>>,
    /// Where a pipeline with an element named pay0 is served.
    pub rtsp: Option<SocketAddr>,
    /// Where settings are kept.
    pub state_file: Option<PathBuf>,
    /// Without the line about frames that appears once a second.
    pub quiet: bool,
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The user of the daemon, or root.
    Owner,
    /// Another user.
    Other(u32),
}

/// The answer to `get_status`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// How far the stream is.
    pub state: State,
    /// The pipeline that runs, or that the next stream will have.
    pub pipeline: String,
    /// What is wrong with the pipeline.
    pub pipeline_error: Option<String>,
    /// What is wrong with the camera, or why a stream ended by itself.
    pub camera_error: Option<String>,
    /// What the camera delivers, or will.
    pub format: VideoFormat,
}

/// See the module.
#[derive(Debug)]
pub struct Streamer {
    desk: Desk,
    camera: String,
    options: StreamerOptions,
    settings: Settings,
    format: VideoFormat,
    /// Name and size of the shared memory, if there is any.
    memory: Option<(String, u64)>,
    /// The shared memory, while no stream has it.
    shared_memory: Option<FrameWriter>,
    /// The stream that runs, or that ended by itself.
    stream: Option<Stream>,
    /// What was wrong with the last stream.
    last: (Option<String>, Option<String>),
    /// The pipeline is another user's.
    pipeline_of: Origin,
}

impl Streamer {
    /// Takes a camera, and sets what was kept of the last time.
    pub fn new(mut camera: Box<dyn Camera>, options: StreamerOptions) -> Result<Streamer, Refusal> {
        let formats = camera.formats()?;
        let name = camera.name();
        let first = *formats.first().ok_or_else(|| CameraError::Unusable {
            camera: name.clone(),
            what: "it has no format that VizionStreamer knows".to_owned(),
        })?;
        let system = |error: &dyn std::error::Error| Refusal::new(Code::System, error.to_string());
        let settings = match &options.state_file {
            Some(path) => Settings::load(path).map_err(|error| system(&error))?,
            None => Settings::default(),
        };
        let kept = settings.format.filter(|kept| formats.contains(kept));
        if let (Some(lost), None) = (settings.format, kept) {
            tracing::warn!("camera {name} does not deliver {lost} any more; {first} it is");
        }
        let pipeline_of = match settings.pipeline_uid {
            Some(uid) => Origin::Other(uid),
            None => Origin::Owner,
        };
        let desk = Desk::open(camera).map_err(|error| system(&error))?;
        let mut streamer = Streamer {
            desk,
            camera: name,
            options,
            settings,
            format: kept.unwrap_or(first),
            memory: None,
            shared_memory: None,
            stream: None,
            last: (None, None),
            pipeline_of,
        };
        streamer.restore_controls();
        Ok(streamer)
    }

    /// Every format that the camera delivers.
    pub fn formats(&mut self) -> Result<Vec<VideoFormat>, Refusal> {
        Ok(self.desk.ask(LIMIT, |camera| camera.formats())??)
    }

    /// Chooses what the next stream delivers.
    pub fn set_format(&mut self, format: VideoFormat) -> Result<(), Refusal> {
        self.check_stopped("the format")?;
        if !self.formats()?.contains(&format) {
            let camera = self.camera.clone();
            return Err(CameraError::NoFormat { camera, format }.into());
        }
        self.format = format;
        self.settings.format = Some(format);
        self.keep()
    }

    /// Chooses the pipeline of the next stream; an empty one is none.
    pub fn set_pipeline(&mut self, text: &str, origin: Origin) -> Result<(), Refusal> {
        self.check_stopped("the pipeline")?;
        self.pipeline_of = origin;
        self.settings.pipeline = Some(text.trim().to_owned());
        self.settings.pipeline_uid = match origin {
            Origin::Owner => None,
            Origin::Other(uid) => Some(uid),
        };
        self.keep()
    }

    /// Starts a stream. One that takes longer than an answer is [`State::Starting`].
    pub fn start(&mut self) -> Result<State, Refusal> {
        let deadline = Instant::now() + LIMIT;
        match self.state() {
            State::Stopped => {}
            State::Stopping => {
                let what = "the last stream is still stopping; get_status says when it is stopped";
                return Err(Refusal::new(Code::Streaming, what));
            }
            State::Starting | State::Streaming => {
                return Err(Refusal::new(Code::Streaming, "streaming is active already"));
            }
        }
        self.last = (None, None);
        let order = self.order();
        let stream = Stream::start(order).map_err(|error| {
            let what = format!("a thread for the stream could not be started: {error}");
            Refusal::new(Code::System, what)
        })?;
        let stream = self.stream.insert(stream);
        let told = stream.board().wait_while(State::Starting, deadline);
        if let State::Streaming | State::Starting = told.state {
            return Ok(told.state);
        }
        self.collect(deadline);
        match &self.last {
            (_, Some(pipeline)) => Err(Refusal::new(Code::Pipeline, pipeline.clone())),
            (Some(camera), None) => Err(Refusal::new(Code::Camera, camera.clone())),
            (None, None) => Ok(told.state),
        }
    }

    /// Ends the stream, if there is one. One that takes longer than an answer is
    /// [`State::Stopping`].
    pub fn stop(&mut self) -> State {
        let deadline = Instant::now() + LIMIT;
        if let Some(stream) = &self.stream {
            stream.board().stop();
            stream.board().wait_while(State::Stopping, deadline);
        }
        self.state()
    }

    /// How the stream is.
    pub fn status(&mut self) -> Status {
        let state = self.state();
        let (camera_error, pipeline_error) = match &self.stream {
            Some(stream) => {
                let told = stream.board().told();
                (told.camera_error, told.pipeline_error)
            }
            None => self.last.clone(),
        };
        Status {
            state,
            pipeline: self.pipeline().to_owned(),
            pipeline_error,
            camera_error,
            format: self.format,
        }
    }

    /// The session description of what the pipeline sends by RTP.
    pub fn sdp(&mut self) -> Result<String, Refusal> {
        self.check_streaming("session description")?;
        let told = self.stream.as_ref().map(|stream| stream.board().told());
        told.and_then(|told| told.sdp).ok_or_else(|| {
            let what = "this pipeline sends no RTP, or has not begun to; one that ends with an RTP payloader and a udpsink has a description";
            Refusal::new(Code::Unsupported, what)
        })
    }

    /// Ends the stream and waits for that, however long a file takes to be closed.
    pub fn close(mut self) {
        if let Some(stream) = self.stream.take() {
            stream.board().stop();
            drop(stream.join());
        }
    }

    /// How far the stream is. One that ended is put away.
    fn state(&mut self) -> State {
        let state = self
            .stream
            .as_ref()
            .map(|stream| stream.board().told().state);
        if let Some(State::Stopped) = state {
            self.collect(Instant::now());
        }
        state.unwrap_or_default()
    }

    /// Puts a stream away that has ended, or does until `deadline`.
    fn collect(&mut self, deadline: Instant) {
        let Some(stream) = self.stream.take() else {
            return;
        };
        stream.board().wait_while(State::Stopping, deadline);
        let told = stream.board().told();
        self.last = (told.ended.or(told.camera_error), told.pipeline_error);
        match told.state {
            State::Stopped => self.shared_memory = stream.join(),
            _ => self.stream = Some(stream),
        }
    }

    fn order(&mut self) -> StreamOrder {
        let pipeline = self.pipeline().to_owned();
        let private = || KeyOptions {
            key: self.options.pipeline_key.clone(),
            modes: (0o600, 0o600),
            allow_uids: Vec::new(),
        };
        let key = match (&self.options.key, pipeline.is_empty()) {
            (Some(key), _) => Some(key.clone()),
            (None, false) => Some(private()),
            (None, true) => None,
        };
        let pipeline = key.as_ref().filter(|_| !pipeline.is_empty());
        let pipeline = pipeline.map(|key| PipelineOrder {
            text: self.pipeline().to_owned(),
            key: key.key.clone(),
            format: self.format,
            allow: self.allowed(),
            rtsp: self.rtsp(),
        });
        StreamOrder {
            format: self.format,
            desk: self.desk.clone(),
            at_start: self.ehdr_settings(),
            key,
            shared_memory: self.shared_memory.take(),
            pipeline,
            quiet: self.options.quiet,
        }
    }

    fn pipeline(&self) -> &str {
        let chosen = self.settings.pipeline.as_deref();
        chosen
            .or(self.options.pipeline.as_deref())
            .unwrap_or(DEFAULT_PIPELINE)
    }

    fn allowed(&self) -> Allow {
        match (&self.options.allow, self.pipeline_of) {
            (Some(elements), _) => Allow::Only(elements.clone()),
            (None, Origin::Owner) => Allow::Everything,
            (None, Origin::Other(_)) => Allow::harmless(),
        }
    }

    /// Another user's pipeline is not seen on the network, unless what it may be made of was said.
    fn rtsp(&self) -> Option<SocketAddr> {
        let is_harmless = matches!(
            (&self.options.allow, self.pipeline_of),
            (None, Origin::Other(_))
        );
        self.options.rtsp.filter(|_| !is_harmless)
    }

    fn check_stopped(&mut self, what: &str) -> Result<(), Refusal> {
        match self.state() {
            State::Stopped => Ok(()),
            _ => {
                let what = format!(
                    "{what} cannot be changed while streaming is active; stop_stream first"
                );
                Err(Refusal::new(Code::Streaming, what))
            }
        }
    }

    fn check_streaming(&mut self, what: &str) -> Result<(), Refusal> {
        match self.state() {
            State::Stopped => {
                let what = format!("there is no {what} without a stream; start_stream first");
                Err(Refusal::new(Code::Stopped, what))
            }
            _ => Ok(()),
        }
    }

    /// Writes the settings to their file, if there is one.
    fn keep(&self) -> Result<(), Refusal> {
        let Some(path) = &self.options.state_file else {
            return Ok(());
        };
        let kept = self.settings.save(path);
        kept.map_err(|error| Refusal::new(Code::System, error.to_string()))
    }
}
