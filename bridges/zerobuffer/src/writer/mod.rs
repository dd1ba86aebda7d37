//! The writer: connects to a buffer, and writes frames into its ring.

mod connecting;
mod taking_over;
mod waiting;

use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::config::DEFAULT_TIMEOUT;
use crate::error::{Error, Result};
use crate::failpoint::{Point, reach};
use crate::fault::{Fault, planted};
use crate::frame_buffer::FrameBuffer;
use crate::metadata;
use crate::outlet::Outlet;
use crate::ring::{Placement, Refused, Words};
use crate::sys::{Life, Peer, is_locked, is_same_file, own_pid, shared_dir};
use crate::wire::{HEADER_SIZE, Names, field};
use taking_over::Suspect;

/// Writes frames into a buffer that a [`Reader`](crate::Reader), usually in another process, made.
///
/// ```
/// # use std::time::Duration;
/// use zerobuffer::{BufferConfig, Reader, Writer};
///
/// # let name = format!("zb-doc-writer-{}", std::process::id());
/// # let mut reader = Reader::create(&name, &BufferConfig::new(1024, 1 << 20))?;
/// let mut writer = Writer::connect(&name)?;
/// writer.set_metadata(b"{\"format\":\"GRAY8\"}")?;
///
/// // Copied into the ring,
/// writer.write(&[1, 2, 3])?;
/// // or made there.
/// let mut place = writer.buffer(4)?;
/// place.copy_from(0, &[4, 5]);
/// place.copy_from(2, &[6, 7]);
/// assert_eq!(place.commit(), 2);
/// # assert_eq!(reader.read(Duration::ZERO)?.expect("a frame").to_vec(), [1, 2, 3]);
/// # assert_eq!(reader.read(Duration::ZERO)?.expect("a frame").to_vec(), [4, 5, 6, 7]);
/// # Ok::<(), zerobuffer::Error>(())
/// ```
#[derive(Debug)]
pub struct Writer {
    outlet: Outlet,
    reader: Peer,
    /// What a writer that died may have left undone, until that is known.
    suspect: Option<Suspect>,
    write_timeout: Duration,
}

impl Writer {
    /// Connects to the buffer `name`. If its reader is just making it, waits half a second for it
    /// to be ready.
    ///
    /// A writer that comes after another goes on with its numbers.
    pub fn connect(name: &str) -> Result<Writer> {
        connecting::connect(name)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.outlet.name
    }

    /// Bytes of the metadata block.
    pub fn metadata_size(&self) -> u64 {
        self.outlet.segment.geometry().metadata_size as u64
    }

    /// Bytes of the payload block.
    pub fn payload_size(&self) -> u64 {
        self.outlet.segment.payload()
    }

    /// Bytes of the largest frame: the payload without a header.
    pub fn max_frame_size(&self) -> u64 {
        self.payload_size() - HEADER_SIZE as u64
    }

    /// How long a write waits for space.
    pub fn write_timeout(&self) -> Duration {
        self.write_timeout
    }

    /// Sets how long a write waits for space; 5 s if never set, 0 not to wait.
    pub fn set_write_timeout(&mut self, timeout: Duration) {
        self.write_timeout = timeout;
    }

    /// The number of the next frame.
    pub fn next_sequence(&self) -> u64 {
        self.outlet.ring.next()
    }

    /// Frames written by this writer.
    pub fn frames_written(&self) -> u64 {
        self.outlet.frames_written
    }

    /// Bytes of the frames written by this writer.
    pub fn bytes_written(&self) -> u64 {
        self.outlet.bytes_written
    }

    /// Frames that were written and not read.
    pub fn frames_unread(&self) -> u32 {
        self.outlet.frames.value()
    }

    /// Whether the reader has read all that was written, by whomever.
    pub(crate) fn is_read(&mut self) -> bool {
        self.clear_suspect();
        self.suspect.is_none() && self.frames_unread() == 0
    }

    /// Whether the reader has given back the space of all that was written.
    pub(crate) fn is_given_back(&self) -> bool {
        self.free().is_ok_and(|free| free == self.payload_size())
    }

    /// The process that reads, in its own numbering; `None` if it has closed the buffer.
    pub fn reader_pid(&self) -> Option<u64> {
        let pid = self
            .outlet
            .segment
            .load(field::READER_PID, Ordering::Acquire);
        (pid != 0).then_some(pid)
    }

    /// Whether the reader lives.
    pub fn is_reader_connected(&self) -> bool {
        self.reader_pid().is_some() && self.reader_lives()
    }

    fn reader_lives(&self) -> bool {
        self.reader.life(self.outlet.segment.file()) == Life::Alive || self.has_lock_of_reader()
    }

    /// Whether there is a lock, and not that of a later reader of this name.
    fn has_lock_of_reader(&self) -> bool {
        let file = self.outlet.segment.file();
        let is_named = shared_dir().is_ok_and(|dir| is_same_file(dir, &self.outlet.name, file));
        is_named && is_locked(&Names::new(&self.outlet.name).lock_path())
    }

    /// Says what the frames are, once in a buffer's life; the reader takes it as bytes.
    pub fn set_metadata(&mut self, data: &[u8]) -> Result<()> {
        metadata::write(&self.outlet.segment, &self.outlet.name, data)?;
        self.outlet.frames.wake_all();
        Ok(())
    }

    /// Copies a frame into the ring, and returns its number. Waits for space if there is none.
    ///
    /// # Errors
    /// [`Error::BufferFull`] after the time-out, [`Error::ReaderDead`],
    /// [`Error::FrameTooLarge`], [`Error::FrameUnplaceable`], [`Error::InvalidFrameSize`]; the
    /// frame is not written then.
    pub fn write(&mut self, data: &[u8]) -> Result<u64> {
        let placement = self.reserve(data.len())?;
        self.outlet
            .segment
            .store_data(placement.at + HEADER_SIZE as u64, data);
        let sequence = self.outlet.ring.next();
        Ok(self.outlet.commit(&placement, sequence, data.len()))
    }

    /// Lends a place in the ring for a frame of `size` bytes, to be made there. Errors as for
    /// [`write`](Writer::write).
    pub fn buffer(&mut self, size: usize) -> Result<FrameBuffer<'_>> {
        let placement = self.reserve(size)?;
        let sequence = self.outlet.ring.next();
        Ok(FrameBuffer::new(
            &mut self.outlet,
            placement,
            size,
            sequence,
        ))
    }

    /// Waits for space for a frame, and makes its place ready.
    fn reserve(&mut self, size: usize) -> Result<Placement> {
        if self.reader_pid().is_none() && !planted(Fault::ReaderDeathUnseen) {
            return Err(self.reader_dead());
        }
        self.clear_suspect();
        let mut placement = self.place(size)?;
        if self.free()? < placement.need {
            placement = self.wait_for_space(size, placement)?;
        }
        if placement.tail > 0 {
            self.outlet.ring.wrap(&self.outlet.segment);
        }
        self.outlet.ring.begin(&self.outlet.segment, &placement);
        reach(Point::PlaceBegun);
        Ok(placement)
    }

    fn place(&self, size: usize) -> Result<Placement> {
        let name = || self.outlet.name.clone();
        let (size, payload_size) = (size as u64, self.payload_size());
        self.outlet
            .ring
            .place(size)
            .map_err(|refused| match refused {
                Refused::Empty => Error::InvalidFrameSize,
                Refused::TooLarge => Error::FrameTooLarge {
                    name: name(),
                    size,
                    payload_size,
                },
                Refused::LeavesStub => Error::FrameUnplaceable {
                    name: name(),
                    size,
                    payload_size,
                    padded: payload_size - HEADER_SIZE as u64,
                },
            })
    }

    fn free(&self) -> Result<u64> {
        let free = self
            .outlet
            .ring
            .free(&self.outlet.segment)
            .ok_or_else(|| Error::Corrupt {
                name: self.outlet.name.clone(),
                what: format!(
                    "more than its payload of {} bytes is free",
                    self.payload_size()
                ),
            })?;
        let in_doubt = self.suspect.as_ref().map_or(0, Suspect::bytes);
        Ok(free.saturating_sub(in_doubt))
    }

    /// Finds out what the writer before left undone, as soon as that can be told.
    fn clear_suspect(&mut self) {
        if let Some(suspect) = &self.suspect
            && suspect.settle(&self.outlet.segment, &self.outlet.frames)
        {
            self.suspect = None;
        }
    }

    /// As `clear_suspect`, for the last time: nobody else will tell the reader. It is told once it
    /// waits, which nothing announces, and readers that read do soon: a second at most.
    fn wait_for_suspect(&mut self) {
        const LOOKS: u32 = 500;
        for _ in 0..LOOKS {
            self.clear_suspect();
            if self.suspect.is_none() || !self.is_reader_connected() {
                return;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Where its frames go, for a place that it has lent.
    pub(crate) fn outlet(&mut self) -> &mut Outlet {
        &mut self.outlet
    }

    fn reader_dead(&self) -> Error {
        let name = self.outlet.name.clone();
        Error::ReaderDead { name }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.wait_for_suspect();
        // Unless another took it for dead.
        if self.outlet.segment.replace(field::WRITER_PID, own_pid(), 0) {
            self.outlet.frames.wake_all();
        }
        tracing::debug!(
            name = self.outlet.name,
            frames = self.outlet.frames_written,
            "writer closed"
        );
    }
}
