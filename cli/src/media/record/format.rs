//! The format of the packets of a segment.

use cuframes::{Codec, CodecParams, Error, PacketInfo};
use ffmpeg_next::codec::{Id, Parameters};

use cuframes_cli::exit::Failure;

use crate::ffmpeg::{self, Size};

use super::headers;

/// What a container says of a stream. With another one a new file begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format {
    pub id: Id,
    extradata: Vec<u8>,
    size: Size,
}

impl Format {
    /// The format of packets with these parameters, of which `key` is the first.
    pub fn of(params: CodecParams, key: &[u8], info: &PacketInfo) -> Result<Format, Failure> {
        let refused = |what: String| Err(Failure::Library(Error::Unsupported(what)));
        let Some(id) = id_of(params.codec) else {
            return refused(format!(
                "a recording of {}; h264, hevc, av1 and mjpeg can be recorded",
                params.codec
            ));
        };
        let extradata = match params.extradata.is_empty() {
            true => headers::of(id, key),
            false => params.extradata,
        };
        let Some(size) = ffmpeg::size(id, &extradata, key) else {
            return refused(format!(
                "a recording of packets that do not tell the size of the picture; packet {} is \
                 no key packet of {}, or the publisher's extradata belong to another stream",
                info.seq, params.codec
            ));
        };
        Ok(Format {
            id,
            extradata,
            size,
        })
    }

    /// The same as muxers take it. `None` for want of memory.
    pub fn parameters(&self) -> Option<Parameters> {
        ffmpeg::parameters(self.id, &self.extradata, self.size)
    }
}

/// FFmpeg's codec, if it is one of those that are recorded.
fn id_of(codec: Codec) -> Option<Id> {
    match codec {
        Codec::H264 => Some(Id::H264),
        Codec::HEVC => Some(Id::HEVC),
        Codec::AV1 => Some(Id::AV1),
        Codec::MJPEG => Some(Id::MJPEG),
        _ => None,
    }
}
