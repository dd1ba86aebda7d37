//! Looking at every byte of every frame: on a stream, on the host, or when it says to be ready.

use std::time::Instant;

use cuframes::cuda::{Context, Stream, StreamRef};
use cuframes::{Error, Frame, FrameLayout, Result};
use cuframes_tests::WATCHDOG;
use cuframes_tests::gpu::painted::{self, Checksums};
use cuframes_tests::gpu::{self, Kernels, Sums};

use crate::sabotage::{self, LeftOut};

/// Frames whose checksums are read together.
const BATCH: usize = 64;
/// A frame has no more planes than this.
const PLANES: usize = 3;

/// How frames are waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The stream waits.
    Stream,
    /// The host waits, and copies the pixels.
    Host,
    /// The host asks again and again.
    Ready,
    /// The stream waits, then the host waits for the stream and asks whether the frame was
    /// ever complete: its publisher may be dead.
    Careful,
}

/// What came of the frames.
#[derive(Clone, Copy, Debug, Default)]
pub struct Found {
    pub received: u64,
    /// With pixels of another frame, or of none.
    pub wrong: u64,
    pub aborted: u64,
}

/// A checker of frames.
pub struct Checker<'a> {
    pub way: Way,
    pub left_out: LeftOut,
    /// How often the stream adds each frame up: it takes the more time.
    pub work: u32,
    pub found: Found,
    kernels: Kernels<'a>,
    stream: &'a Stream,
    sums: Sums,
    expected: Vec<(FrameSize, u64)>,
    sizes: Vec<(FrameSize, Vec<Checksums>)>,
    bytes: Vec<u8>,
}

/// Row bytes and rows of every plane.
type FrameSize = Vec<(usize, usize)>;

impl<'a> Checker<'a> {
    pub fn new(
        way: Way,
        left_out: LeftOut,
        work: u32,
        context: &Context,
        stream: &'a Stream,
        kernels: Kernels<'a>,
    ) -> Result<Self> {
        let sums = Sums::new(context, BATCH * PLANES).map_err(gpu::failed("make checksums"))?;
        Ok(Checker {
            way,
            left_out,
            work,
            found: Found::default(),
            kernels,
            stream,
            sums,
            expected: Vec::with_capacity(BATCH),
            sizes: Vec::new(),
            bytes: Vec::new(),
        })
    }

    /// Looks at a frame and gives it back. What a stream finds is known after `settle`.
    pub fn check(&mut self, frame: Frame) -> Result<()> {
        self.found.received += 1;
        match self.way {
            Way::Host => self.on_host(frame),
            Way::Stream => self.on_stream(frame),
            Way::Ready => self.when_ready(frame),
            Way::Careful => self.carefully(frame),
        }
    }

    /// True if it is time to settle.
    pub fn is_full(&self) -> bool {
        self.expected.len() == BATCH
    }

    fn on_host(&mut self, frame: Frame) -> Result<()> {
        match frame.wait_host(Some(WATCHDOG)) {
            Err(Error::Aborted { .. }) => {
                self.found.aborted += 1;
                return Ok(());
            }
            waited => waited?,
        }
        self.bytes.resize(frame.layout().packed_size() as usize, 0);
        frame.copy_to(&mut self.bytes)?;
        let mut rest = &self.bytes[..];
        for (plane, (row_bytes, rows)) in size(frame.layout()).into_iter().enumerate() {
            let (bytes, after) = rest.split_at(row_bytes * rows);
            let seed = painted::seed(frame.seq(), plane);
            if !painted::is_painted(bytes, row_bytes, seed) {
                self.found.wrong += 1;
                break;
            }
            rest = after;
        }
        frame.release()
    }

    fn when_ready(&mut self, frame: Frame) -> Result<()> {
        let started = Instant::now();
        loop {
            match frame.is_ready() {
                Ok(true) => return self.add_up(frame),
                Ok(false) if started.elapsed() > WATCHDOG => {
                    return Err(Error::InvalidArgument("a frame was never ready".into()));
                }
                Ok(false) => std::thread::yield_now(),
                Err(Error::Aborted { .. }) => {
                    self.found.aborted += 1;
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn on_stream(&mut self, frame: Frame) -> Result<()> {
        if self.left_out != LeftOut::Wait {
            frame.wait_on(self.stream.as_ref())?;
        }
        self.add_up(frame)
    }

    fn carefully(&mut self, frame: Frame) -> Result<()> {
        let wrong = self.found.wrong;
        frame.wait_on(self.stream.as_ref())?;
        let kept = frame.clone();
        self.add_up(frame)?;
        self.settle()?;
        if let Err(error) = kept.is_ready() {
            let Error::Aborted { .. } = error else {
                return Err(error);
            };
            self.found.wrong = wrong;
            self.found.aborted += 1;
        }
        kept.release()
    }

    /// Lets the stream add the frame up, and give it back.
    fn add_up(&mut self, frame: Frame) -> Result<()> {
        let stream = self.stream.as_ref();
        if self.expected.is_empty() {
            self.sums.clear(stream).map_err(gpu::failed("clear"))?;
        }
        let first = self.expected.len() * PLANES;
        for _ in 0..self.work {
            let added = self.kernels.add_up(stream, &frame, &self.sums, first);
            added.map_err(gpu::failed("add a frame up"))?;
        }
        self.expected.push((size(frame.layout()), frame.seq()));
        self.give_back(frame, stream)
    }

    fn give_back(&self, frame: Frame, stream: StreamRef<'_>) -> Result<()> {
        match self.left_out {
            LeftOut::Ack => return frame.release(),
            LeftOut::LeaseSeq => sabotage::wipe_lease_seq(),
            LeftOut::Nothing | LeftOut::Wait => {}
        }
        frame.release_on(stream)
    }

    /// Waits for the stream and looks what it has added up.
    pub fn settle(&mut self) -> Result<()> {
        if self.expected.is_empty() {
            return Ok(());
        }
        let read = self.sums.read(self.stream.as_ref());
        let sums = read.map_err(gpu::failed("read the checksums"))?;
        for (index, (size, seq)) in std::mem::take(&mut self.expected).into_iter().enumerate() {
            let found = &sums[index * PLANES..][..size.len()];
            let work = u64::from(self.work);
            let expected = self.checksums(size).iter().enumerate();
            let expected =
                expected.map(|(plane, sums)| sums.of(painted::seed(seq, plane)).wrapping_mul(work));
            self.found.wrong += u64::from(!expected.eq(found.iter().copied()));
        }
        Ok(())
    }

    /// The checksums of every plane of frames of this size.
    fn checksums(&mut self, wanted: FrameSize) -> &[Checksums] {
        let known = self.sizes.iter().position(|(size, _)| *size == wanted);
        let known = known.unwrap_or_else(|| {
            let planes = wanted.iter();
            let sums = planes.map(|&(row_bytes, rows)| Checksums::new(row_bytes, rows));
            let sums = sums.collect();
            self.sizes.push((wanted, sums));
            self.sizes.len() - 1
        });
        &self.sizes[known].1
    }
}

fn size(layout: &FrameLayout) -> FrameSize {
    let planes = 0..layout.plane_count;
    let size = |plane| {
        let row_bytes = layout.plane_row_bytes(plane) as usize;
        (row_bytes, layout.plane_rows(plane) as usize)
    };
    planes.map(size).collect()
}
