//! Reading frames, whoever wrote them.

mod attached;
mod view;
mod waiting;

use std::time::{Duration, Instant};

use crate::names::file_name;
use crate::sys::{Arrivals, Identity};
use crate::{FrameHeader, ShmError, validate_name};
use attached::{Attached, Opened, Seen};
pub use view::View;
use waiting::Stall;

/// Reads the newest frame of a segment, each once.
///
/// It reads what this crate writes, and headers of others: with fields that are not aligned, or of
/// the other byte order. It sleeps where the writer wakes, and looks once a millisecond where it
/// does not. A writer of this crate that dies is noticed within 100 ms; the next one is followed,
/// and a segment that was made anew too. Nothing that others do to the segment can harm the process
/// that reads, unless it looks behind [`View::as_ptr`].
///
/// ```
/// use std::time::Duration;
/// use vizion::{FrameInfo, FrameReader, FrameWriter, PixelFormat, Rows};
///
/// # let name = format!("/vz-doc-reader-{}", std::process::id());
/// let mut writer = FrameWriter::create(&name, 4096)?;
/// let mut reader = FrameReader::open(&name)?;
/// let info = FrameInfo { width: 16, height: 8, format: PixelFormat::Bgr, timestamp_ns: 1 };
/// writer.write(&info, &[Rows::packed(&[7; 16 * 8 * 3])])?;
///
/// let mut picture = Vec::new();
/// let header = reader.read(&mut picture, Duration::from_secs(1))?.expect("a frame in time");
/// assert_eq!((header.width, header.frame_sequence), (16, 1));
/// assert_eq!(picture, [7; 16 * 8 * 3]);
/// # Ok::<(), vizion::ShmError>(())
/// ```
#[derive(Debug)]
pub struct FrameReader {
    name: String,
    current: Option<Box<Attached>>,
    /// Tells of new names while there is no segment.
    arrivals: Option<Arrivals>,
    /// Segments of which the end was told are not read again.
    finished: Option<Identity>,
    /// The frame that was read last.
    seen: Option<u32>,
    /// The one before the next, if none is missed.
    base: u32,
    stall: Option<Stall>,
    /// When it was last looked whether the writer is there.
    looked: Option<Instant>,
    missed: u64,
    reopened: u64,
    torn: u64,
}

impl FrameReader {
    /// Opens the segment `name`, which must be there. The frame in it is the first that is read.
    pub fn open(name: &str) -> Result<FrameReader, ShmError> {
        let mut reader = FrameReader::unattached(name)?;
        let file = file_name(name);
        match Attached::open(file).map_err(ShmError::system("open", name))? {
            Opened::Nobody => Err(ShmError::NotFound {
                name: name.to_owned(),
            }),
            Opened::Unusable(why) => Err(reader.invalid(why)),
            Opened::Segment(segment) => {
                reader.begin(segment)?;
                Ok(reader)
            }
        }
    }

    /// Opens the segment `name`, now or when there is one.
    pub fn await_open(name: &str, timeout: Duration) -> Result<Option<FrameReader>, ShmError> {
        let mut reader = FrameReader::unattached(name)?;
        let deadline = Instant::now().checked_add(timeout);
        while reader.current.is_none() {
            match reader.find(deadline)? {
                Some(segment) => reader.begin(segment)?,
                None => return Ok(None),
            }
        }
        Ok(Some(reader))
    }

    fn unattached(name: &str) -> Result<FrameReader, ShmError> {
        validate_name(name)?;
        Ok(FrameReader {
            name: name.to_owned(),
            current: None,
            arrivals: None,
            finished: None,
            seen: None,
            base: 0,
            stall: None,
            looked: None,
            missed: 0,
            reopened: 0,
            torn: 0,
        })
    }

    /// Frames before the one that is there are not missed.
    fn begin(&mut self, mut segment: Box<Attached>) -> Result<(), ShmError> {
        self.base = match segment.look().map_err(self.failed())? {
            Seen::Frame(header, _) => header.frame_sequence.wrapping_sub(1),
            _ => segment.number().unwrap_or(0),
        };
        self.arrivals = None;
        self.current = Some(segment);
        Ok(())
    }

    /// Waits for a new frame, and returns its header; `None` if there was none in time.
    pub fn next(&mut self, timeout: Duration) -> Result<Option<FrameHeader>, ShmError> {
        let deadline = Instant::now().checked_add(timeout);
        let found = self.await_frame(deadline)?;
        Ok(found.map(|(header, _)| {
            self.count(&header);
            *header
        }))
    }

    /// Waits for a new frame, and copies it to `into`, which has its size then; `None` if there was
    /// none in time. A frame that is written over meanwhile is missed, and the next one is copied.
    pub fn read(
        &mut self,
        into: &mut Vec<u8>,
        timeout: Duration,
    ) -> Result<Option<FrameHeader>, ShmError> {
        let deadline = Instant::now().checked_add(timeout);
        loop {
            let Some((header, entered)) = self.await_frame(deadline)? else {
                return Ok(None);
            };
            let more = header.data_size.saturating_sub(into.len());
            into.try_reserve_exact(more)
                .map_err(|_| self.failed()(std::io::ErrorKind::OutOfMemory.into()))?;
            into.resize(header.data_size, 0);
            let failed = self.failed();
            if let Some(segment) = &self.current
                && segment.load(header.data_at, into).map_err(failed)?
                && segment.is_unchanged(entered)
            {
                self.count(&header);
                return Ok(Some(*header));
            }
            self.torn += 1;
            if waiting::is_over(deadline) {
                return Ok(None);
            }
        }
    }

    /// Waits for a new frame, and shows it where it is; `None` if there was none in time. Whether it
    /// was written over meanwhile, [`View::still_valid`] tells.
    pub fn view(&mut self, timeout: Duration) -> Result<Option<View<'_>>, ShmError> {
        let deadline = Instant::now().checked_add(timeout);
        let Some((header, entered)) = self.await_frame(deadline)? else {
            return Ok(None);
        };
        self.count(&header);
        let failed = self.failed();
        let name = &self.name;
        match &mut self.current {
            None => Ok(None),
            Some(segment) => {
                let mapped = segment.map(header.data_at, header.data_size);
                let first = mapped.map_err(failed)?;
                Ok(Some(View::new(name, segment, *header, entered, first)))
            }
        }
    }

    fn is_new(&self, header: &FrameHeader) -> bool {
        self.seen != Some(header.frame_sequence)
    }

    /// A frame is delivered: those between the last one and it were missed. A number that went
    /// back is that of a writer that began again in place.
    fn count(&mut self, header: &FrameHeader) {
        let step = header.frame_sequence.wrapping_sub(self.base);
        if (1..1 << 31).contains(&step) {
            self.missed += u64::from(step - 1);
        }
        self.base = header.frame_sequence;
        self.seen = Some(header.frame_sequence);
    }

    fn failed(&self) -> impl FnOnce(std::io::Error) -> ShmError + use<> {
        ShmError::system("read", &self.name)
    }

    fn invalid(&self, why: String) -> ShmError {
        let name = self.name.clone();
        ShmError::Invalid { name, why }
    }

    /// Its name, as it was given.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Frames that were written since the segment was opened, and not delivered.
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.missed
    }

    /// How often a new segment of this name was followed.
    #[must_use]
    pub fn reopened(&self) -> u64 {
        self.reopened
    }

    /// Copies that were thrown away because the frame was written over meanwhile.
    #[must_use]
    pub fn torn(&self) -> u64 {
        self.torn
    }

    /// The writer's process, if it says so: by its number in its own PID namespace.
    #[must_use]
    pub fn writer_pid(&self) -> Option<u32> {
        self.current.as_ref()?.writer_pid()
    }
}
