//! What the simulated cameras can do.

use vizion::{PixelFormat, VideoFormat};

use crate::camera::Control;

/// Values that a control can have.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    pub min: i64,
    pub max: i64,
    pub default: i64,
}

/// Families of cameras that there are with the sensors AR0821 and AR0822, which have eHDR.
const EHDR_FAMILIES: [&str; 5] = ["VCI", "VCS", "VLS3", "VLS-GM2", "TEVS"];
const EHDR_SENSORS: [&str; 2] = ["AR0821", "AR0822"];

/// Whether cameras of this model have eHDR.
pub fn has_ehdr(model: &str) -> bool {
    let parts = model.rsplit_once('-');
    parts.is_some_and(|(family, sensor)| {
        EHDR_FAMILIES.contains(&family) && EHDR_SENSORS.contains(&sensor)
    })
}

/// The ranges are those that VizionStreamer's interface names as typical.
pub fn range(control: Control) -> Range {
    let (min, max, default) = match control {
        Control::ExposureAuto | Control::WhiteBalanceAuto => (0, 1, 1),
        Control::Exposure => (1, 10_000, 100),
        Control::WhiteBalance => (2800, 6500, 4600),
        Control::Brightness | Control::Contrast | Control::Saturation => (0, 255, 128),
        Control::Sharpness => (0, 255, 0),
        Control::Gamma => (72, 500, 100),
        Control::Gain => (0, 100, 0),
        Control::EhdrMode => (0, 1, 1),
        Control::EhdrExposureMin => (1, 4, 1),
        Control::EhdrExposureMax => (1, 4, 4),
        Control::EhdrRatioMin => (1, 128, 12),
        Control::EhdrRatioMax => (1, 128, 24),
    };
    Range { min, max, default }
}

/// Sizes with the rates at which they come.
const SIZES: [(u32, u32, &[u32]); 4] = [
    (1920, 1080, &[30, 60]),
    (1280, 720, &[30, 60]),
    (640, 480, &[30, 60, 240]),
    (3840, 2160, &[30]),
];

/// Every size and rate in every format. What is largest does not come as JPEG, which this camera's
/// processor is too slow for.
pub fn formats() -> Vec<VideoFormat> {
    let mut all = Vec::new();
    for (width, height, rates) in SIZES {
        for &framerate in rates {
            for format in PixelFormat::ALL {
                let slow = width * height * framerate > 1920 * 1080 * 30;
                if format != PixelFormat::Mjpg || !slow {
                    all.push(VideoFormat {
                        width,
                        height,
                        framerate,
                        format,
                    });
                }
            }
        }
    }
    all
}
