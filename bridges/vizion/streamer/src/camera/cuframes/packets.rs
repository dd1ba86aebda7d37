//! A key's MJPEG packets, each a picture.

use std::time::{Duration, Instant};

use cuframes::{Error, PacketInfo, Subscriber};

use crate::camera::{CameraError, Canvas, Capture, Captured, Picture};
use crate::clock::realtime_of;

use super::failed;

/// Room for a picture of a camera; it grows if one has more.
const ROOM: usize = 1 << 20;

/// A stream of a key's packets.
#[derive(Debug)]
pub struct Packets {
    subscriber: Subscriber,
    camera: String,
    buffer: Vec<u8>,
    last: Option<u64>,
}

impl Packets {
    /// The packets of `subscriber`.
    pub fn new(subscriber: Subscriber, camera: String) -> Packets {
        Packets {
            subscriber,
            camera,
            buffer: vec![0; ROOM],
            last: None,
        }
    }

    /// The next packet that comes before `deadline`.
    fn wait(&mut self, deadline: Instant) -> Result<Option<PacketInfo>, CameraError> {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self
                .subscriber
                .next_packet_into(&mut self.buffer, Some(left))
            {
                Ok(info) => return Ok(Some(info)),
                Err(Error::Timeout { .. } | Error::WouldBlock) => return Ok(None),
                // Its number tells afterwards how many are missing.
                Err(Error::PacketOverrun { .. }) => {}
                Err(Error::PacketOversized { size, .. }) if size > self.buffer.len() => {
                    self.buffer.resize(size, 0);
                }
                Err(error) => return Err(failed(self.camera.clone(), &error)),
            }
        }
    }
}

impl Capture for Packets {
    fn next(
        &mut self,
        _canvas: Option<&mut dyn Canvas>,
        limit: Duration,
    ) -> Result<Option<Captured<'_>>, CameraError> {
        let now = Instant::now();
        let Some(info) = self.wait(now.checked_add(limit).unwrap_or(now))? else {
            return Ok(None);
        };
        let last = self.last.replace(info.seq);
        Ok(self.buffer.get(..info.size).map(|jpeg| Captured {
            timestamp_ns: realtime_of(info.publish_ns),
            lost: last.map_or(0, |last| info.seq.saturating_sub(last + 1)),
            picture: Picture::Jpeg(jpeg),
        }))
    }
}
