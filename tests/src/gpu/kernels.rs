//! The kernels of `frames.ptx`, on planes of frames.

use std::ffi::{CStr, CString, c_void};

use cuframes::cuda::driver::{Kernel, Module};
use cuframes::cuda::{Context, CudaError, StreamRef};
use cuframes::{DevicePlane, Frame, WritableFrame};

use super::painted;
use super::sums::Sums;

const TEXT: &str = include_str!("../../ptx/frames.ptx");
const FILL: &CStr = c"cuframes_fill";
const CHECKSUM: &CStr = c"cuframes_checksum";
/// Enough for small frames, and no hindrance for large ones.
const BLOCKS: u32 = 32;
const THREADS: u32 = 128;

/// The loaded program.
#[derive(Debug)]
pub struct Program(Module);

impl Program {
    /// Lets the driver compile it for the device of `context`.
    pub fn load(context: &Context) -> Result<Self, CudaError> {
        let text = CString::new(TEXT).unwrap_or_default();
        Module::load(context, &text).map(Program)
    }

    /// Its kernels.
    pub fn kernels(&self) -> Result<Kernels<'_>, CudaError> {
        Ok(Kernels {
            fill: self.0.kernel(FILL)?,
            checksum: self.0.kernel(CHECKSUM)?,
        })
    }
}

/// What can be done to frames on a GPU.
#[derive(Clone, Copy, Debug)]
pub struct Kernels<'a> {
    fill: Kernel<'a>,
    checksum: Kernel<'a>,
}

impl Kernels<'_> {
    /// Enqueues painting every plane of `frame`, which is to be frame `seq`.
    pub fn paint(
        self,
        stream: StreamRef<'_>,
        frame: &WritableFrame<'_>,
        seq: u64,
    ) -> Result<(), CudaError> {
        let planes = (0..frame.plane_count()).map_while(|plane| frame.device_plane(plane));
        for (plane, rows) in planes.enumerate() {
            // SAFETY: I16: the slot is ours until the frame is given up on this stream.
            unsafe { self.fill(stream, &rows, painted::seed(seq, plane)) }?;
        }
        Ok(())
    }

    /// Enqueues adding every plane of `frame` up, into the places of `sums` from `first` on.
    ///
    /// The pool stays as long as the subscription, so that the worst that a caller can do by
    /// giving the frame back too early is to add up another one: which is what tests look for.
    pub fn add_up(
        self,
        stream: StreamRef<'_>,
        frame: &Frame,
        sums: &Sums,
        first: usize,
    ) -> Result<(), CudaError> {
        let planes = (0..frame.plane_count()).map_while(|plane| frame.device_plane(plane));
        for (plane, rows) in planes.enumerate() {
            // SAFETY: I16: the pool stays until the stream was waited for.
            unsafe { self.checksum(stream, &rows, sums.address(first + plane)) }?;
        }
        Ok(())
    }

    /// Enqueues painting `rows` with the picture `seed`.
    ///
    /// # Safety
    /// I16: the rows stay until the stream has done it.
    pub unsafe fn fill(
        self,
        stream: StreamRef<'_>,
        rows: &DevicePlane,
        seed: u32,
    ) -> Result<(), CudaError> {
        let mut size = Size::of(rows);
        let mut seed = seed;
        let mut parameters = [
            pointer(&mut size.first),
            pointer(&mut size.pitch),
            pointer(&mut size.row_bytes),
            pointer(&mut size.rows),
            pointer(&mut seed),
        ];
        // SAFETY: I16: five values of the types in the text, for memory the caller vouches for.
        unsafe { self.fill.launch(stream, BLOCKS, THREADS, &mut parameters) }
    }

    /// Enqueues adding `rows` up into the word at `out`.
    ///
    /// # Safety
    /// I16: rows and word stay until the stream has done it.
    pub unsafe fn checksum(
        self,
        stream: StreamRef<'_>,
        rows: &DevicePlane,
        out: u64,
    ) -> Result<(), CudaError> {
        let mut size = Size::of(rows);
        let mut out = out;
        let mut parameters = [
            pointer(&mut size.first),
            pointer(&mut size.pitch),
            pointer(&mut size.row_bytes),
            pointer(&mut size.rows),
            pointer(&mut out),
        ];
        // SAFETY: I16: as above.
        unsafe {
            self.checksum
                .launch(stream, BLOCKS, THREADS, &mut parameters)
        }
    }
}

/// Rows as the kernels take them.
struct Size {
    first: u64,
    pitch: u32,
    row_bytes: u32,
    rows: u32,
}

impl Size {
    fn of(rows: &DevicePlane) -> Self {
        Size {
            first: rows.ptr,
            pitch: rows.pitch as u32,
            row_bytes: rows.row_bytes as u32,
            rows: rows.rows as u32,
        }
    }
}

fn pointer<T>(value: &mut T) -> *mut c_void {
    (&raw mut *value).cast()
}
