//! What the camera's frames are to GStreamer and to cuframes.

use cuframes::{Format, FrameLayout};
use gst_video::VideoInfo;
use vizion::{PixelFormat, VideoFormat};

/// Caps of the frames.
pub fn caps(format: &VideoFormat) -> gst::Caps {
    let caps = match format.format {
        PixelFormat::Mjpg => gst::Caps::builder("image/jpeg"),
        raw => gst::Caps::builder("video/x-raw")
            .field("format", raw.name())
            .field("interlace-mode", "progressive"),
    };
    let number = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
    caps.field("width", number(format.width))
        .field("height", number(format.height))
        .field("framerate", gst::Fraction::new(number(format.framerate), 1))
        .field("pixel-aspect-ratio", gst::Fraction::new(1, 1))
        .build()
}

/// How GStreamer expects raw frames in memory; `None` for MJPG.
pub fn info(format: &VideoFormat) -> Option<VideoInfo> {
    let info = VideoInfo::from_caps(&caps(format)).ok();
    info.filter(|_| key_format(format.format).is_some())
}

/// Time from one frame to the next.
pub fn interval(format: &VideoFormat) -> gst::ClockTime {
    gst::ClockTime::SECOND / u64::from(format.framerate.max(1))
}

/// The key's format of raw frames; MJPG is in its packets.
pub fn key_format(format: PixelFormat) -> Option<Format> {
    match format {
        PixelFormat::Yuy2 => Some(Format::Yuyv),
        PixelFormat::Uyvy => Some(Format::Uyvy),
        PixelFormat::Nv12 => Some(Format::Nv12),
        PixelFormat::Bgr => Some(Format::Rg24),
        PixelFormat::Rgb => Some(Format::Bg24),
        PixelFormat::Mjpg => None,
    }
}

/// Whether frames of this layout are what was told. An error says what they are.
pub fn check(layout: &FrameLayout, told: &VideoFormat) -> Result<(), String> {
    let same = (layout.width, layout.height) == (told.width, told.height)
        && Some(layout.format) == key_format(told.format);
    let FrameLayout {
        width,
        height,
        format,
        ..
    } = layout;
    match same {
        true => Ok(()),
        false => Err(format!(
            "the key's frames are {width}x{height} {format}, and not {told}"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(format: PixelFormat) -> VideoFormat {
        VideoFormat {
            width: 1920,
            height: 1080,
            framerate: 30,
            format,
        }
    }

    #[test]
    fn gstreamer_understands_the_caps_and_agrees_on_the_bytes() {
        gst::init().expect("GStreamer");
        for raw in PixelFormat::ALL {
            let caps = caps(&format(raw));
            let info = info(&format(raw));
            let Some(of_key) = key_format(raw) else {
                assert!(info.is_none(), "{caps}");
                continue;
            };
            let info = info.expect("raw video");
            assert_eq!(info.size() as u64, of_key.packed_size(1920, 1080), "{caps}");
            assert_eq!(info.fps(), gst::Fraction::new(30, 1));
            assert_eq!(info.n_planes() as usize, of_key.plane_count());
        }
    }

    #[test]
    fn frames_of_another_format_are_told() {
        let layout = FrameLayout::new(Format::Bg24, 1920, 1080).expect("a layout");
        assert_eq!(check(&layout, &format(PixelFormat::Rgb)), Ok(()));
        let refused = check(&layout, &format(PixelFormat::Bgr)).expect_err("R is not B");
        assert!(refused.contains("1920x1080 rgb24"), "{refused}");
    }
}
