//! A camera whose frames another process publishes under a key of cuframes.

mod frames;
mod offer;
mod packets;

use std::time::Duration;

use cuframes::keys::{self, KeyInfo, KeyPackets};
use cuframes::{Error, Mode, PacketStart, Subscriber};
use vizion::{PixelFormat, VideoFormat};

use super::{Camera, CameraError, Capture, Control, ControlInfo};

pub use frames::Frames;
pub use offer::{format_of_key, key_format, rate};
use packets::Packets;

/// How long a publisher is waited for that is just coming back, or just starting.
const PATIENCE: Duration = Duration::from_secs(1);

/// The frames of a key.
#[derive(Debug)]
pub struct KeyCamera {
    key: String,
}

impl KeyCamera {
    /// The camera of `key`, which is published now.
    pub fn open(key: &str) -> Result<KeyCamera, CameraError> {
        let mut camera = KeyCamera {
            key: key.to_owned(),
        };
        // What was never there is not gone.
        camera.formats().map_err(|error| match error {
            CameraError::Lost { camera, what } => CameraError::Unusable { camera, what },
            error => error,
        })?;
        Ok(camera)
    }

    fn camera(&self) -> String {
        camera(&self.key)
    }

    /// What the publisher says of itself. Which codec its packets have it says with the first.
    fn info(&self) -> Result<KeyInfo, Error> {
        let info = keys::info(&self.key, &[])?;
        let is_untold = |packets: &KeyPackets| packets.codec.is_none();
        if info.has_frames || !info.packets.as_ref().is_some_and(is_untold) {
            return Ok(info);
        }
        let builder = Subscriber::builder(&self.key).packets_only(PacketStart::Keyframe);
        let mut subscriber = builder.reattach(false).connect()?;
        match subscriber.next_packet(Some(PATIENCE)) {
            // None came: the codec is still unknown, which is what is told.
            Ok(_) | Err(Error::Timeout { .. } | Error::PacketOverrun { .. }) => {}
            Err(error) => return Err(error),
        }
        keys::info(&self.key, &[])
    }
}

/// The name of the camera of `key` in messages.
pub fn camera(key: &str) -> String {
    format!("cuframes:{key}")
}

impl Camera for KeyCamera {
    fn name(&self) -> String {
        self.camera()
    }

    fn formats(&mut self) -> Result<Vec<VideoFormat>, CameraError> {
        let info = self.info().map_err(|error| failed(self.camera(), &error))?;
        offer::formats(&info).map_err(|what| CameraError::Unusable {
            camera: self.camera(),
            what,
        })
    }

    fn controls(&mut self) -> Result<Vec<ControlInfo>, CameraError> {
        Ok(Vec::new())
    }

    fn set(&mut self, control: Control, _: i64) -> Result<i64, CameraError> {
        Err(CameraError::NoControl {
            camera: self.camera(),
            control,
        })
    }

    fn start(&mut self, format: VideoFormat) -> Result<Box<dyn Capture>, CameraError> {
        // Joined before it is asked what it has, since it may just be coming back.
        let builder = Subscriber::builder(&self.key)
            .mode(Mode::StrictOrder)
            .connect_timeout(Some(PATIENCE))
            .reattach(false);
        let builder = match format.format {
            PixelFormat::Mjpg => builder.packets_only(PacketStart::Next),
            _ => builder,
        };
        let joined = builder.connect();
        let subscriber = joined.map_err(|error| failed(self.camera(), &error))?;
        if !self.formats()?.contains(&format) {
            return Err(CameraError::NoFormat {
                camera: self.camera(),
                format,
            });
        }
        Ok(match format.format {
            PixelFormat::Mjpg => Box::new(Packets::new(subscriber, self.camera())),
            _ => Box::new(Frames::new(subscriber, self.camera(), format)),
        })
    }
}

/// The error of a call to the library.
pub fn failed(camera: String, error: &Error) -> CameraError {
    let what = error.to_string();
    match error {
        Error::NotFound { .. }
        | Error::Disconnected { .. }
        | Error::EndOfStream { .. }
        | Error::Evicted { .. } => CameraError::Lost { camera, what },
        _ => CameraError::Unusable { camera, what },
    }
}
