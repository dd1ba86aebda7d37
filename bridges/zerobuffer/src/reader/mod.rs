//! The reader: makes the buffer, and lends its frames.

mod creating;
mod stale;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::config::BufferConfig;
use crate::error::{Error, Result};
use crate::failpoint::{Point, reach};
use crate::fault::{Fault, planted};
use crate::frame::Frame;
use crate::metadata;
use crate::pace::{Pace, spin};
use crate::ring::{ReadFault, ReaderRing, Words};
use crate::shared::{Shared, Waker};
use crate::sys::{Life, Peer, has_locked_writer};
use crate::wire::field;

use std::sync::atomic::{AtomicBool, Ordering};

/// Makes a buffer and reads what its writer, another process, writes.
///
/// ```
/// use std::time::Duration;
/// use zerobuffer::{BufferConfig, Reader, Writer};
///
/// # let name = format!("zb-doc-reader-{}", std::process::id());
/// let mut reader = Reader::create(&name, &BufferConfig::new(1024, 1 << 20))?;
/// let mut writer = Writer::connect(&name)?; // usually in another process
/// writer.write(b"a frame")?;
///
/// let frame = reader.read(Duration::from_secs(5))?.expect("a frame in time");
/// assert_eq!((frame.sequence(), frame.to_vec()), (1, b"a frame".to_vec()));
/// # Ok::<(), zerobuffer::Error>(())
/// ```
#[derive(Debug)]
pub struct Reader {
    shared: Arc<Shared>,
    ring: ReaderRing,
    /// The writer's process, since it was first seen.
    writer: Option<Peer>,
    /// Somebody who waited for a writer was told that there is one.
    told_of_writer: AtomicBool,
    /// Frames whose semaphore was taken, or that a dead writer did not announce.
    announced: u64,
    frames_read: u64,
    bytes_read: u64,
}

impl Reader {
    /// Makes the buffer `name`. What a dead reader of this name left is removed.
    ///
    /// The memory for it is taken now, so that nobody fails for want of it later.
    pub fn create(name: &str, config: &BufferConfig) -> Result<Reader> {
        let shared = creating::create(name, config)?;
        let payload = shared.segment.payload();
        Ok(Reader {
            shared: Arc::new(shared),
            ring: ReaderRing::new(payload, config.sequence),
            writer: None,
            told_of_writer: AtomicBool::new(false),
            announced: 0,
            frames_read: 0,
            bytes_read: 0,
        })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// Bytes of the metadata block.
    pub fn metadata_size(&self) -> u64 {
        self.shared.segment.geometry().metadata_size as u64
    }

    /// Bytes of the payload block.
    pub fn payload_size(&self) -> u64 {
        self.shared.segment.payload()
    }

    /// Frames read so far.
    pub fn frames_read(&self) -> u64 {
        self.frames_read
    }

    /// Bytes of the frames read so far.
    pub fn bytes_read(&self) -> u64 {
        self.bytes_read
    }

    /// Frames whose space is not free yet: held, or given back behind one that is held.
    pub fn frames_held(&self) -> usize {
        self.shared.held.count()
    }

    /// What the writer says of its frames; `None` if it has said nothing yet. No semaphore tells
    /// when it does: it usually has when the first frame comes.
    pub fn metadata(&self) -> Result<Option<Vec<u8>>> {
        metadata::read(&self.shared.segment, &self.shared.name)
    }

    /// The process that is connected as writer, in its own numbering.
    pub fn writer_pid(&self) -> Option<u64> {
        let pid = self
            .shared
            .segment
            .load(field::WRITER_PID, Ordering::Acquire);
        (pid != 0).then_some(pid)
    }

    /// Whether a live writer is connected; waits for one until the time is over.
    pub fn is_writer_connected(&self, timeout: Duration) -> bool {
        let deadline = Instant::now().checked_add(timeout);
        let mut pace = Pace::for_arrival();
        loop {
            if self.looks_alive() {
                self.told_of_writer.store(true, Ordering::Relaxed);
                return true;
            }
            let Some(limit) = pace.next(deadline) else {
                return false;
            };
            // A writer of ours wakes who waits; others are looked for.
            let frames = &self.shared.frames;
            frames.sleep(frames.value(), limit);
        }
    }

    fn looks_alive(&self) -> bool {
        let file = self.shared.segment.file();
        self.writer_pid().is_some_and(|pid| {
            let lives = |peer: &Peer| peer.pid() == pid && peer.life(file) == Life::Alive;
            has_locked_writer(file)
                || self.writer.as_ref().is_some_and(lives)
                || lives(&Peer::find(pid, file))
        })
    }

    /// Something that ends a [`read`](Reader::read) which waits, from another thread.
    pub fn waker(&self) -> Waker {
        Waker::new(&self.shared)
    }

    /// The next frame, read in place. `None` if none came in time, or somebody used a
    /// [`waker`](Reader::waker).
    ///
    /// # Errors
    /// [`Error::WriterDead`] when there was a writer, all its frames are read, and it is gone: at
    /// once if it closed, and within a second if it died. A later writer is read by calling again;
    /// [`is_writer_connected`](Reader::is_writer_connected) waits for one.
    /// [`Error::SequenceGap`] and [`Error::Corrupt`] stay: the buffer is of no use any more.
    pub fn read(&mut self, timeout: Duration) -> Result<Option<Frame>> {
        if !self.shared.held.has_room() {
            let (name, held) = (self.name().to_owned(), self.frames_held());
            return Err(Error::TooManyFramesHeld { name, held });
        }
        if self.announced == 0 && !self.wait_for_frame(timeout)? {
            return Ok(None);
        }
        reach(Point::TokenTaken);
        let shared = &self.shared;
        let span = self.ring.next(&shared.segment, &shared.held);
        let span = span.map_err(|fault| wrong(&shared.name, fault))?;
        self.announced -= 1;
        // The end of the payload that was left out, if nobody holds a frame before it.
        shared.give_back();
        self.frames_read += 1;
        self.bytes_read += span.size;
        Ok(Some(Frame::new(Arc::clone(shared), span)))
    }

    /// Waits until a frame is announced; false if none is in time.
    fn wait_for_frame(&mut self, timeout: Duration) -> Result<bool> {
        if self.take_token() {
            return Ok(true);
        }
        if timeout.is_zero() {
            self.take_marker();
            return self.take_token_or_end(true);
        }
        if spin(|| self.shared.frames.value() > 0) && self.take_token() {
            return Ok(true);
        }
        let shared = Arc::clone(&self.shared);
        let _waiting = shared.waiting();
        let deadline = Instant::now().checked_add(timeout);
        let mut pace = Pace::for_life();
        let mut slept = false;
        loop {
            self.take_marker();
            if self.take_token_or_end(slept)? {
                return Ok(true);
            }
            if shared.take_wake() {
                return Ok(false);
            }
            let Some(limit) = pace.next(deadline) else {
                return Ok(false);
            };
            slept = shared.frames.sleep(0, limit);
        }
    }

    fn take_token(&mut self) -> bool {
        let taken = self.shared.frames.try_take();
        self.announced += u64::from(taken);
        taken
    }

    fn take_marker(&mut self) {
        let shared = &self.shared;
        if !planted(Fault::NoEarlyMarker) && self.ring.take_marker(&shared.segment, &shared.held) {
            shared.give_back();
            shared.space.post();
        }
    }

    /// A token if there is one; an error if there will be none, as the writer is gone. Whether it
    /// has died is only asked if `ask`, as that asks the kernel.
    fn take_token_or_end(&mut self, ask: bool) -> Result<bool> {
        let gone = match self.writer_pid() {
            None => self.had_any_writer(),
            Some(pid) => ask && self.has_died(pid),
        };
        let gone = gone && !planted(Fault::WriterDeathUnseen);
        // After the look at the writer: what it announced before it went is there now.
        if self.take_token() {
            return Ok(true);
        }
        if !gone {
            return Ok(false);
        }
        if self.mend() {
            return Ok(true);
        }
        let name = self.name().to_owned();
        Err(Error::WriterDead { name })
    }

    /// True if there was a writer at some time; it may have come and gone while nobody looked.
    fn had_any_writer(&self) -> bool {
        let told = |field| self.shared.segment.load(field, Ordering::Acquire) > 0;
        self.writer.is_some()
            || self.told_of_writer.load(Ordering::Relaxed)
            || told(field::WRITTEN_COUNT)
            || told(field::METADATA_WRITTEN)
    }

    fn has_died(&mut self, pid: u64) -> bool {
        let file = self.shared.segment.file();
        let known = match self.writer.take() {
            Some(known) if known.pid() == pid => known,
            _ => Peer::find(pid, file),
        };
        let known = self.writer.insert(known);
        if has_locked_writer(file) || known.life(file) == Life::Alive {
            return false;
        }
        // Perhaps there is a later one of the same number.
        let later = Peer::find(pid, file);
        self.writer.insert(later).life(file) == Life::Dead
    }

    /// After the death of a writer: true if there are frames that it did not announce.
    fn mend(&mut self) -> bool {
        if planted(Fault::NoMending) {
            return false;
        }
        let shared = &self.shared;
        let pid = self.writer_pid();
        // One that connects now may have the number of the one before, and then has the lock.
        let still_dead = || {
            shared.segment.load(field::WRITER_PID, Ordering::Acquire) == pid.unwrap_or(0)
                && !has_locked_writer(shared.segment.file())
        };
        self.announced = self.ring.mend(&shared.segment, &shared.held, still_dead);
        self.announced > 0
    }
}

fn wrong(name: &str, fault: ReadFault) -> Error {
    let name = name.to_owned();
    match fault {
        ReadFault::Sequence { expected, got } => Error::SequenceGap {
            name,
            expected,
            got,
        },
        ReadFault::Corrupt(what) => Error::Corrupt { name, what },
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.shared.close();
    }
}
