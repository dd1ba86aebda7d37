//! Headers as others write them: in another byte order, or with fields that are not aligned.

use zerocopy::FromBytes;

use super::header::{HEADER_SIZE, Header, MAGIC, SEQUENCE_AT};
use crate::PixelFormat;
use crate::frame_header::{Extras, FrameHeader};

/// Sides of a picture are smaller than this.
const MOST_PIXELS: u32 = 1 << 16;
/// How a JPEG picture begins.
const JPEG: [u8; 2] = [0xFF, 0xD8];

/// Which header it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Numbers are those of a machine of the other byte order.
    pub is_swapped: bool,
    /// Without the gap in front of the timestamp, as compilers for 32-bit x86 lay it out.
    pub is_packed: bool,
}

/// A header that does not describe a frame.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAFrame {
    /// Nothing was written yet.
    #[error("there is no frame yet")]
    Blank,
    /// It is something else, or broken.
    #[error("{0}")]
    Broken(String),
}

impl Layout {
    /// As this crate writes it.
    pub const NATURAL: Layout = Layout {
        is_swapped: false,
        is_packed: false,
    };

    /// Finds out by the magic number and by where the format's name is; `None` if it is no header.
    pub fn detect(bytes: &[u8; HEADER_SIZE]) -> Option<Layout> {
        let magic = u32_at(bytes, 0);
        let is_swapped = magic == MAGIC.swap_bytes();
        if magic != MAGIC && !is_swapped {
            return None;
        }
        let of = |is_packed| Layout {
            is_swapped,
            is_packed,
        };
        let is_named = |layout: Layout| layout.named(bytes).is_some();
        Some(of(!is_named(of(false)) && is_named(of(true))))
    }

    /// Where the counter is.
    pub fn sequence_at(self) -> usize {
        SEQUENCE_AT - self.gap()
    }

    /// The value of a number that was read as this machine's.
    pub fn value(self, read: u32) -> u32 {
        match self.is_swapped {
            true => read.swap_bytes(),
            false => read,
        }
    }

    /// Bytes that fields behind the size of the data are further in front.
    fn gap(self) -> usize {
        if self.is_packed { 4 } else { 0 }
    }

    fn name(self, bytes: &[u8; HEADER_SIZE]) -> &[u8] {
        let at = 40 - self.gap();
        let name = &bytes[at..at + 16];
        let end = name.iter().position(|&byte| byte == 0).unwrap_or(16);
        &name[..end]
    }

    fn named(self, bytes: &[u8; HEADER_SIZE]) -> Option<PixelFormat> {
        let name = std::str::from_utf8(self.name(bytes)).ok()?;
        name.parse().ok()
    }

    /// Where the data begins. A packed header of 72 reserved bytes has 124 in all, but its writer
    /// may have put the data at 128: a JPEG picture tells.
    fn data_at(self, bytes: &[u8; HEADER_SIZE], format: PixelFormat) -> usize {
        let short = HEADER_SIZE - self.gap();
        let begins = self.is_packed && bytes[short..short + 2] == JPEG;
        match format {
            PixelFormat::Mjpg if !begins => HEADER_SIZE,
            _ => short,
        }
    }

    /// The frame that the header describes, in a segment of `size` bytes.
    pub fn parse(self, bytes: &[u8; HEADER_SIZE], size: u64) -> Result<FrameHeader, NotAFrame> {
        let number = |at| self.value(u32_at(bytes, at));
        let magic = number(0);
        if bytes[..4] == [0; 4] {
            return Err(NotAFrame::Blank);
        }
        if magic != MAGIC {
            let why = format!("it begins with {magic:#010x} instead of {MAGIC:#010x}");
            return Err(NotAFrame::Broken(why));
        }
        let data_size = number(16);
        if data_size == 0 {
            return Err(NotAFrame::Blank);
        }
        let format = self.format(bytes, number(12))?;
        let gap = self.gap();
        let halves = [number(24 - gap), number(28 - gap)].map(u64::from);
        let [low, high] = if self.is_swapped {
            [halves[1], halves[0]]
        } else {
            halves
        };
        let header = FrameHeader {
            width: number(4),
            height: number(8),
            format,
            data_size: data_size as usize,
            data_at: self.data_at(bytes, format),
            timestamp_ns: high << 32 | low,
            frame_sequence: number(32 - gap),
            extras: self.extras(bytes),
        };
        check(&header, size).map_err(NotAFrame::Broken)?;
        Ok(header)
    }

    /// By its name, or by its number where there is no name.
    fn format(self, bytes: &[u8; HEADER_SIZE], number: u32) -> Result<PixelFormat, NotAFrame> {
        let by_number = |one: &PixelFormat| one.number() == number;
        let found = match self.name(bytes) {
            [] => PixelFormat::ALL.into_iter().find(by_number),
            _ => self.named(bytes),
        };
        found.ok_or_else(|| {
            let name = String::from_utf8_lossy(self.name(bytes)).into_owned();
            NotAFrame::Broken(format!("there is no pixel format {number} '{name}'"))
        })
    }

    /// What a writer of this crate says of itself; `None` if it is another's.
    pub fn extras(self, bytes: &[u8; HEADER_SIZE]) -> Option<Extras> {
        let header = Header::read_from_bytes(bytes).ok()?;
        (self == Layout::NATURAL && header.is_extended()).then_some(Extras {
            capacity: header.capacity,
            writer_pid: header.writer_pid,
            writer_start: header.writer_start,
            written_ns: header.written_ns,
            dropped: header.dropped,
            began_ns: header.began_ns,
        })
    }
}

/// What cannot be, if anything.
fn check(header: &FrameHeader, size: u64) -> Result<(), String> {
    let FrameHeader {
        width,
        height,
        format,
        data_size,
        data_at,
        ..
    } = header;
    if [width, height].map(|side| (1..MOST_PIXELS).contains(side)) != [true; 2] {
        return Err(format!("a picture of {width}x{height} cannot be"));
    }
    if (data_size + data_at) as u64 > size {
        let room = size.saturating_sub(*data_at as u64);
        return Err(format!(
            "its frame has {data_size} bytes, and there is room for {room}"
        ));
    }
    match format.frame_size(*width, *height) {
        Some(needed) if *data_size < needed => Err(format!(
            "{format} of {width}x{height} takes {needed} bytes, and its frame has {data_size}"
        )),
        _ => Ok(()),
    }
}

fn u32_at(bytes: &[u8; HEADER_SIZE], at: usize) -> u32 {
    u32::from_le_bytes(std::array::from_fn(|index| bytes[at + index]))
}
