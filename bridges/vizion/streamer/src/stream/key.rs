//! The cuframes key under which the frames are, in place: pictures in its slots, JPEG as packets.

use cuframes::publisher::PublisherBuilder;
use cuframes::{
    Codec, Error, FrameMeta, PacketFlags, PacketMeta, PacketRing, Publisher, StreamInfo,
    WritableFrame,
};
use vizion::{PixelFormat, VideoFormat};

use crate::camera::Canvas;
use crate::camera::cuframes::key_format;

/// Bytes of a JPEG picture for each of its pixels, at most: the ring of packets takes pictures up to
/// twice that. Cameras need a tenth of it.
const JPEG_BYTES: u64 = 1;

/// Where the frames are published, and to whom.
#[derive(Clone, Debug)]
pub struct KeyOptions {
    /// The key.
    pub key: String,
    /// Permissions of its socket and of its named segment.
    pub modes: (u32, u32),
    /// Whom the publisher talks to beside its own user.
    pub allow_uids: Vec<u32>,
}

/// A publisher of a stream's frames.
#[derive(Debug)]
pub struct Key {
    publisher: Publisher,
    format: VideoFormat,
    /// A slot that waits for its frame.
    slot: Option<WritableFrame<'static>>,
    dropped: u64,
}

impl Key {
    /// Publishes frames of `format`.
    pub fn publish(options: &KeyOptions, format: VideoFormat) -> Result<Key, Error> {
        let (socket_mode, segment_mode) = options.modes;
        let builder = Publisher::builder(&options.key)
            .size(format.width, format.height)
            // So that a pipeline is lent frames in place, and others have slots left.
            .slots(12)
            .max_leases(4)
            .socket_mode(socket_mode)
            .segment_mode(segment_mode)
            .allow_uids(&options.allow_uids)
            .stream_info(StreamInfo {
                fps: (format.framerate, 1),
                ..StreamInfo::default()
            });
        let builder = match key_format(format.format) {
            Some(pixels) => builder.format(pixels),
            None => packets(builder, format),
        };
        let mut publisher = builder.build()?;
        if format.format == PixelFormat::Mjpg {
            publisher.set_codec_params(Codec::MJPEG, &[])?;
        }
        Ok(Key {
            publisher,
            format,
            slot: None,
            dropped: 0,
        })
    }

    /// Takes a slot for the next frame; false if all are in use.
    pub fn take_slot(&mut self) -> Result<bool, Error> {
        if self.slot.is_none() && self.format.format != PixelFormat::Mjpg {
            self.slot = self.publisher.acquire_or_else()?;
        }
        Ok(self.slot.is_some())
    }

    /// The slot that was taken.
    pub fn canvas(&mut self) -> Option<&mut dyn Canvas> {
        self.slot.as_mut().map(|slot| slot as &mut dyn Canvas)
    }

    /// Publishes what was drawn into the slot. `pts` is nanoseconds of the wall clock.
    pub fn publish_slot(&mut self, pts: i64) -> Result<(), Error> {
        let Some(slot) = self.slot.take() else {
            self.dropped += 1;
            return Ok(());
        };
        let meta = FrameMeta {
            pts: Some(pts),
            duration: self.duration(),
            ..FrameMeta::default()
        };
        self.publisher.publish(slot, &meta).map(drop)
    }

    /// Publishes a JPEG picture.
    pub fn publish_jpeg(&mut self, jpeg: &[u8], pts: i64) -> Result<(), Error> {
        let meta = PacketMeta {
            pts: Some(pts),
            dts: Some(pts),
            duration: self.duration(),
            flags: PacketFlags::KEY,
            stream_index: 0,
        };
        match self.publisher.publish_packet(jpeg, &meta) {
            Err(Error::PacketOversized { .. }) => self.dropped += 1,
            published => drop(published?),
        }
        Ok(())
    }

    /// Frames that had no room, since readers hold all of it.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Ends the stream for its readers.
    pub fn finish(self) -> Result<(), Error> {
        drop(self.slot);
        self.publisher.finish().map(drop)
    }

    fn duration(&self) -> i64 {
        1_000_000_000 / i64::from(self.format.framerate.max(1))
    }
}

fn packets(builder: PublisherBuilder, format: VideoFormat) -> PublisherBuilder {
    let largest = u64::from(format.width) * u64::from(format.height) * JPEG_BYTES;
    let ring = PacketRing {
        bytes: largest.saturating_mul(8).max(PacketRing::default().bytes),
        ..PacketRing::default()
    };
    builder.packets_only().enable_packets(ring)
}

impl Canvas for WritableFrame<'static> {
    fn plane_mut(&mut self, plane: usize) -> (&mut [u8], usize) {
        let pitch = self.pitch(plane);
        (WritableFrame::plane_mut(self, plane), pitch)
    }

    fn plane(&self, plane: usize) -> (&[u8], usize) {
        (WritableFrame::plane(self, plane), self.pitch(plane))
    }
}
