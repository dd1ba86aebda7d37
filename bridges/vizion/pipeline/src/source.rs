//! The key's frames, one after the other.

use std::time::Duration;

use cuframes::{Codec, Error, Frame, Mode, PacketStart, Subscriber};
use vizion::{PixelFormat, VideoFormat};

use crate::picture;

/// A picture of the camera.
pub enum Picture {
    /// Lent.
    Raw {
        /// It.
        frame: Frame,
        /// Frames of which so many may be held at a time.
        max_leases: u32,
    },
    /// A JPEG picture.
    Jpeg(Vec<u8>),
}

/// What came.
pub struct Taken {
    /// The picture.
    pub picture: Picture,
    /// When it was taken, in nanoseconds of the camera's clock.
    pub camera_ns: i64,
}

/// Why no more come.
pub enum Over {
    /// The publisher ended the stream.
    Stream,
    /// What went wrong.
    Failed(String),
}

/// A subscription to the key.
pub struct Source {
    subscriber: Subscriber,
    format: VideoFormat,
    checked: Option<u64>,
}

impl Source {
    /// Joins the publisher of `key`.
    pub fn connect(key: &str, format: VideoFormat) -> Result<Source, Over> {
        let builder = Subscriber::builder(key).mode(Mode::StrictOrder);
        let builder = match format.format {
            PixelFormat::Mjpg => builder.packets_only(PacketStart::Next),
            _ => builder,
        };
        let subscriber = builder.connect().map_err(Over::of)?;
        Ok(Source {
            subscriber,
            format,
            checked: None,
        })
    }

    /// Frames that went past before they were taken.
    pub fn missed(&self) -> u64 {
        let stats = self.subscriber.stats();
        stats.missed + stats.packets_missed
    }

    /// Waits for the next one, at most `limit`; `None` if none came.
    pub fn next(&mut self, limit: Duration) -> Result<Option<Taken>, Over> {
        let next = match self.format.format {
            PixelFormat::Mjpg => self.next_packet(limit),
            _ => self.next_frame(limit),
        };
        match next {
            Err(Error::Timeout { .. } | Error::PacketOverrun { .. }) => Ok(None),
            Err(error) => Err(Over::of(error)),
            Ok(taken) => {
                self.check()?;
                Ok(Some(taken))
            }
        }
    }

    fn next_frame(&mut self, limit: Duration) -> cuframes::Result<Taken> {
        let frame = self.subscriber.next(Some(limit))?;
        Ok(Taken {
            camera_ns: frame.pts().unwrap_or(frame.publish_ns().cast_signed()),
            picture: Picture::Raw {
                frame,
                max_leases: self.subscriber.max_leases(),
            },
        })
    }

    fn next_packet(&mut self, limit: Duration) -> cuframes::Result<Taken> {
        let packet = self.subscriber.next_packet(Some(limit))?;
        let info = packet.info();
        Ok(Taken {
            camera_ns: info.pts.unwrap_or(info.publish_ns.cast_signed()),
            picture: Picture::Jpeg(packet.data().to_vec()),
        })
    }

    /// The publisher may be another one than the last, with other frames.
    fn check(&mut self) -> Result<(), Over> {
        let epoch = self.subscriber.epoch();
        if self.checked == Some(epoch) {
            return Ok(());
        }
        match self.format.format {
            PixelFormat::Mjpg => {
                let codec = self.subscriber.codec_params().map_err(Over::of)?.codec;
                if codec != Codec::MJPEG {
                    let what = format!("the key's packets are {codec}, and not {}", self.format);
                    return Err(Over::Failed(what));
                }
            }
            _ => picture::check(self.subscriber.layout(), &self.format).map_err(Over::Failed)?,
        }
        self.checked = Some(epoch);
        Ok(())
    }
}

impl Over {
    fn of(error: Error) -> Over {
        match error {
            Error::EndOfStream { .. } => Over::Stream,
            error => Over::Failed(error.to_string()),
        }
    }
}
