//! What is needed of a GPU: a context, a stream, memory, a kernel, and a gate that holds up.

#[path = "../../../tests/src/gpu/gate.rs"]
mod gate;

use std::ffi::{CStr, CString, c_void};

use cuframes::DeviceRows;
use cuframes::cuda::driver::{DeviceMemory, Event, Module, Place, Rows};
use cuframes::cuda::{Context, CudaError, Driver, Stream};
use cuframes::{DevicePlane, Frame};

use bench_harness::Result;

use super::{HEIGHT, WIDTH};

pub use gate::Gate;

const TEXT: &str = include_str!("../../../tests/ptx/frames.ptx");
const CHECKSUM: &CStr = c"cuframes_checksum";
const THREADS: u32 = 32;
const WORD: usize = 8;

/// Device 0, ready to work.
pub struct Rig {
    pub context: Context,
    pub stream: Stream,
    program: Module,
    event: Event,
    /// A picture of NV12 to be copied from, one to be copied to, and a word behind them.
    memory: DeviceMemory,
}

impl Rig {
    pub fn new() -> Result<Self> {
        let device = Driver::load()?.device(0)?;
        let context = Context::primary(&device)?;
        let text = CString::new(TEXT)?;
        Ok(Rig {
            stream: Stream::new(&context)?,
            program: Module::load(&context, &text)?,
            event: Event::new_local(&context)?,
            memory: DeviceMemory::new(&context, 2 * Self::PICTURE + WORD)?,
            context,
        })
    }

    const PICTURE: usize = WIDTH * HEIGHT * 3 / 2;

    fn word(&self) -> u64 {
        self.memory.address() + 2 * Self::PICTURE as u64
    }

    /// Waits for everything that the stream was given.
    pub fn synchronize(&self) -> std::result::Result<(), CudaError> {
        self.stream.as_ref().synchronize(&self.context)
    }

    pub fn record(&self) -> std::result::Result<(), CudaError> {
        self.event.record(self.stream.as_ref())
    }

    pub fn write(&self) -> std::result::Result<(), CudaError> {
        let stream = self.stream.as_ref();
        // SAFETY: I16: the word is ours; the rig waits for the stream before it goes.
        unsafe { stream.write_value_64(&self.context, self.word(), 1) }
    }

    /// Enqueues a kernel that reads the first pixels of a frame.
    pub fn look_at(&self, frame: &Frame) -> Result<()> {
        let luma = frame.device_plane(0).ok_or("the frame is not on a GPU")?;
        Ok(self.run_kernel(&luma)?)
    }

    /// Enqueues the same kernel, on memory of our own.
    pub fn look_at_own(&self) -> std::result::Result<(), CudaError> {
        self.run_kernel(&DevicePlane {
            ptr: self.memory.address(),
            pitch: WIDTH,
            row_bytes: WIDTH,
            rows: HEIGHT,
        })
    }

    fn run_kernel(&self, plane: &DevicePlane) -> std::result::Result<(), CudaError> {
        let (mut first, mut out) = (plane.ptr, self.word());
        let (mut pitch, mut row_bytes, mut rows) = (plane.pitch as u32, THREADS, 1_u32);
        let mut parameters: [*mut c_void; 5] = [
            (&raw mut first).cast(),
            (&raw mut pitch).cast(),
            (&raw mut row_bytes).cast(),
            (&raw mut rows).cast(),
            (&raw mut out).cast(),
        ];
        let kernel = self.program.kernel(CHECKSUM)?;
        // SAFETY: I16: five values of the types in the text; a frame that is looked at is held
        // until the stream was waited for, and the word is ours.
        unsafe { kernel.launch(self.stream.as_ref(), 1, THREADS, &mut parameters) }
    }

    /// The picture to be copied from, plane by plane.
    pub fn picture(&self) -> [DeviceRows; 2] {
        let first = self.memory.address();
        let chroma = first + (WIDTH * HEIGHT) as u64;
        // SAFETY: the memory has that many rows, and the rig waits before it goes.
        [first, chroma].map(|plane| unsafe { DeviceRows::new(plane, WIDTH) })
    }

    /// Enqueues a copy of the picture as the driver does it, plane by plane.
    pub fn copy(&self) -> std::result::Result<(), CudaError> {
        let first = self.memory.address();
        for (above, rows) in [(0, HEIGHT), (HEIGHT, HEIGHT / 2)] {
            let at = first + (above * WIDTH) as u64;
            let copy = Rows {
                from: Place::Device(at),
                from_pitch: WIDTH,
                to: Place::Device(at + Self::PICTURE as u64),
                to_pitch: WIDTH,
                row_bytes: WIDTH,
                rows,
            };
            // SAFETY: I16: both pictures are ours; the rig waits before it goes.
            unsafe { self.stream.as_ref().copy_rows(&self.context, &copy) }?;
        }
        Ok(())
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        // A context that is lost has nothing to wait for.
        let _ = self.synchronize();
    }
}
