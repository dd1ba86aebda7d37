//! Frames that lie in shared memory already: publishing one is to say that it is there.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bench_harness::{Result, machine};
use frame_lending::buffers::{Buffer, BufferKind, Buffers, Writing};
use frame_lending::engine::{
    FrameDescription, Lease, SharedMemory, Source, SourceError, Subscription,
};
use frame_lending::format::Format;
use frame_lending::message::PlanePlace;
use rustix::event::{EventfdFlags, eventfd};

/// Frames in the memory.
const SLOTS: u64 = 8;

/// A stream of frames of one size.
#[derive(Clone)]
pub struct Pool(Arc<Inner>);

struct Inner {
    width: u32,
    height: u32,
    format: Format,
    planes: Vec<PlanePlace>,
    memory: Buffer,
    /// A frame without padding.
    tight: Vec<u8>,
    newest: AtomicI64,
    bells: Mutex<Vec<Arc<OwnedFd>>>,
}

impl Pool {
    pub fn new(width: u32, height: u32) -> Result<Pool> {
        let format = Format::named("NV12").ok_or("no such format")?;
        let planes = format.tight(width, height).ok_or("no such size")?.to_vec();
        let frame: u64 = planes.iter().map(|plane| plane.size).sum();
        let mut memory = Buffers::new(BufferKind::Memfd)?.get((frame * SLOTS) as usize)?;
        let tight = vec![7; frame as usize];
        let mut writing = memory.begin()?;
        for _ in 0..SLOTS {
            writing.put(&tight)?;
        }
        writing.end()?;
        Ok(Pool(Arc::new(Inner {
            width,
            height,
            format,
            planes,
            memory,
            tight,
            newest: AtomicI64::new(0),
            bells: Mutex::default(),
        })))
    }

    /// Bytes of a frame.
    pub fn frame(&self) -> usize {
        self.0.tight.len()
    }

    /// The next frame is there.
    pub fn publish(&self) {
        self.0.newest.fetch_add(1, Ordering::Release);
        let bells = self.0.bells.lock();
        for bell in &*bells.unwrap_or_else(PoisonError::into_inner) {
            // It can only be full, and then it rings.
            let _ = rustix::io::write(bell, &1u64.to_ne_bytes());
        }
    }
}

impl Source for Pool {
    fn streams(&self) -> Vec<String> {
        vec!["bench".to_owned()]
    }

    fn subscribe(&self, stream: &str) -> std::result::Result<Box<dyn Subscription>, SourceError> {
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        let bell = eventfd(0, flags).map_err(|error| SourceError::Failed {
            stream: stream.to_owned(),
            what: error.to_string(),
        })?;
        let bell = Arc::new(bell);
        let mut bells = self.0.bells.lock().unwrap_or_else(PoisonError::into_inner);
        bells.push(Arc::clone(&bell));
        Ok(Box::new(View {
            pool: self.clone(),
            bell,
            // The newest that is there is new to whoever comes.
            seen: (self.0.newest.load(Ordering::Acquire) - 1).max(0),
            dropped: 0,
        }))
    }
}

struct View {
    pool: Pool,
    bell: Arc<OwnedFd>,
    seen: i64,
    dropped: u64,
}

impl Subscription for View {
    fn fd(&mut self) -> std::result::Result<BorrowedFd<'_>, SourceError> {
        Ok(self.bell.as_fd())
    }

    fn newest(&mut self) -> std::result::Result<Option<Box<dyn Lease>>, SourceError> {
        // Nothing to read is as good.
        let _ = rustix::io::read(&self.bell, &mut [0; 8]);
        let sequence = self.pool.0.newest.load(Ordering::Acquire);
        if sequence == self.seen {
            return Ok(None);
        }
        self.dropped += (sequence - self.seen - 1).unsigned_abs();
        self.seen = sequence;
        Ok(Some(Box::new(Held {
            pool: self.pool.clone(),
            sequence,
            taken: machine::now(),
        })))
    }

    fn dropped(&self) -> u64 {
        self.dropped
    }

    fn is_short(&mut self) -> bool {
        false
    }
}

struct Held {
    pool: Pool,
    sequence: i64,
    /// When the engine took it, by the clock of the benches.
    taken: u64,
}

impl Lease for Held {
    fn description(&self) -> FrameDescription {
        FrameDescription {
            sequence: self.sequence,
            width: self.pool.0.width,
            height: self.pool.0.height,
            format: self.pool.0.format,
            timestamp: self.taken.cast_signed(),
            pts_ns: None,
        }
    }

    fn shared(&self) -> Option<SharedMemory<'_>> {
        let frame = self.pool.0.tight.len() as u64;
        let start = self.sequence.unsigned_abs() % SLOTS * frame;
        let planes = self.pool.0.planes.iter().map(|plane| PlanePlace {
            offset: start + plane.offset,
            ..*plane
        });
        Some(SharedMemory {
            id: 0,
            fd: self.pool.0.memory.as_fd(),
            planes: planes.collect(),
            is_dma_buf: false,
        })
    }

    fn copy_to(&self, to: &mut Writing<'_>) -> std::result::Result<(), SourceError> {
        Ok(to.put(&self.pool.0.tight)?)
    }

    fn time_limit(&self) -> Option<Duration> {
        None
    }
}
