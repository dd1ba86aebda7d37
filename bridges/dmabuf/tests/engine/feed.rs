//! A source of frames: streams of memfds, written by the test.

use std::collections::BTreeMap;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use frame_lending::buffers::{Buffer, BufferKind, Buffers, Writing};
use frame_lending::engine::{
    FrameDescription, Lease, SharedMemory, Source, SourceError, Subscription,
};
use frame_lending::format::Format;
use frame_lending::message::PlanePlace;
use rustix::event::{EventfdFlags, eventfd};

pub const WIDTH: u32 = 37;
pub const HEIGHT: u32 = 11;
/// Bytes from one row to the next, where frames lie in place.
pub const STRIDE: u32 = 64;

pub fn format() -> Format {
    Format::named("NV12").expect("a format")
}

/// Bytes of a frame without padding.
pub fn tight_size() -> usize {
    let planes = format().tight(WIDTH, HEIGHT).expect("a size");
    planes.iter().map(|plane| plane.size as usize).sum()
}

/// The pixels of a frame: no two frames have the same.
pub fn pixels(stream: &str, sequence: i64) -> Vec<u8> {
    let seed = stream.bytes().map(i64::from).sum::<i64>() + sequence * 7;
    (0..tight_size() as i64)
        .map(|at| ((seed + at * at) % 251) as u8)
        .collect()
}

/// What the test publishes into.
#[derive(Clone)]
pub struct Feed {
    streams: Arc<BTreeMap<String, Arc<Stream>>>,
    pub time_limit: Option<Duration>,
}

struct Stream {
    number: u64,
    state: Mutex<State>,
    is_short: AtomicBool,
    /// Frames are taken back while they are copied, or looked at.
    evicts: AtomicBool,
}

struct State {
    buffers: Buffers,
    newest: Option<Arc<Frame>>,
    bells: Vec<Arc<OwnedFd>>,
    frames: Vec<Arc<Frame>>,
}

struct Frame {
    memory: u64,
    description: FrameDescription,
    buffer: Buffer,
    tight: Vec<u8>,
}

impl Feed {
    pub fn new(streams: &[&str]) -> Feed {
        let stream = |(number, name): (usize, &&str)| {
            let state = State {
                buffers: Buffers::new(BufferKind::Memfd).expect("memfds"),
                newest: None,
                bells: Vec::new(),
                frames: Vec::new(),
            };
            let stream = Stream {
                number: number as u64,
                state: Mutex::new(state),
                is_short: AtomicBool::new(false),
                evicts: AtomicBool::new(false),
            };
            ((*name).to_owned(), Arc::new(stream))
        };
        Feed {
            streams: Arc::new(streams.iter().enumerate().map(stream).collect()),
            time_limit: None,
        }
    }

    /// As [`publish`](Self::publish), into the memory of the frame before, which nobody holds.
    pub fn publish_in_same_memory(&self, stream: &str, sequence: i64) {
        let mut state = self.streams[stream].lock();
        state.newest = None;
        let frame = state.frames.pop().expect("a frame before");
        let frame = Arc::into_inner(frame).expect("nobody holds it");
        state.buffers.give_back(frame.buffer);
        drop(state);
        self.publish(stream, sequence);
    }

    pub fn publish(&self, stream: &str, sequence: i64) {
        let mut state = self.streams[stream].lock();
        let mut buffer = state.buffers.get(8192).expect("memory");
        let tight = pixels(stream, sequence);
        let mut writing = buffer.begin().expect("nothing to be told");
        for row in tight.chunks(WIDTH as usize).take(HEIGHT as usize) {
            writing.put(row).expect("it fits");
            writing.put(&[0xaa; 27]).expect("it fits");
        }
        let chroma = &tight[(WIDTH * HEIGHT) as usize..];
        for row in chroma.chunks(38) {
            writing.put(row).expect("it fits");
            writing.put(&[0xaa; 26]).expect("it fits");
        }
        writing.end().expect("nothing to be told");
        let frame = Arc::new(Frame {
            memory: self.streams[stream].number << 32 | buffer.id(),
            description: FrameDescription {
                sequence,
                width: WIDTH,
                height: HEIGHT,
                format: format(),
                timestamp: 1_700_000_000_000_000_000 + sequence,
                pts_ns: Some(sequence.wrapping_mul(40_000_000)),
            },
            buffer,
            tight,
        });
        state.frames.push(Arc::clone(&frame));
        state.newest = Some(frame);
        for bell in &state.bells {
            rustix::io::write(bell, &1u64.to_ne_bytes()).expect("it rings");
        }
    }

    /// Leases of the frames of a stream that are held now.
    pub fn held(&self, stream: &str) -> usize {
        let state = self.streams[stream].lock();
        let newest = state.newest.as_ref();
        let held = state.frames.iter().map(|frame| {
            let own = 1 + usize::from(newest.is_some_and(|newest| Arc::ptr_eq(newest, frame)));
            Arc::strong_count(frame) - own
        });
        held.sum()
    }

    /// Frames of a stream are taken back from now on while they are copied, or looked at; or not any
    /// more.
    pub fn evict(&self, stream: &str, evicts: bool) {
        self.streams[stream].evicts.store(evicts, Ordering::SeqCst);
    }

    /// Says that the publisher had to drop a frame.
    pub fn run_short(&self, stream: &str) {
        self.streams[stream].is_short.store(true, Ordering::SeqCst);
    }
}

impl Stream {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no test panicked in it")
    }
}

impl Source for Feed {
    fn streams(&self) -> Vec<String> {
        self.streams.keys().cloned().collect()
    }

    fn subscribe(&self, stream: &str) -> Result<Box<dyn Subscription>, SourceError> {
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        let bell = eventfd(0, flags).map_err(|error| SourceError::Failed {
            stream: stream.to_owned(),
            what: error.to_string(),
        })?;
        let bell = Arc::new(bell);
        let stream = Arc::clone(&self.streams[stream]);
        let mut state = stream.lock();
        state.bells.push(Arc::clone(&bell));
        let seen = state.newest.as_ref();
        let seen = seen.map_or(0, |frame| frame.description.sequence);
        drop(state);
        Ok(Box::new(View {
            stream,
            bell,
            seen,
            dropped: 0,
            time_limit: self.time_limit,
        }))
    }
}

struct View {
    stream: Arc<Stream>,
    bell: Arc<OwnedFd>,
    seen: i64,
    dropped: u64,
    time_limit: Option<Duration>,
}

impl Subscription for View {
    fn fd(&mut self) -> Result<BorrowedFd<'_>, SourceError> {
        Ok(self.bell.as_fd())
    }

    fn newest(&mut self) -> Result<Option<Box<dyn Lease>>, SourceError> {
        let _ = rustix::io::read(&self.bell, &mut [0; 8]);
        let state = self.stream.lock();
        let newest = state.newest.as_ref();
        let Some(frame) = newest.filter(|frame| frame.description.sequence > self.seen) else {
            return Ok(None);
        };
        let sequence = frame.description.sequence;
        self.dropped += (sequence - self.seen - 1) as u64;
        self.seen = sequence;
        Ok(Some(Box::new(Held {
            stream: Arc::clone(&self.stream),
            frame: Arc::clone(frame),
            time_limit: self.time_limit,
        })))
    }

    fn dropped(&self) -> u64 {
        self.dropped
    }

    fn is_short(&mut self) -> bool {
        self.stream.is_short.swap(false, Ordering::SeqCst)
    }
}

impl Drop for View {
    fn drop(&mut self) {
        let bell = &self.bell;
        let mut state = self.stream.lock();
        state.bells.retain(|other| !Arc::ptr_eq(other, bell));
    }
}

struct Held {
    stream: Arc<Stream>,
    frame: Arc<Frame>,
    time_limit: Option<Duration>,
}

impl Lease for Held {
    fn description(&self) -> FrameDescription {
        self.frame.description
    }

    fn shared(&self) -> Option<SharedMemory<'_>> {
        let rows = u64::from(HEIGHT);
        let luma = rows * u64::from(STRIDE);
        let place = |offset, size| PlanePlace {
            offset,
            stride: STRIDE,
            size,
        };
        Some(SharedMemory {
            id: self.frame.memory,
            fd: self.frame.buffer.as_fd(),
            planes: [place(0, luma), place(luma, rows.div_ceil(2) * 64)]
                .into_iter()
                .collect(),
            is_dma_buf: false,
        })
    }

    fn copy_to(&self, to: &mut Writing<'_>) -> Result<(), SourceError> {
        to.put(&self.frame.tight)?;
        self.check()
    }

    fn check(&self) -> Result<(), SourceError> {
        match self.stream.evicts.load(Ordering::SeqCst) {
            false => Ok(()),
            true => Err(SourceError::Failed {
                stream: self.stream.number.to_string(),
                what: "evicted".to_owned(),
            }),
        }
    }

    fn time_limit(&self) -> Option<Duration> {
        self.time_limit
    }
}
