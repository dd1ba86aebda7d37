//! Memory for a frame whose rows have padding, which nobody may write to.

use std::time::Duration;

use vizion::VideoFormat;
use vizion_streamer::camera::{CameraError, Canvas, Capture, Picture};

/// Longer than any frame takes.
pub const PATIENCE: Duration = Duration::from_secs(20);
const PADDING: usize = 13;
const UNTOUCHED: u8 = 0xa5;

struct Padded {
    format: VideoFormat,
    planes: [Vec<u8>; 2],
}

impl Padded {
    fn new(format: VideoFormat) -> Padded {
        let bytes = |plane| {
            let row = format.format.row_bytes(plane, format.width) + PADDING;
            vec![UNTOUCHED; row * format.format.rows(plane, format.height)]
        };
        Padded {
            format,
            planes: [bytes(0), bytes(1)],
        }
    }

    fn pitch(&self, plane: usize) -> usize {
        self.format.format.row_bytes(plane, self.format.width) + PADDING
    }

    /// The frame without padding.
    fn packed(&self) -> Vec<u8> {
        let mut packed = Vec::new();
        for plane in 0..self.format.format.plane_count() {
            for row in self.planes[plane].chunks(self.pitch(plane)) {
                let (pixels, padding) = row.split_at(row.len() - PADDING);
                packed.extend_from_slice(pixels);
                assert_eq!(padding, [UNTOUCHED; PADDING], "padding is left alone");
            }
        }
        packed
    }
}

impl Canvas for Padded {
    fn plane_mut(&mut self, plane: usize) -> (&mut [u8], usize) {
        let pitch = self.pitch(plane);
        (&mut self.planes[plane], pitch)
    }

    fn plane(&self, plane: usize) -> (&[u8], usize) {
        (&self.planes[plane], self.pitch(plane))
    }
}

/// A frame that came: its bytes without padding, and how many were lost before.
#[derive(Debug, PartialEq, Eq)]
pub struct Frame {
    pub bytes: Vec<u8>,
    pub lost: u64,
    pub timestamp_ns: u64,
}

/// The next frame, within `limit`.
pub fn next_within(
    stream: &mut dyn Capture,
    format: VideoFormat,
    limit: Duration,
) -> Result<Option<Frame>, CameraError> {
    let mut canvas = Padded::new(format);
    let Some(captured) = stream.next(Some(&mut canvas), limit)? else {
        return Ok(None);
    };
    assert!(matches!(captured.picture, Picture::Drawn));
    let (lost, timestamp_ns) = (captured.lost, captured.timestamp_ns);
    Ok(Some(Frame {
        bytes: canvas.packed(),
        lost,
        timestamp_ns,
    }))
}

/// The next frame.
pub fn next(stream: &mut dyn Capture, format: VideoFormat) -> Frame {
    let frame = next_within(stream, format, PATIENCE).expect("no error");
    frame.expect("a frame")
}
