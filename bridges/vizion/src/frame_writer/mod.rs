//! Writing frames for whoever wants to read them.

mod claim;
mod rows;

use std::io;

use crate::fault::{Fault, planted};
use crate::names::file_name;
use crate::seqlock::{begin, end};
use crate::sys::{Own, WriteSegment, free_bytes, monotonic_ns};
use crate::wire::{HEADER_SIZE, Header};
use crate::{PixelFormat, ShmError, validate_name};
pub use rows::Rows;

/// The name of a segment for which none is given.
pub const DEFAULT_NAME: &str = "/vizion_frame";
/// The size of a segment for which none is given: a frame of 1920x1080 with four bytes a pixel, and
/// the header.
pub const DEFAULT_BUFFER_SIZE: u64 = 8_294_528;
/// How often a frame is written anew because the segment was destroyed meanwhile.
const TRIES: u32 = 3;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameInfo {
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// How the bytes are arranged.
    pub format: PixelFormat,
    /// When it was taken, in nanoseconds of CLOCK_REALTIME.
    pub timestamp_ns: u64,
}

/// What became of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// Readers see it, by this number.
    Frame(u32),
    /// It does not fit: readers see the one before it.
    Dropped {
        /// Its bytes.
        needed: u64,
        /// Bytes for which there is room.
        capacity: u64,
    },
}

/// Writes frames into a segment, each over the one before. Readers cost it nothing, and nothing that
/// others do to the segment can harm its process: one that was removed or cut short is made anew.
///
/// The segment goes with the value, or with the next writer of the name if this process is killed.
///
/// ```
/// use vizion::{FrameInfo, FrameWriter, PixelFormat, Rows, Written};
///
/// # let name = format!("/vz-doc-{}", std::process::id());
/// let mut writer = FrameWriter::create(&name, 128 + 640 * 480 * 2)?;
/// let picture = vec![0x80; 640 * 480 * 2];
/// let info = FrameInfo { width: 640, height: 480, format: PixelFormat::Yuy2, timestamp_ns: 1 };
/// assert_eq!(writer.write(&info, &[Rows::packed(&picture)])?, Written::Frame(1));
/// # Ok::<(), vizion::ShmError>(())
/// ```
#[derive(Debug)]
pub struct FrameWriter {
    name: String,
    size: u64,
    segment: WriteSegment,
    /// As it was written last, or as it is being written.
    header: Header,
    frames: u64,
    replaced: u64,
}

impl FrameWriter {
    /// Makes the segment `name` of `buffer_size` bytes, header included, and takes its memory. What a
    /// writer that is gone left there is replaced.
    pub fn create(name: &str, buffer_size: u64) -> Result<FrameWriter, ShmError> {
        validate_name(name)?;
        check_size(name, buffer_size)?;
        let capacity = (buffer_size - HEADER_SIZE as u64).min(u64::from(u32::MAX));
        let header = Header::empty(capacity, &Own::get());
        let segment = claim::claim(file_name(name), buffer_size, &header, None)?;
        Ok(FrameWriter {
            name: name.to_owned(),
            size: buffer_size,
            segment,
            header,
            frames: 0,
            replaced: 0,
        })
    }

    /// Writes a frame: its planes, or one row with all bytes of a JPEG picture. One that does not fit
    /// is dropped as a whole, and counted.
    pub fn write(&mut self, info: &FrameInfo, planes: &[Rows<'_>]) -> Result<Written, ShmError> {
        let needed = rows::check(info, planes)?;
        let capacity = self.header.capacity;
        if needed > capacity {
            if !planted(Fault::DropUncounted) {
                self.header.dropped += 1;
            }
            // Readers are told the count, along with the frame that is still there.
            self.restore_count()?;
            return Ok(Written::Dropped { needed, capacity });
        }
        let header = &mut self.header;
        header.width = info.width;
        header.height = info.height;
        header.set_format(info.format);
        header.data_size = needed as u32;
        header.timestamp_ns = info.timestamp_ns;
        header.frame_sequence = header.frame_sequence.wrapping_add(1);
        for _ in 0..TRIES {
            if self.segment.is_intact() {
                match self.store(planes) {
                    Ok(()) if self.is_whole() => {
                        self.frames += 1;
                        return Ok(Written::Frame(self.header.frame_sequence));
                    }
                    Err(error) if self.segment.is_intact() => {
                        self.withdraw();
                        return Err(ShmError::system("write", &self.name)(error));
                    }
                    _ => {}
                }
            }
            self.replace()?;
        }
        Err(ShmError::Destroyed {
            name: self.name.clone(),
            times: TRIES,
        })
    }

    /// Stores the header, and the rows behind it.
    fn store(&mut self, planes: &[Rows<'_>]) -> io::Result<()> {
        self.header.written_ns = monotonic_ns();
        begin(self.segment.counter())?;
        let odd = !planted(Fault::NoOdd);
        self.header.write_sequence = self.header.write_sequence.wrapping_add(odd.into());
        let pieces = planes.iter().flat_map(Rows::pieces);
        self.segment.store(&self.header, pieces)?;
        end(self.segment.counter())?;
        let rest = if odd { 1 } else { 2 };
        self.header.write_sequence = self.header.write_sequence.wrapping_add(rest);
        // Behind all the rest: who is woken by it finds the frame.
        self.segment.touch(self.header.frame_sequence as u8)
    }

    /// True if what was stored is still there.
    fn is_whole(&self) -> bool {
        self.segment.is_intact() && self.segment.has_header(&self.header)
    }

    /// Stores the header with nothing new in it but its count of dropped frames.
    fn restore_count(&mut self) -> Result<(), ShmError> {
        if !self.segment.is_intact() {
            // It is made anew when there is a frame for it.
            return Ok(());
        }
        self.store(&[])
            .map_err(ShmError::system("write", &self.name))
    }

    /// Makes the segment anew, without a frame.
    fn replace(&mut self) -> Result<(), ShmError> {
        let empty = self.header.emptied();
        // The old one stays locked until the new one is there: to its readers nobody has died.
        let old = Some(self.segment.identity());
        let new = claim::claim(file_name(&self.name), self.size, &empty, old)?;
        let old = std::mem::replace(&mut self.segment, new);
        old.counter().wake();
        self.header.write_sequence = 0;
        self.replaced += 1;
        Ok(())
    }

    /// The frame could not be written to its end: there is none, and the next one is written to a
    /// new segment.
    fn withdraw(&mut self) {
        self.segment.unlink(file_name(&self.name));
    }

    /// Its name, as it was given.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Bytes of the segment.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Frames that readers could see.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Frames that did not fit.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.header.dropped
    }

    /// How often somebody has removed the segment or cut it short, and it was made anew.
    #[must_use]
    pub fn replaced(&self) -> u64 {
        self.replaced
    }
}

impl Drop for FrameWriter {
    fn drop(&mut self) {
        // The counter is even: a frame is written as a whole, or the segment is given up.
        self.segment.unlink(file_name(&self.name));
        self.segment.counter().wake();
    }
}

fn check_size(name: &str, size: u64) -> Result<(), ShmError> {
    let wrong = |why: String| ShmError::Size {
        name: name.to_owned(),
        size,
        why,
    };
    if size <= HEADER_SIZE as u64 {
        return Err(wrong(format!(
            "its header alone has {HEADER_SIZE}; add the bytes of a frame"
        )));
    }
    let free = free_bytes().map_err(ShmError::system("look for room for", name))?;
    if size > free {
        return Err(wrong(format!("/dev/shm has room for {free}")));
    }
    Ok(())
}
