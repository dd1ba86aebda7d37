//! Where decoded pictures go: in the slot they were decoded into, or copied or converted into
//! another.

use std::sync::Arc;

use cuframes::{Error, Format, FrameMeta, MemoryKind, Publisher};
use ffmpeg_next::format::Pixel;
use ffmpeg_next::frame::Video;

use cuframes_cli::args::{PublishArguments, Size};
use cuframes_cli::exit::Failure;
use cuframes_cli::planes::Staging;

use super::ffmpeg::{self, Gpu, Scaler};
use super::formats;
use super::slots::Slots;
use super::voice::Voice;

/// A publisher with what turns pictures into its frames.
pub struct Outlet {
    slots: Arc<Slots>,
    /// Where pictures are that are decoded on a GPU.
    gpu: Option<Arc<Gpu>>,
    wish: Wish,
    scaler: Option<Scaler>,
    told: Option<(String, Format)>,
    voice: Voice,
    /// Frames that were published where they had been decoded.
    pub in_place: u64,
    /// Frames that were converted into their slot.
    pub converted: u64,
}

/// What is asked of the frames.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    format: Option<Format>,
    scale: Option<Size>,
}

/// What becomes of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Goal {
    /// Of the frame.
    pub format: Format,
    /// Of the frame.
    pub size: (u32, u32),
    /// Whether that is not what the decoder makes.
    pub converts: bool,
}

impl Wish {
    /// By the arguments.
    pub fn new(arguments: &PublishArguments) -> Wish {
        Wish {
            format: arguments.format,
            scale: arguments.ingest.scale,
        }
    }

    /// What becomes of a picture like `frame`; `None` if its format cannot be converted.
    pub fn goal(&self, frame: &Video) -> Option<Goal> {
        let pixels = ffmpeg::pixels_of(frame);
        let own = formats::of(pixels);
        let format = self.format.or(own);
        let format = format.or_else(|| ffmpeg::nearest(pixels))?;
        let given = (frame.width(), frame.height());
        let size = self
            .scale
            .map_or(given, |scale| (scale.width, scale.height));
        Some(Goal {
            format,
            size,
            converts: own != Some(format) || size != given,
        })
    }
}

impl Outlet {
    /// Publishes through `publisher`, which has so many slots.
    pub fn new(
        publisher: Publisher,
        slots: u32,
        gpu: Option<Arc<Gpu>>,
        wish: Wish,
        voice: Voice,
    ) -> Outlet {
        Outlet {
            slots: Arc::new(Slots::new(publisher, slots)),
            gpu,
            wish,
            scaler: None,
            told: None,
            voice,
            in_place: 0,
            converted: 0,
        }
    }

    /// The slots, for a decoder to write into.
    pub fn slots(&self) -> &Arc<Slots> {
        &self.slots
    }

    /// Publishes a picture.
    pub fn publish(&mut self, frame: &Video, meta: &FrameMeta) -> Result<(), Failure> {
        let goal = self.wish.goal(frame).ok_or_else(|| Failure::Input {
            what: "convert a picture".to_owned(),
            reason: format!("nothing is known about {:?}", frame.format()),
        })?;
        self.reshape(goal)?;
        if frame.format() == Pixel::CUDA {
            return self.publish_device(frame, goal, meta);
        }
        if goal.converts {
            return self.convert(frame, goal, meta);
        }
        let address = ffmpeg::address(frame);
        if let Some(seq) = self.slots.publish(address, meta)? {
            tracing::trace!(seq, address = format_args!("{address:#x}"), "in place");
            self.in_place += 1;
            return Ok(());
        }
        match ffmpeg::planes(frame, goal.format) {
            Some(planes) => {
                self.publisher(|publisher| publisher.publish_copy(&planes, meta))?;
                Ok(())
            }
            None => self.convert(frame, goal, meta),
        }
    }

    /// Publishes a picture on a GPU: copied there, if that is where frames are.
    fn publish_device(
        &mut self,
        frame: &Video,
        goal: Goal,
        meta: &FrameMeta,
    ) -> Result<(), Failure> {
        let there = self.publisher(|publisher| Ok(publisher.memory() != MemoryKind::Host))?;
        let planes = ffmpeg::rows(frame, goal.format).filter(|_| there && !goal.converts);
        if let (Some(planes), Some(gpu)) = (planes, &self.gpu) {
            let stream = gpu.stream();
            self.publisher(|publisher| publisher.publish_copy_on(&planes, meta, stream))?;
            return Ok(());
        }
        let host = ffmpeg::download(frame).map_err(|error| Failure::Input {
            what: "copy a picture from the GPU".to_owned(),
            reason: error.to_string(),
        })?;
        self.publish(&host, meta)
    }

    fn publisher<R>(
        &self,
        use_it: impl FnOnce(&mut Publisher) -> Result<R, Error>,
    ) -> Result<R, Failure> {
        match self.slots.with(use_it) {
            Some(done) => Ok(done?),
            None => Err(Failure::Usage("the publisher has ended".to_owned())),
        }
    }

    /// Goes on with another format or size, if this one is new.
    fn reshape(&mut self, goal: Goal) -> Result<(), Failure> {
        let (width, height) = goal.size;
        let asked = self.slots.asked().filter(|asked| {
            let layout = &asked.layout;
            !goal.converts
                && (layout.format, layout.width, layout.height) == (goal.format, width, height)
        });
        let room = asked.map_or(goal.size, |asked| asked.room);
        let voice = &self.voice;
        self.publisher(|publisher| {
            let layout = publisher.layout();
            let same = (layout.format, layout.width, layout.height) == (goal.format, width, height);
            if same {
                return Ok(());
            }
            publisher.reconfigure_with_room(goal.format, goal.size, room)?;
            voice.say(&format!("goes on with {width}x{height} {}", goal.format));
            Ok(())
        })
    }

    fn convert(&mut self, frame: &Video, goal: Goal, meta: &FrameMeta) -> Result<(), Failure> {
        self.tell_conversion(frame, goal);
        let meta = FrameMeta {
            color: super::meta::converted(meta.color, goal.format),
            ..*meta
        };
        let mut scaler = self.scaler.take();
        let done = self.publisher(|publisher| convert_into(publisher, &mut scaler, frame, &meta));
        self.scaler = scaler;
        let converted = done?.map_err(|error| Failure::Input {
            what: "convert a picture".to_owned(),
            reason: error.to_string(),
        })?;
        self.converted += u64::from(converted);
        Ok(())
    }

    /// A conversion is never silent.
    fn tell_conversion(&mut self, frame: &Video, goal: Goal) {
        let pixel = frame.format();
        let from = pixel.descriptor().map_or("unknown", |known| known.name());
        let from = format!("{}x{} {from}", frame.width(), frame.height());
        let now = (from, goal.format);
        if self.told.as_ref() != Some(&now) {
            let (width, height) = goal.size;
            self.voice.say(&format!(
                "converting {} to {width}x{height} {}",
                now.0, goal.format
            ));
        }
        self.told = Some(now);
    }
}

/// Whether it was published, or dropped for want of a slot; or what the converter said.
fn convert_into(
    publisher: &mut Publisher,
    scaler: &mut Option<Scaler>,
    frame: &Video,
    meta: &FrameMeta,
) -> Result<Result<bool, ffmpeg_next::Error>, Error> {
    let layout = *publisher.layout();
    if !scaler
        .as_ref()
        .is_some_and(|scaler| scaler.fits(frame, &layout))
    {
        match Scaler::new(frame, &layout) {
            Ok(new) => *scaler = Some(new),
            Err(error) => return Ok(Err(error)),
        }
    }
    let Some(scaler) = scaler else {
        return Ok(Err(ffmpeg_next::Error::Bug));
    };
    if publisher.memory() != MemoryKind::Host {
        let mut staging = Staging::new(&layout);
        if let Err(error) = scaler.run(frame, &mut staging) {
            return Ok(Err(error));
        }
        let seq = publisher.publish_copy(&staging.planes(), meta)?;
        return Ok(Ok(seq.is_some()));
    }
    let Some(mut slot) = publisher.acquire()? else {
        return Ok(Ok(false));
    };
    if let Err(error) = scaler.run(frame, &mut slot) {
        return Ok(Err(error));
    }
    publisher.publish(slot, meta)?;
    Ok(Ok(true))
}
