//! The driver below: `libcuda.so.1`, found by name at run time, as NVIDIA's own library does it.

use std::ffi::{c_int, c_uchar, c_uint, c_void};
use std::ptr;
use std::sync::OnceLock;

use libloading::os::unix::Library;

use crate::abi::{Code, code};

/// What a call gives, or the code that is handed on to the caller.
pub type Result<T> = std::result::Result<T, Code>;

/// A context, stream or event of the driver. Only the driver looks behind it.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Handle(pub *mut c_void);

// SAFETY: I15: it is a name, which every thread may give to the driver.
unsafe impl Send for Handle {}
// SAFETY: I15: as above; nothing is ever read through it.
unsafe impl Sync for Handle {}

/// An address on the device.
pub type DevicePtr = u64;

/// `CUDA_MEMCPY2D_v2`.
#[repr(C)]
pub struct Memcpy2d {
    pub src_x: usize,
    pub src_y: usize,
    pub src_memory: c_uint,
    pub src_host: *const c_void,
    pub src_device: DevicePtr,
    pub src_array: *mut c_void,
    pub src_pitch: usize,
    pub dst_x: usize,
    pub dst_y: usize,
    pub dst_memory: c_uint,
    pub dst_host: *mut c_void,
    pub dst_device: DevicePtr,
    pub dst_array: *mut c_void,
    pub dst_pitch: usize,
    pub width: usize,
    pub height: usize,
}

/// `CU_MEMORYTYPE_DEVICE`.
const DEVICE: c_uint = 2;
/// `CU_EVENT_DISABLE_TIMING`.
const NO_TIMING: c_uint = 2;

/// One rectangle of bytes on the device.
pub struct Rows {
    pub at: DevicePtr,
    pub pitch: usize,
}

macro_rules! driver {
    ($($name:ident: fn($($argument:ty),*);)*) => {
        /// The driver's functions that this library uses.
        #[allow(non_snake_case)]
        struct Table {
            $($name: unsafe extern "C" fn($($argument),*) -> Code,)*
        }

        impl Table {
            fn load(library: &Library) -> Result<Self> {
                Ok(Self {
                    // SAFETY: I14: the types are those of the header, which a test compares.
                    $($name: *unsafe {
                        library.get(concat!(stringify!($name), "\0"))
                    }.map_err(|_| code::NOT_FOUND)?,)*
                })
            }
        }
    };
}

driver! {
    cuCtxGetCurrent: fn(*mut Handle);
    cuCtxPushCurrent_v2: fn(Handle);
    cuCtxPopCurrent_v2: fn(*mut Handle);
    cuMemAlloc_v2: fn(*mut DevicePtr, usize);
    cuMemFree_v2: fn(DevicePtr);
    cuMemcpyHtoD_v2: fn(DevicePtr, *const c_void, usize);
    cuMemcpy2DAsync_v2: fn(*const Memcpy2d, Handle);
    cuMemsetD8Async: fn(DevicePtr, c_uchar, usize, Handle);
    cuEventCreate: fn(*mut Handle, c_uint);
    cuEventRecord: fn(Handle, Handle);
    cuEventSynchronize: fn(Handle);
    cuEventDestroy_v2: fn(Handle);
    cuStreamWaitEvent: fn(Handle, Handle, c_uint);
}

/// The loaded driver, for as long as the process lives.
pub struct Driver {
    table: Table,
    _library: Library,
}

/// The driver; `NO_DEVICE` without one, `NOT_FOUND` if it lacks a function.
pub fn driver() -> Result<&'static Driver> {
    static DRIVER: OnceLock<Result<Driver>> = OnceLock::new();
    DRIVER.get_or_init(load).as_ref().map_err(|&code| code)
}

fn load() -> Result<Driver> {
    // SAFETY: I14: what is called like this is the driver, whose constructors may run at any time.
    let library = unsafe { Library::new("libcuda.so.1") }.map_err(|_| code::NO_DEVICE)?;
    Ok(Driver {
        table: Table::load(&library)?,
        _library: library,
    })
}

fn check(code: c_int) -> Result<()> {
    if code == code::SUCCESS {
        Ok(())
    } else {
        Err(code)
    }
}

impl Driver {
    /// The context that is current on this thread, if any.
    pub fn current(&self) -> Result<Option<Handle>> {
        let mut context = Handle(ptr::null_mut());
        // SAFETY: I17: a local of the right type.
        check(unsafe { (self.table.cuCtxGetCurrent)(&mut context) })?;
        Ok((!context.0.is_null()).then_some(context))
    }

    pub fn push(&self, context: Handle) -> Result<()> {
        // SAFETY: I15: the caller of cuvidCtxLockCreate vouches for its context.
        check(unsafe { (self.table.cuCtxPushCurrent_v2)(context) })
    }

    pub fn pop(&self) -> Result<()> {
        let mut context = Handle(ptr::null_mut());
        // SAFETY: I17: a local of the right type.
        check(unsafe { (self.table.cuCtxPopCurrent_v2)(&mut context) })
    }

    pub fn allocate(&self, bytes: usize) -> Result<DevicePtr> {
        let mut address = 0;
        // SAFETY: I17: a local of the right type.
        check(unsafe { (self.table.cuMemAlloc_v2)(&mut address, bytes) })?;
        Ok(address)
    }

    /// Nothing may use the memory any more: see [`Driver::wait`].
    pub fn free(&self, address: DevicePtr) -> Result<()> {
        // SAFETY: I16: the surface's event was waited for.
        check(unsafe { (self.table.cuMemFree_v2)(address) })
    }

    /// Copies now, and returns when it is done.
    pub fn upload(&self, to: DevicePtr, bytes: &[u8]) -> Result<()> {
        // SAFETY: I15: both sides are alive and have that many bytes.
        check(unsafe { (self.table.cuMemcpyHtoD_v2)(to, bytes.as_ptr().cast(), bytes.len()) })
    }

    /// Copies `width` bytes of each of `height` rows later, on the stream.
    pub fn copy(
        &self,
        from: Rows,
        to: Rows,
        width: usize,
        height: usize,
        stream: Handle,
    ) -> Result<()> {
        let copy = Memcpy2d {
            src_x: 0,
            src_y: 0,
            src_memory: DEVICE,
            src_host: ptr::null(),
            src_device: from.at,
            src_array: ptr::null_mut(),
            src_pitch: from.pitch,
            dst_x: 0,
            dst_y: 0,
            dst_memory: DEVICE,
            dst_host: ptr::null_mut(),
            dst_device: to.at,
            dst_array: ptr::null_mut(),
            dst_pitch: to.pitch,
            width,
            height,
        };
        // SAFETY: I16: texture and surface live until the surface's event was waited for.
        check(unsafe { (self.table.cuMemcpy2DAsync_v2)(&copy, stream) })
    }

    /// Sets each byte later, on the stream.
    pub fn fill(&self, at: DevicePtr, value: u8, bytes: usize, stream: Handle) -> Result<()> {
        // SAFETY: I16: the surface lives until its event was waited for.
        check(unsafe { (self.table.cuMemsetD8Async)(at, value, bytes, stream) })
    }

    pub fn new_event(&self) -> Result<Handle> {
        let mut event = Handle(ptr::null_mut());
        // SAFETY: I17: a local of the right type.
        check(unsafe { (self.table.cuEventCreate)(&mut event, NO_TIMING) })?;
        Ok(event)
    }

    pub fn record(&self, event: Handle, stream: Handle) -> Result<()> {
        // SAFETY: I15: the event is the surface's own, the stream the caller's.
        check(unsafe { (self.table.cuEventRecord)(event, stream) })
    }

    /// Lets the stream, not the caller, wait for the event.
    pub fn order(&self, stream: Handle, event: Handle) -> Result<()> {
        // SAFETY: I15: the event is the surface's own, the stream the caller's.
        check(unsafe { (self.table.cuStreamWaitEvent)(stream, event, 0) })
    }

    /// Waits until what was recorded is done.
    pub fn wait(&self, event: Handle) -> Result<()> {
        // SAFETY: I15: the event is the surface's own.
        check(unsafe { (self.table.cuEventSynchronize)(event) })
    }

    pub fn destroy_event(&self, event: Handle) -> Result<()> {
        // SAFETY: I15: the event is the surface's own, and not used again.
        check(unsafe { (self.table.cuEventDestroy_v2)(event) })
    }
}
