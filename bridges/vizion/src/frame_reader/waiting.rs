//! Waiting for a frame, for a writer, and noticing that there is none any more.

use std::time::{Duration, Instant};

use super::attached::{Attached, Opened, Seen};
use super::{FrameReader, file_name};
use crate::sys::{Arrivals, Identity, Woken, is_named};
use crate::{FrameHeader, ShmError};

/// How often it is looked whether the writer is there while there are no frames: it is noticed
/// within 100 ms.
const CHECK: Duration = Duration::from_millis(40);
/// How long a frame may take to be written.
const STALLED: Duration = Duration::from_millis(250);
/// The same, if the writer is known to live: a busy machine may keep it from going on.
const STALLED_ALIVE: Duration = Duration::from_secs(1);
/// How often it is looked at a name that has no segment yet: its writer says nothing when it is
/// done.
const UNFINISHED: Duration = Duration::from_millis(5);

/// A frame that is being written.
#[derive(Debug)]
pub(super) struct Stall {
    counter: u32,
    since: Instant,
}

/// What is to be done about the writer.
enum Verdict {
    /// Nothing.
    Fine,
    /// Its process has ended.
    Dead(u32),
    /// It has removed the segment.
    Closed,
    /// There is a new segment.
    Next(Box<Attached>),
}

/// True if `deadline` is over; `None` never is.
pub(super) fn is_over(deadline: Option<Instant>) -> bool {
    left(deadline).is_zero()
}

fn left(deadline: Option<Instant>) -> Duration {
    deadline.map_or(Duration::MAX, |deadline| {
        deadline.saturating_duration_since(Instant::now())
    })
}

impl FrameReader {
    /// A frame that was not read before, and the counter with it.
    pub(super) fn await_frame(
        &mut self,
        deadline: Option<Instant>,
    ) -> Result<Option<(Box<FrameHeader>, u32)>, ShmError> {
        loop {
            let failed = self.failed();
            let Some(segment) = &mut self.current else {
                match self.find(deadline)? {
                    Some(segment) => self.follow(segment),
                    None => return Ok(None),
                }
                continue;
            };
            let counter = match segment.look().map_err(failed)? {
                Seen::Frame(header, entered) if self.is_new(&header) => {
                    self.stall = None;
                    return Ok(Some((header, entered)));
                }
                Seen::Frame(_, counter) | Seen::Nothing(counter) => {
                    self.stall = None;
                    counter
                }
                Seen::Writing(counter) => counter,
                Seen::Changed if is_over(deadline) => return Ok(None),
                Seen::Changed => continue,
                Seen::Short if self.is_left()? => continue,
                Seen::Short => self.short()?,
                Seen::Broken(_) if self.is_left()? => continue,
                Seen::Broken(why) => return Err(self.invalid(why)),
            };
            if self.looked.is_none_or(|looked| looked.elapsed() >= CHECK) {
                self.looked = Some(Instant::now());
                if let Some(frame) = self.inquire()? {
                    return Ok(Some(frame));
                }
            }
            self.check_stall(counter)?;
            if is_over(deadline) {
                return Ok(None);
            }
            self.sleep(counter, left(deadline).min(CHECK));
        }
    }

    fn sleep(&mut self, counter: u32, limit: Duration) {
        let Some(segment) = &self.current else { return };
        if segment.wait(counter, limit) == Woken::Look {
            // If there is no frame then, its writer wants something else to be seen.
            self.looked = None;
        }
    }

    /// True if there is another segment to be read instead of one that cannot be read.
    fn is_left(&mut self) -> Result<bool, ShmError> {
        let before = self.identity();
        self.inquire()?;
        Ok(self.identity() != before)
    }

    fn identity(&self) -> Option<Identity> {
        Some(self.current.as_ref()?.identity())
    }

    /// A segment that was cut short is made anew, if its writer lives and has a frame.
    fn short(&self) -> Result<u32, ShmError> {
        let segment = self.current.as_ref();
        match segment.and_then(|segment| segment.has_writer()) {
            Some(true) => Ok(0),
            _ => Err(self.invalid("somebody has cut it short".to_owned())),
        }
    }

    /// Looks after the writer. What it wrote last is read before anything else is done.
    fn inquire(&mut self) -> Result<Option<(Box<FrameHeader>, u32)>, ShmError> {
        let Some(segment) = &mut self.current else {
            return Ok(None);
        };
        let verdict = verdict(segment, file_name(&self.name)).map_err(self.failed())?;
        if matches!(verdict, Verdict::Fine) {
            return Ok(None);
        }
        let failed = self.failed();
        let last = match &mut self.current {
            Some(segment) => segment.look().map_err(failed)?,
            None => return Ok(None),
        };
        if let Seen::Frame(header, entered) = last
            && self.is_new(&header)
        {
            self.looked = None;
            return Ok(Some((header, entered)));
        }
        let name = self.name.clone();
        match verdict {
            Verdict::Fine => Ok(None),
            Verdict::Next(segment) => {
                self.follow(segment);
                Ok(None)
            }
            Verdict::Dead(pid) => {
                self.leave();
                Err(ShmError::WriterDead { name, pid })
            }
            Verdict::Closed => {
                self.leave();
                Err(ShmError::WriterClosed { name })
            }
        }
    }

    fn leave(&mut self) {
        self.finished = self.identity();
        self.current = None;
        self.stall = None;
    }

    /// Reads this segment from now on.
    fn follow(&mut self, segment: Box<Attached>) {
        let old = self.current.as_deref();
        if !old.is_some_and(|old| segment.is_of_writer_of(old)) {
            // Another writer begins with 1, also one of the same process.
            self.seen = None;
            self.base = 0;
        }
        self.current = Some(segment);
        self.arrivals = None;
        self.stall = None;
        self.reopened += 1;
    }

    /// Waits for a segment of the name.
    pub(super) fn find(
        &mut self,
        deadline: Option<Instant>,
    ) -> Result<Option<Box<Attached>>, ShmError> {
        let failed = || ShmError::system("wait for", &self.name);
        loop {
            let most = match Attached::open(file_name(&self.name)).map_err(failed())? {
                Opened::Segment(segment)
                    if self.finished != Some(segment.identity())
                        || segment.has_writer() == Some(true) =>
                {
                    return Ok(Some(segment));
                }
                Opened::Unusable(_) => UNFINISHED,
                Opened::Nobody | Opened::Segment(_) => Duration::MAX,
            };
            if is_over(deadline) {
                return Ok(None);
            }
            match &self.arrivals {
                Some(arrivals) => {
                    let wait = arrivals.wait(left(deadline).min(most));
                    wait.map_err(failed())?;
                }
                // And another look: a name that is given behind it is told.
                None => self.arrivals = Some(Arrivals::watch().map_err(failed())?),
            }
        }
    }

    /// Notices a frame that is not finished.
    fn check_stall(&mut self, counter: u32) -> Result<(), ShmError> {
        let Some(segment) = &self.current else {
            return Ok(());
        };
        if !segment.is_odd(counter) {
            return Ok(());
        }
        match &self.stall {
            Some(stall) if stall.counter == counter => {
                let since = stall.since.elapsed();
                let limit = match segment.has_writer() {
                    Some(true) => STALLED_ALIVE,
                    _ => STALLED,
                };
                if since < limit {
                    return Ok(());
                }
                self.stall = None;
                let name = self.name.clone();
                Err(ShmError::WriterStalled { name, since })
            }
            _ => {
                let since = Instant::now();
                self.stall = Some(Stall { counter, since });
                Ok(())
            }
        }
    }
}

fn verdict(segment: &Attached, file: &str) -> std::io::Result<Verdict> {
    // In this order: one that lets go of its segment has given the name to another one before.
    let writer = segment.has_writer();
    let named = is_named(file);
    if named == Some(segment.identity()) {
        let pid = segment.writer_pid().unwrap_or(0);
        return Ok(match writer {
            Some(false) => Verdict::Dead(pid),
            _ => Verdict::Fine,
        });
    }
    if named.is_some()
        && let Opened::Segment(next) = Attached::open(file)?
    {
        return Ok(Verdict::Next(next));
    }
    // One that lives makes it anew when it has a frame.
    Ok(match writer {
        Some(true) => Verdict::Fine,
        _ if named.is_some() => Verdict::Fine,
        _ => Verdict::Closed,
    })
}
