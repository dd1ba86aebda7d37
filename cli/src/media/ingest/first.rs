//! The first picture of an input, from which everything about the ring follows.

use ffmpeg_next::Packet;
use ffmpeg_next::codec::Id;
use ffmpeg_next::format::Pixel;
use ffmpeg_next::frame::Video;

use cuframes_cli::exit::Failure;

use super::ffmpeg::{Decoder, Place, Threads, headers};
use super::hevc;
use super::needs::Needs;
use super::source::Source;

/// A stream that does not begin after so many packets has begun in the middle: those before
/// are of no use.
const PATIENCE: usize = 512;
/// What an HEVC decoder keeps at the largest picture of any level, if the stream does not say.
const HEVC_REFERENCES: usize = 6;

/// What the first picture tells.
pub struct First {
    /// The picture.
    pub frame: Video,
    /// What its decoder wants of a slot.
    pub room: (u32, u32),
    /// How many slots that takes.
    pub needs: Needs,
}

/// Decodes the first picture, and gives the packets back. `None` if there is none.
pub fn look(source: &mut Source, place: Place) -> Result<Option<First>, Failure> {
    let parameters = source.parameters();
    let id = parameters.id();
    let headers = headers(&parameters);
    let decoder = Decoder::open(
        parameters,
        source.time_base(),
        Threads::Slices(1),
        place.clone(),
    );
    let mut decoder = decoder.map_err(|error| source.failed(error))?;
    let mut seen = Vec::new();
    let mut frame = Video::empty();
    let found = decode_one(source, &mut decoder, &mut seen, &mut frame)?;
    source.give_back(seen);
    if let Place::Gpu(_) = place
        && (!found || frame.format() != Pixel::CUDA)
    {
        return Err(Failure::Unmet {
            name: "--hwaccel cuda".to_owned(),
            reason: Some(format!(
                "the GPU decodes no picture of this {}; --hwaccel none uses the processor",
                id.name()
            )),
        });
    }
    let into_slots = matches!((id, &place), (Id::H264 | Id::HEVC, Place::Own));
    let references = match id {
        Id::HEVC => hevc::pictures(&headers).unwrap_or(HEVC_REFERENCES),
        _ => decoder.references(),
    };
    Ok(found.then(|| First {
        room: match into_slots {
            true => decoder.room(),
            false => (frame.width(), frame.height()),
        },
        needs: match into_slots {
            true => Needs {
                references,
                reorder: decoder.reorder(),
            },
            false => Needs::default(),
        },
        frame,
    }))
}

fn decode_one(
    source: &mut Source,
    decoder: &mut Decoder,
    seen: &mut Vec<Packet>,
    frame: &mut Video,
) -> Result<bool, Failure> {
    while let Some(mut packet) = source.next()? {
        // What cannot be decoded will be counted when it is decoded again.
        let _ = decoder.send(&mut packet, 0);
        if seen.len() >= PATIENCE {
            seen.clear();
        }
        seen.push(packet);
        if decoder.receive(frame).is_ok() {
            return Ok(true);
        }
    }
    let _ = decoder.send_eof();
    Ok(decoder.receive(frame).is_ok())
}
