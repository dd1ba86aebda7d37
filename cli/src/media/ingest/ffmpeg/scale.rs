//! Converting pictures to another format or size.

use std::ffi::c_int;
use std::ptr;

use cuframes::{Format, FrameLayout};
use ffmpeg_next::ffi;
use ffmpeg_next::format::Pixel;
use ffmpeg_next::frame::Video;
use ffmpeg_next::software::scaling::{Context, Flags};
use ffmpeg_next::{Error, color};

use cuframes_cli::planes::Planes;

use crate::ffmpeg::set_colours;
use crate::ingest::formats;

use super::picture::raw;

/// Converts pictures of one kind into another, and sees when the kind changes.
pub struct Scaler {
    context: Context,
    from: Kind,
    to: FrameLayout,
}

/// What a conversion depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kind {
    pixel: Pixel,
    width: u32,
    height: u32,
    space: color::Space,
    range: color::Range,
}

impl Kind {
    fn of(frame: &Video) -> Kind {
        Kind {
            pixel: frame.format(),
            width: frame.width(),
            height: frame.height(),
            space: frame.color_space(),
            range: frame.color_range(),
        }
    }
}

/// The format among ours that loses least of `pixel`.
pub fn nearest(pixel: Pixel) -> Option<Format> {
    let names = Format::ALL.map(|format| format.ffmpeg_name().parse::<Pixel>());
    let mut list: Vec<ffi::AVPixelFormat> = names.into_iter().flatten().map(Into::into).collect();
    list.push(Pixel::None.into());
    // SAFETY: a list that ends with NONE, a format of FFmpeg's, and no wish to know the loss.
    let best = unsafe {
        ffi::avcodec_find_best_pix_fmt_of_list(list.as_ptr(), pixel.into(), 1, ptr::null_mut())
    };
    formats::of(Pixel::from(best))
}

impl Scaler {
    /// What converts frames like `frame` into pictures of the layout.
    pub fn new(frame: &Video, to: &FrameLayout) -> Result<Scaler, Error> {
        let from = Kind::of(frame);
        let pixel = to
            .format
            .ffmpeg_name()
            .parse()
            .map_err(|_| Error::InvalidData)?;
        let flags = Flags::BICUBIC;
        let (width, height) = (from.width, from.height);
        let context = Context::get(from.pixel, width, height, pixel, to.width, to.height, flags)?;
        let mut scaler = Scaler {
            context,
            from,
            to: *to,
        };
        scaler.set_colours();
        Ok(scaler)
    }

    /// True as long as `frame` and the layout are what this was made for.
    pub fn fits(&self, frame: &Video, to: &FrameLayout) -> bool {
        self.from == Kind::of(frame) && self.to == *to
    }

    /// Colours by the frame's own matrix and range; formats of which swscale knows better
    /// refuse, and keep what it knows.
    fn set_colours(&mut self) {
        let space: ffi::AVColorSpace = self.from.space.into();
        let full = self.from.range == color::Range::JPEG;
        set_colours(&mut self.context, space as c_int, full, full);
    }

    /// Converts `frame` into `place`.
    pub fn run(&mut self, frame: &Video, place: &mut dyn Planes) -> Result<(), Error> {
        let (mut data, mut pitches) = ([ptr::null_mut(); 4], [0; 4]);
        for plane in 0..self.to.plane_count {
            data[plane] = place.plane_mut(plane).as_mut_ptr();
            pitches[plane] =
                c_int::try_from(self.to.pitch(plane)).map_err(|_| Error::InvalidData)?;
        }
        // SAFETY: it is ours as long as `self` is.
        let context = unsafe { self.context.as_mut_ptr() };
        let from = raw(frame);
        // SAFETY: the frame is of the kind that the context was made for, and the planes of
        // `place` have the pitches and rows of the layout that it was made for.
        let rows = unsafe {
            ffi::sws_scale(
                context,
                from.data.as_ptr().cast(),
                from.linesize.as_ptr(),
                0,
                from.height,
                data.as_ptr(),
                pitches.as_ptr(),
            )
        };
        match u32::try_from(rows) {
            Ok(rows) if rows == self.to.height => Ok(()),
            _ => Err(Error::InvalidData),
        }
    }
}
