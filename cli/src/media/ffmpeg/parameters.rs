//! What a container has to know of a stream before its first packet, found out without a
//! decoder.

use std::ptr::{self, NonNull};

use ffmpeg_next::codec::{Id, Parameters};
use ffmpeg_next::ffi;

/// Bytes behind extradata and packets that FFmpeg's bit readers may look at.
const PADDING: usize = ffi::AV_INPUT_BUFFER_PADDING_SIZE as usize;

/// Width and height in pixels.
pub type Size = (i32, i32);

/// The size that the extradata or a key packet tells.
pub fn size(id: Id, extradata: &[u8], packet: &[u8]) -> Option<Size> {
    match id {
        Id::MJPEG => size_of_jpeg(packet),
        _ => Reading::new(id, extradata)?.size(packet),
    }
    .filter(|&(width, height)| width > 0 && height > 0)
}

/// A parser of FFmpeg's, and the context that it fills in.
struct Reading {
    parser: NonNull<ffi::AVCodecParserContext>,
    context: NonNull<ffi::AVCodecContext>,
}

impl Reading {
    fn new(id: Id, extradata: &[u8]) -> Option<Reading> {
        let id: ffi::AVCodecID = id.into();
        // SAFETY: any number is allowed; the result is NULL or ours.
        let parser = NonNull::new(unsafe { ffi::av_parser_init(id as i32) })?;
        // SAFETY: NULL stands for no codec; the result is NULL or ours.
        let context = NonNull::new(unsafe { ffi::avcodec_alloc_context3(ptr::null()) });
        let Some(context) = context else {
            // SAFETY: it is ours, and nobody has it any more.
            unsafe { ffi::av_parser_close(parser.as_ptr()) };
            return None;
        };
        let mut reading = Reading { parser, context };
        // SAFETY: it is ours, and nobody else looks at it.
        let parser = unsafe { reading.parser.as_mut() };
        parser.flags |= ffi::PARSER_FLAG_COMPLETE_FRAMES;
        // SAFETY: as above.
        let context = unsafe { reading.context.as_mut() };
        context.codec_id = id;
        let (data, size) = padded(extradata)?;
        context.extradata = data;
        context.extradata_size = size;
        Some(reading)
    }

    fn size(&mut self, packet: &[u8]) -> Option<Size> {
        let mut bytes = packet.to_vec();
        bytes.resize(packet.len() + PADDING, 0);
        let (mut out, mut out_size) = (ptr::null_mut(), 0);
        // SAFETY: parser and context are ours, and the packet has its padding and stays for the
        // call; what comes out points into it and is not looked at.
        unsafe {
            ffi::av_parser_parse2(
                self.parser.as_ptr(),
                self.context.as_ptr(),
                &raw mut out,
                &raw mut out_size,
                bytes.as_ptr(),
                i32::try_from(packet.len()).ok()?,
                ffi::AV_NOPTS_VALUE,
                ffi::AV_NOPTS_VALUE,
                0,
            )
        };
        // SAFETY: it is ours, and the call is over.
        let parser = unsafe { self.parser.as_ref() };
        Some((parser.width, parser.height))
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        // SAFETY: it is ours, and nobody has it any more.
        unsafe { ffi::av_parser_close(self.parser.as_ptr()) };
        let mut context = self.context.as_ptr();
        // SAFETY: as above; the extradata is FFmpeg's to free.
        unsafe { ffi::avcodec_free_context(&raw mut context) };
    }
}

/// A copy in FFmpeg's memory, with padding.
fn padded(bytes: &[u8]) -> Option<(*mut u8, i32)> {
    let size = i32::try_from(bytes.len()).ok()?;
    if bytes.is_empty() {
        return Some((ptr::null_mut(), 0));
    }
    // SAFETY: any size is allowed; the result is NULL or ours.
    let copy = NonNull::new(unsafe { ffi::av_mallocz(bytes.len() + PADDING) })?.cast::<u8>();
    // SAFETY: both have so many bytes, and the copy is new.
    unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), copy.as_ptr(), bytes.len()) };
    Some((copy.as_ptr(), size))
}

/// The parameters as a muxer takes them. `None` for want of memory.
pub fn parameters(id: Id, extradata: &[u8], size: Size) -> Option<Parameters> {
    let mut parameters = Parameters::new();
    let (extradata, extradata_size) = padded(extradata)?;
    // SAFETY: it is ours as long as `parameters` is.
    let raw = NonNull::new(unsafe { parameters.as_mut_ptr() })?;
    // SAFETY: nobody else looks at it.
    let raw = unsafe { &mut *raw.as_ptr() };
    raw.codec_type = ffi::AVMediaType::AVMEDIA_TYPE_VIDEO;
    raw.codec_id = id.into();
    raw.width = size.0;
    raw.height = size.1;
    raw.extradata = extradata;
    raw.extradata_size = extradata_size;
    Some(parameters)
}

/// The size in the frame header of a JPEG picture.
fn size_of_jpeg(picture: &[u8]) -> Option<Size> {
    let mut at = 2;
    loop {
        let [0xFF, marker, rest @ ..] = picture.get(at..)? else {
            return None;
        };
        let &[high, low, ..] = rest else {
            return None;
        };
        let length = usize::from(u16::from_be_bytes([high, low]));
        match marker {
            0xFF => at += 1,
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                let &[_, _, _, y1, y0, x1, x0, ..] = rest else {
                    return None;
                };
                let number = |bytes| i32::from(u16::from_be_bytes(bytes));
                return Some((number([x1, x0]), number([y1, y0])));
            }
            // The pixels begin before the header that is looked for.
            0xDA | 0xD9 => return None,
            _ => at += 2 + length,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_of_jpegs() {
        let app = [0xFF, 0xE0, 0, 4, 1, 2];
        let frame = [0xFF, 0xC0, 0, 17, 8, 0, 48, 0, 64, 3];
        let picture = [&[0xFF, 0xD8][..], &app, &frame].concat();
        assert_eq!(size(Id::MJPEG, &[], &picture), Some((64, 48)));
        for cut in 0..picture.len() - 1 {
            assert_eq!(size(Id::MJPEG, &[], &picture[..cut]), None, "{cut}");
        }
        assert_eq!(size(Id::MJPEG, &[], &[0xFF, 0xD8, 0xFF, 0xDA, 0, 2]), None);
    }

    #[test]
    fn noise_has_no_size() {
        let noise: Vec<u8> = (0..4000u32).map(|n| ((n * n) >> 3) as u8).collect();
        for id in [Id::H264, Id::HEVC, Id::AV1, Id::MJPEG] {
            assert_eq!(size(id, &noise[..100], &noise), None, "{id:?}");
            assert_eq!(size(id, &[], &[]), None, "{id:?}");
        }
    }
}
