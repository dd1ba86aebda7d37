//! The key that gets the frames of shared memory: published when the first one tells what they are.

use cuframes::{
    Codec, Error, Format, FrameMeta, PacketFlags, PacketMeta, PacketRing, Publisher, WritableFrame,
};
use cuframes_cli::args::VizionArguments;
use cuframes_cli::exit::Failure;
use program::signals::Signals;
use serde_json::json;
use vizion::{FrameHeader, FrameReader, View};

use super::tally::Tally;
use super::{TURN, formats};
use crate::bridge::voice::Voice;

/// Pictures that a packet ring has room for: a packet may take a quarter of it, and pictures differ.
const PICTURES: u64 = 16;
/// What decoders make of JPEG pictures, mostly. Packets say nothing of it.
const DECODED: Format = Format::Yu12;

/// Publishes what comes out of shared memory.
pub struct Inlet<'a> {
    arguments: &'a VizionArguments,
    voice: &'a Voice,
    signals: &'a Signals,
    publisher: Option<Publisher>,
    /// A JPEG picture.
    picture: Vec<u8>,
}

impl<'a> Inlet<'a> {
    /// Publishes nothing yet.
    pub fn new(
        arguments: &'a VizionArguments,
        voice: &'a Voice,
        signals: &'a Signals,
    ) -> Inlet<'a> {
        Inlet {
            arguments,
            voice,
            signals,
            publisher: None,
            picture: Vec::new(),
        }
    }

    /// Publishes the next frame, or drops and counts it; nothing if there is none in time.
    pub fn take(&mut self, reader: &mut FrameReader, tally: &mut Tally) -> Result<(), Failure> {
        let Some(view) = reader.view(TURN)? else {
            return Ok(());
        };
        match formats::of_memory(view.header().format) {
            Some(format) => self.take_frame(&view, format, tally),
            None => self.take_picture(&view, tally),
        }
    }

    /// Copies a frame from where it is into a slot.
    fn take_frame(
        &mut self,
        view: &View<'_>,
        format: Format,
        tally: &mut Tally,
    ) -> Result<(), Failure> {
        let wanted = self.arguments.frames;
        let header = view.header();
        let publisher = self.publisher(header, Some(format))?;
        let Some(mut slot) = publisher.acquire()? else {
            tally.dropped_full += 1;
            return Ok(());
        };
        if copy(view, &mut slot).is_err() || !view.still_valid() {
            // Nobody sees a slot that is given up.
            tally.torn += 1;
            return Ok(());
        }
        let meta = FrameMeta {
            pts: i64::try_from(header.timestamp_ns).ok(),
            ..FrameMeta::default()
        };
        publisher.publish(slot, &meta)?;
        tally.carried(header.data_size, wanted);
        Ok(())
    }

    fn take_picture(&mut self, view: &View<'_>, tally: &mut Tally) -> Result<(), Failure> {
        let header = view.header();
        let mut picture = std::mem::take(&mut self.picture);
        picture.resize(header.data_size, 0);
        let is_whole = view.copy(0, &mut picture).is_ok() && view.still_valid();
        let published = match is_whole {
            true => self.publish_picture(&picture, header),
            false => Ok(false),
        };
        self.picture = picture;
        match (is_whole, published?) {
            (false, _) => tally.torn += 1,
            (true, false) => tally.dropped_size += 1,
            (true, true) => tally.carried(header.data_size, self.arguments.frames),
        }
        Ok(())
    }

    /// False if it is larger than a packet may be.
    fn publish_picture(&mut self, picture: &[u8], header: &FrameHeader) -> Result<bool, Failure> {
        let publisher = self.publisher(header, None)?;
        let time = i64::try_from(header.timestamp_ns).ok();
        let meta = PacketMeta {
            pts: time,
            dts: time,
            flags: PacketFlags::KEY,
            ..PacketMeta::default()
        };
        match publisher.publish_packet(picture, &meta) {
            Ok(_) => Ok(true),
            Err(Error::PacketOversized { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Ends the stream of the key.
    pub fn finish(self) -> Result<(), Failure> {
        match self.publisher {
            Some(publisher) => Ok(publisher.finish().map(drop)?),
            None => Ok(()),
        }
    }

    /// The publisher of frames of `format`, or of packets.
    fn publisher(
        &mut self,
        header: &FrameHeader,
        format: Option<Format>,
    ) -> Result<&mut Publisher, Failure> {
        let (width, height) = (header.width, header.height);
        let publisher = match self.publisher.take() {
            Some(mut publisher) if (publisher.largest_packet() > 0) == format.is_none() => {
                let layout = publisher.layout();
                // Packets alone have no format of frames.
                let is_other = format.is_some_and(|format| format != layout.format);
                if is_other || (layout.width, layout.height) != (width, height) {
                    publisher.reconfigure(format.unwrap_or(DECODED), width, height)?;
                    self.tell(header)?;
                }
                publisher
            }
            other => {
                // Frames that became pictures, or pictures that became frames, are another stream.
                drop(other);
                let publisher = self.publish(header, format)?;
                self.tell(header)?;
                self.wait_subscribers(&publisher)?;
                publisher
            }
        };
        Ok(self.publisher.insert(publisher))
    }

    fn publish(&self, header: &FrameHeader, format: Option<Format>) -> Result<Publisher, Failure> {
        let arguments = self.arguments;
        let builder = Publisher::builder(self.voice.key())
            .format(format.unwrap_or(DECODED))
            .size(header.width, header.height)
            .policy(arguments.policy.into())
            .strict_timeout(arguments.strict_timeout)
            .allow_uids(&arguments.trust.allow_uids);
        let builder = match arguments.slots {
            Some(slots) => builder.slots(slots),
            None => builder,
        };
        if format.is_some() {
            return Ok(builder.build()?);
        }
        let usual = PacketRing::default();
        let bytes = usual.bytes.max(PICTURES * header.data_size as u64);
        let ring = PacketRing { bytes, ..usual };
        let mut publisher = builder.enable_packets(ring).packets_only().build()?;
        publisher.set_codec_params(Codec::MJPEG, &[])?;
        Ok(publisher)
    }

    fn wait_subscribers(&self, publisher: &Publisher) -> Result<(), Failure> {
        let count = self.arguments.wait_subscribers;
        loop {
            match publisher.wait_subscribers(count, Some(TURN)) {
                Ok(()) => return Ok(()),
                Err(Error::Timeout { .. }) => self.signals.check()?,
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn tell(&self, header: &FrameHeader) -> Result<(), Failure> {
        let FrameHeader {
            width,
            height,
            format,
            ..
        } = header;
        let sentence = format!("frames of {width}x{height} {format}");
        let what = json!({"width": width, "height": height, "format": format.name()});
        self.voice.tell("stream", &sentence, what)
    }
}

/// Copies all rows; they follow each other in shared memory.
fn copy(view: &View<'_>, slot: &mut WritableFrame<'_>) -> Result<(), vizion::ShmError> {
    let (format, width, height) = {
        let header = view.header();
        (header.format, header.width, header.height)
    };
    let mut from = 0;
    for plane in 0..format.plane_count() {
        let (row_bytes, rows) = (format.row_bytes(plane, width), format.rows(plane, height));
        let pitch = slot.pitch(plane);
        let pixels = slot.plane_mut(plane);
        // Rows without padding between them are one row.
        let (rows, row_bytes) = match pitch == row_bytes {
            true => (1, row_bytes * rows),
            false => (rows, row_bytes),
        };
        for row in 0..rows {
            view.copy(from, &mut pixels[row * pitch..][..row_bytes])?;
            from += row_bytes;
        }
    }
    Ok(())
}
