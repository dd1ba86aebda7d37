//! What a publisher says about a frame and about its stream.

use crate::format::{FormatError, FrameLayout};
use crate::wire::{NO_PTS, SlotMeta, StreamFields, frame_flag};

bitflags::bitflags! {
    /// Properties of one frame.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct FrameFlags: u32 {
        /// It was decoded without the help of others.
        const KEY = frame_flag::KEY;
        /// The decoder reported errors in it.
        const CORRUPT = frame_flag::CORRUPT;
        /// What came before does not lead up to it: the first after a new start, a
        /// change of size or a gap in the source.
        const DISCONTINUITY = frame_flag::DISCONTINUITY;
        /// It consists of two fields.
        const INTERLACED = frame_flag::INTERLACED;
        /// The field with the first row comes first in time.
        const TOP_FIELD_FIRST = frame_flag::TOP_FIELD_FIRST;
    }
}

/// Which values of a sample are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(u8)]
pub enum ColorRange {
    /// Not told.
    #[default]
    Unknown = 0,
    /// 16 to 235 for luma of 8 bits ("TV").
    Limited = 1,
    /// 0 to 255 for 8 bits ("PC").
    Full = 2,
}

impl ColorRange {
    /// The range of a wire byte; one that is none is unknown.
    #[must_use]
    pub const fn from_u8(number: u8) -> ColorRange {
        match number {
            1 => ColorRange::Limited,
            2 => ColorRange::Full,
            _ => ColorRange::Unknown,
        }
    }
}

/// How samples are to be read as colours, in the code points of ITU-T H.273.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Color {
    /// ColourPrimaries, 2 unknown (1 BT.709, 9 BT.2020).
    pub primaries: u8,
    /// TransferCharacteristics, 2 unknown (1 BT.709, 16 PQ, 18 HLG).
    pub transfer: u8,
    /// MatrixCoefficients, 2 unknown (1 BT.709, 6 BT.601). The wire reads 0 as unknown,
    /// so H.273's 0 (RGB) cannot be told; the pixel format says it.
    pub matrix: u8,
    /// Which values are used.
    pub range: ColorRange,
}

/// H.273's "unspecified".
const UNSPECIFIED: u8 = 2;

impl Default for Color {
    fn default() -> Color {
        Color {
            primaries: UNSPECIFIED,
            transfer: UNSPECIFIED,
            matrix: UNSPECIFIED,
            range: ColorRange::Unknown,
        }
    }
}

/// Pixels to cut off at each edge before the picture is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Crop {
    /// Columns at the left.
    pub left: u16,
    /// Rows at the top.
    pub top: u16,
    /// Columns at the right.
    pub right: u16,
    /// Rows at the bottom.
    pub bottom: u16,
}

impl Crop {
    /// Whether at least one pixel of a picture of this size remains.
    #[must_use]
    pub const fn fits(self, width: u32, height: u32) -> bool {
        (self.left as u32 + self.right as u32) < width
            && (self.top as u32 + self.bottom as u32) < height
    }
}

/// What a publisher says about one frame.
///
/// ```
/// use cuframes::meta::{FrameFlags, FrameMeta};
/// let meta = FrameMeta {
///     pts: Some(40_000_000),
///     duration: 40_000_000,
///     flags: FrameFlags::KEY,
///     ..FrameMeta::default()
/// };
/// assert_eq!(meta.pts, Some(40_000_000));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FrameMeta {
    /// Presentation time in nanoseconds on the source's own clock. `i64::MIN` cannot be
    /// told from none.
    pub pts: Option<i64>,
    /// Duration in nanoseconds, 0 unknown; negative ones are sent as unknown.
    pub duration: i64,
    /// Properties of the frame.
    pub flags: FrameFlags,
    /// How samples are to be read as colours.
    pub color: Color,
    /// Pixels to cut off at the edges.
    pub crop: Crop,
    /// The encoded packet that decoded to this frame, 0 unknown.
    pub packet_seq: u64,
}

impl FrameMeta {
    /// Checks, before publishing, what the layout of the frame does not allow.
    pub fn validate(&self, layout: &FrameLayout) -> Result<(), FormatError> {
        let Crop {
            left,
            top,
            right,
            bottom,
        } = self.crop;
        let (width, height) = (layout.width, layout.height);
        if !self.crop.fits(width, height) {
            return Err(FormatError::Crop {
                left,
                top,
                right,
                bottom,
                width,
                height,
            });
        }
        Ok(())
    }

    /// The slot's meta of a frame with this sequence. When it is published and where it lies is
    /// not known yet: `publish_ns` and `data_offset` are 0.
    #[must_use]
    pub fn to_wire(&self, seq: u64) -> SlotMeta {
        let Color {
            primaries,
            transfer,
            matrix,
            range,
        } = self.color;
        SlotMeta {
            seq,
            pts_ns: self.pts.unwrap_or(NO_PTS),
            duration_ns: self.duration.max(0),
            publish_ns: 0,
            flags: self.flags.bits() & frame_flag::ALL,
            color: [told(primaries), told(transfer), told(matrix), range as u8],
            data_offset: 0,
            packet_seq: self.packet_seq,
            crop: [
                self.crop.left,
                self.crop.top,
                self.crop.right,
                self.crop.bottom,
            ],
        }
    }

    /// What another process said about its frame. None of it is about memory, so what
    /// makes no sense is read as unknown: unknown flags and ranges, negative durations,
    /// a crop that leaves nothing of the picture.
    #[must_use]
    pub fn from_wire(slot: &SlotMeta, layout: &FrameLayout) -> FrameMeta {
        let [primaries, transfer, matrix, range] = slot.color;
        let [left, top, right, bottom] = slot.crop;
        let crop = Crop {
            left,
            top,
            right,
            bottom,
        };
        FrameMeta {
            pts: Some(slot.pts_ns).filter(|&pts| pts != NO_PTS),
            duration: slot.duration_ns.max(0),
            flags: FrameFlags::from_bits_truncate(slot.flags),
            color: Color {
                primaries: told(primaries),
                transfer: told(transfer),
                matrix: told(matrix),
                range: ColorRange::from_u8(range),
            },
            crop: if crop.fits(layout.width, layout.height) {
                crop
            } else {
                Crop::default()
            },
            packet_seq: slot.packet_seq,
        }
    }
}

/// 0 on the wire means that nobody set it.
const fn told(code_point: u8) -> u8 {
    if code_point == 0 {
        UNSPECIFIED
    } else {
        code_point
    }
}

/// The display on which the content was graded (SMPTE ST 2086); all 0 where not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Mastering {
    /// Chromaticities of red x, y, green x, y, blue x, y and white x, y in units of 0.00002.
    pub primaries: [u16; 8],
    /// Largest luminance in units of 0.0001 cd/m2.
    pub max_luminance: u32,
    /// Smallest luminance in units of 0.0001 cd/m2.
    pub min_luminance: u32,
}

/// What a publisher says about its stream as a whole.
///
/// ```
/// use cuframes::meta::StreamInfo;
/// let ntsc = StreamInfo { fps: (30_000, 1001), sar: (1, 1), ..StreamInfo::default() };
/// assert_eq!(ntsc.max_cll, 0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct StreamInfo {
    /// Frames per second as numerator and denominator, (0, 0) unknown.
    pub fps: (u32, u32),
    /// Width to height of one pixel as numerator and denominator, (0, 0) unknown.
    pub sar: (u32, u32),
    /// The display on which the content was graded.
    pub mastering: Mastering,
    /// Maximum content light level in cd/m2, 0 unknown.
    pub max_cll: u16,
    /// Maximum frame-average light level in cd/m2, 0 unknown.
    pub max_fall: u16,
}

impl From<StreamFields> for StreamInfo {
    fn from(fields: StreamFields) -> StreamInfo {
        StreamInfo {
            fps: fields.fps,
            sar: fields.sar,
            mastering: Mastering {
                primaries: fields.mastering_primaries,
                max_luminance: fields.mastering_max,
                min_luminance: fields.mastering_min,
            },
            max_cll: fields.max_cll,
            max_fall: fields.max_fall,
        }
    }
}

impl From<StreamInfo> for StreamFields {
    fn from(info: StreamInfo) -> StreamFields {
        StreamFields {
            fps: info.fps,
            sar: info.sar,
            mastering_primaries: info.mastering.primaries,
            mastering_max: info.mastering.max_luminance,
            mastering_min: info.mastering.min_luminance,
            max_cll: info.max_cll,
            max_fall: info.max_fall,
        }
    }
}

#[cfg(test)]
mod tests;
