//! A segment that is being read.

use std::io;
use std::time::Duration;

use crate::seqlock::{enter, is_whole};
use crate::sys::{Identity, Mapping, Occupant, ReadSegment, SharedCounter, Woken};
use crate::sys::{has_writer, occupant};
use crate::wire::{HEADER_SIZE, Layout, NotAFrame, SEQUENCE_AT};
use crate::{Extras, FrameHeader};

/// How often it is looked for a frame of a writer that wakes nobody.
const POLL: Duration = Duration::from_millis(1);

/// What has a name.
#[derive(Debug)]
pub(super) enum Opened {
    /// Nothing.
    Nobody,
    /// Something that is no segment, or none yet.
    Unusable(String),
    /// A segment.
    Segment(Box<Attached>),
}

/// What a look at a segment shows. The number is the counter, as it was read.
#[derive(Debug)]
pub(super) enum Seen {
    /// The newest frame, whether new or not.
    Frame(Box<FrameHeader>, u32),
    /// No frame yet.
    Nothing(u32),
    /// A frame is being written.
    Writing(u32),
    /// One was written meanwhile.
    Changed,
    /// Somebody has cut it short.
    Short,
    /// The header is wrong.
    Broken(String),
}

/// A segment, opened.
#[derive(Debug)]
pub(super) struct Attached {
    file: ReadSegment,
    layout: Layout,
    /// What a writer of this crate said of itself.
    writer: Option<Extras>,
    /// What a wait sleeps on: there is one where the writer wakes.
    counter: Option<SharedCounter>,
    /// Made when somebody wants to see a frame where it is.
    map: Option<Mapping>,
}

impl Attached {
    /// Opens what has the name `file`.
    pub(super) fn open(file: &str) -> io::Result<Opened> {
        let file = match occupant(file)? {
            Occupant::Nobody => return Ok(Opened::Nobody),
            Occupant::Other => return Ok(Opened::Unusable("it is a link or a folder".to_owned())),
            Occupant::File(file) => ReadSegment::new(file)?,
        };
        let Some(header) = file.header()? else {
            let why = format!(
                "it has {} bytes, and its header takes {HEADER_SIZE}",
                file.size()?
            );
            return Ok(Opened::Unusable(why));
        };
        let layout = match Layout::detect(&header) {
            Some(layout) => layout,
            // Its writer has made it, and has no frame yet.
            None if header == [0; HEADER_SIZE] => Layout::NATURAL,
            None => {
                return Ok(Opened::Unusable(format!(
                    "it begins with {:02x?}",
                    &header[..4]
                )));
            }
        };
        let writer = layout.extras(&header);
        let counter = match writer {
            Some(_) => Some(SharedCounter::new(&file, SEQUENCE_AT, false)?),
            None => None,
        };
        Ok(Opened::Segment(Box::new(Attached {
            file,
            layout,
            writer,
            counter,
            map: None,
        })))
    }

    /// Which file it is.
    pub(super) fn identity(&self) -> Identity {
        self.file.identity()
    }

    /// True if both were made by one writer.
    pub(super) fn is_of_writer_of(&self, other: &Attached) -> bool {
        let who = |one: &Attached| {
            one.writer
                .map(|it| (it.writer_pid, it.writer_start, it.began_ns))
        };
        self.writer.is_some() && who(self) == who(other)
    }

    /// The writer's process, if it says so.
    pub(super) fn writer_pid(&self) -> Option<u32> {
        self.writer.map(|writer| writer.writer_pid)
    }

    /// True if the writer lives; `None` if this cannot be known.
    pub(super) fn has_writer(&self) -> Option<bool> {
        self.writer.map(|_| has_writer(&self.file))
    }

    /// Looks for the newest frame.
    pub(super) fn look(&mut self) -> io::Result<Seen> {
        match self.try_look() {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(Seen::Short),
            looked => looked,
        }
    }

    fn try_look(&mut self) -> io::Result<Seen> {
        if self.writer.is_none() {
            // Which header it is shows in the first frame.
            self.layout = self.detect()?;
        }
        let counter = self.file.counter(self.layout);
        let entered = enter(&counter)?;
        if self.is_odd(entered) {
            return Ok(Seen::Writing(entered));
        }
        let header = self.header()?;
        let size = self.file.size()?;
        if !self.is_intact() {
            return Ok(Seen::Short);
        }
        if !is_whole(&counter, entered)? {
            return Ok(Seen::Changed);
        }
        Ok(match self.layout.parse(&header, size) {
            Ok(frame) => Seen::Frame(Box::new(frame), entered),
            Err(NotAFrame::Blank) => Seen::Nothing(entered),
            Err(NotAFrame::Broken(why)) => Seen::Broken(why),
        })
    }

    /// True if a frame is being written while the counter is this.
    pub(super) fn is_odd(&self, counter: u32) -> bool {
        self.layout.value(counter) % 2 == 1
    }

    fn header(&self) -> io::Result<[u8; HEADER_SIZE]> {
        let header = self.file.header()?;
        header.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    fn detect(&self) -> io::Result<Layout> {
        Ok(Layout::detect(&self.header()?).unwrap_or(self.layout))
    }

    /// The number of the frame that is there, or that is being written.
    pub(super) fn number(&self) -> Option<u32> {
        let header = self.header().ok()?;
        let size = self.file.size().ok()?;
        Some(self.layout.parse(&header, size).ok()?.frame_sequence)
    }

    /// True if no frame was written since the counter was `entered`.
    pub(super) fn is_unchanged(&self, entered: u32) -> bool {
        let counter = self.file.counter(self.layout);
        is_whole(&counter, entered).unwrap_or(false) && self.is_intact()
    }

    /// True if nobody has cut it short. Writers that do not say what they are may do it themselves.
    fn is_intact(&self) -> bool {
        self.writer.is_none() || self.file.is_intact()
    }

    /// Copies bytes from `at` on; false if there are not so many.
    pub(super) fn load(&self, at: usize, to: &mut [u8]) -> io::Result<bool> {
        self.file.load(at, to)
    }

    /// Waits until the counter is not `seen` any more, or it is time to look for other reasons.
    pub(super) fn wait(&self, seen: u32, limit: Duration) -> Woken {
        let counter = self.counter.as_ref();
        match counter.map(|counter| counter.wait(seen, limit)) {
            Some(Ok(woken)) => woken,
            // Nobody wakes, or the page is gone.
            None | Some(Err(_)) => {
                std::thread::sleep(limit.min(POLL));
                Woken::TimeOver
            }
        }
    }

    /// Where `len` bytes from `at` on are, which are in the file.
    pub(super) fn map(&mut self, at: usize, len: usize) -> io::Result<*const u8> {
        let end = at + len;
        let map = match self.map.take() {
            Some(map) if map.len() >= end => map,
            _ => Mapping::new(&self.file, end, false)?,
        };
        Ok(self.map.insert(map).address(at, len).cast_const())
    }
}
