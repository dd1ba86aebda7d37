//! PNG and JPEG.

use std::path::Path;

use ffmpeg_next::codec::{self, Id};
use ffmpeg_next::color::{Primaries, Range, Space, TransferCharacteristic};
use ffmpeg_next::format::Pixel;
use ffmpeg_next::frame::Video;
use ffmpeg_next::software::scaling::{Context, Flags};
use ffmpeg_next::{Packet, encoder};

use cuframes_cli::exit::Failure;

use super::colours::failed;

/// The finest of JPEG's quantisers that FFmpeg gives.
const FINE: i32 = 2;

/// A format of pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Png,
    Jpeg,
}

impl Kind {
    /// The kind that the name of a file says.
    pub fn of(path: &Path) -> Option<Kind> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            "png" => Some(Kind::Png),
            "jpg" | "jpeg" => Some(Kind::Jpeg),
            _ => None,
        }
    }
}

/// The bytes of a picture file of RGB pixels whose shape is `sar`.
pub fn encode(picture: &Video, sar: (u32, u32), kind: Kind) -> Result<Vec<u8>, Failure> {
    let shown = match kind {
        Kind::Png => tagged(picture.clone(), Space::RGB),
        // What JPEG files are by JFIF: BT.601 with all of the range.
        Kind::Jpeg => tagged(to_yuv(picture)?, Space::BT470BG),
    };
    let id = match kind {
        Kind::Png => Id::PNG,
        Kind::Jpeg => Id::MJPEG,
    };
    let missing = || Failure::Encoder {
        what: format!("find the encoder {}", id.name()),
        reason: "this FFmpeg was built without it".to_owned(),
    };
    let codec = encoder::find(id).ok_or_else(missing)?;
    let context = codec::Context::new_with_codec(codec);
    let mut settings = context
        .encoder()
        .video()
        .map_err(failed("set up an encoder"))?;
    settings.set_width(shown.width());
    settings.set_height(shown.height());
    settings.set_format(shown.format());
    settings.set_color_range(Range::JPEG);
    settings.set_time_base((1, 1));
    if let ((num, den), true) = (sar, sar.0 != 0 && sar.1 != 0) {
        settings.set_aspect_ratio((num.cast_signed(), den.cast_signed()));
    }
    settings.set_qmin(FINE);
    settings.set_qmax(FINE);
    let mut encoder = settings.open_as(codec).map_err(failed("open an encoder"))?;
    let mut packet = Packet::empty();
    let encoded = encoder
        .send_frame(&shown)
        .and_then(|()| encoder.send_eof())
        .and_then(|()| encoder.receive_packet(&mut packet));
    encoded.map_err(failed("encode the picture"))?;
    Ok(packet.data().unwrap_or_default().to_vec())
}

fn tagged(mut frame: Video, space: Space) -> Video {
    frame.set_color_space(space);
    frame.set_color_range(Range::JPEG);
    frame.set_color_primaries(Primaries::BT709);
    frame.set_color_transfer_characteristic(TransferCharacteristic::IEC61966_2_1);
    frame
}

/// Every pixel has its own colour: red writing stays as sharp as it is.
fn to_yuv(picture: &Video) -> Result<Video, Failure> {
    let (width, height) = (picture.width(), picture.height());
    let flags = Flags::BICUBIC | Flags::ACCURATE_RND | Flags::FULL_CHR_H_INP;
    let mut yuv = Video::new(Pixel::YUVJ444P, width, height);
    let context = Context::get(
        picture.format(),
        width,
        height,
        yuv.format(),
        width,
        height,
        flags,
    );
    context
        .and_then(|mut context| context.run(picture, &mut yuv))
        .map_err(failed("convert the picture"))?;
    Ok(yuv)
}
