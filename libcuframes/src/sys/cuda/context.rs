//! Contexts, and the rule that a caller's current context is restored.

use std::ffi::c_void;
use std::marker::PhantomData;
use std::ptr;
use std::sync::Arc;

use super::abi::CUdevice;
use super::device::Device;
use super::driver::Driver;
use super::error::Result;
use super::table::Table;

/// A handle of the driver. It is a number to us: only the driver looks behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Handle(pub *mut c_void);

// SAFETY: I15: the driver's functions may be called with a handle from any thread.
unsafe impl Send for Handle {}
// SAFETY: I15: as for Send; and from several at a time.
unsafe impl Sync for Handle {}

/// A context, in which everything else lives. Clones are the same context.
///
/// It is either the primary context of a device, which this value keeps alive, or one that the
/// caller lends.
#[derive(Clone, Debug)]
pub struct Context {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    driver: Driver,
    raw: Handle,
    device: CUdevice,
    is_primary: bool,
}

impl PartialEq for Context {
    fn eq(&self, other: &Context) -> bool {
        self.shared.raw == other.shared.raw
    }
}

impl Context {
    /// The primary context of `device`, the one that the CUDA runtime uses as well.
    pub fn primary(device: &Device) -> Result<Context> {
        let driver = device.driver();
        let mut raw = ptr::null_mut();
        // SAFETY: I17: `raw` is a live pointer.
        unsafe { driver.table()?.primary_retain(&mut raw, device.handle()) }?;
        Ok(Context {
            shared: Arc::new(Shared {
                driver,
                raw: Handle(raw),
                device: device.handle(),
                is_primary: true,
            }),
        })
    }

    /// A context of the caller's, a `CUcontext` of the driver.
    ///
    /// # Safety
    /// The context must stay alive until this value, its clones and all that was made in them
    /// are gone.
    pub unsafe fn from_raw(driver: Driver, raw: *mut c_void) -> Result<Context> {
        let mut device = 0;
        let raw = Handle(raw);
        let entered = Entered::new(driver.table()?, raw)?;
        // SAFETY: I17: `device` is a live integer.
        unsafe { entered.table.ctx_get_device(&mut device) }?;
        drop(entered);
        Ok(Context {
            shared: Arc::new(Shared {
                driver,
                raw,
                device,
                is_primary: false,
            }),
        })
    }

    /// A context to go on with after this one was lost. A primary context is reset for that,
    /// which ends the work of everyone in this process who uses it; one that the caller lent is
    /// the caller's to replace, and stays what it is.
    pub fn renewed(&self) -> Result<Context> {
        let Shared { driver, device, .. } = *self.shared;
        if !self.shared.is_primary {
            return Ok(self.clone());
        }
        // SAFETY: I15: a lost context does no more work on anything of ours.
        unsafe { driver.table()?.primary_reset(device) }?;
        Context::primary(&Device::from_handle(driver, device)?)
    }

    /// Makes it the current context of this thread, until the guard is dropped. If it is
    /// already, this costs one call of the driver.
    #[inline]
    pub fn enter(&self) -> Result<Entered<'_>> {
        Entered::new(self.shared.driver.table()?, self.shared.raw)
    }

    /// The driver's handle, a `CUcontext`.
    #[must_use]
    pub fn as_raw(&self) -> *mut c_void {
        self.shared.raw.0
    }

    /// The device that it is for.
    pub fn device(&self) -> Result<Device> {
        Device::from_handle(self.shared.driver, self.shared.device)
    }

    pub(super) fn device_handle(&self) -> CUdevice {
        self.shared.device
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // A forked child has no driver and nothing to give back.
        if let Ok(table) = self.driver.table()
            && self.is_primary
        {
            // SAFETY: I15: retained once by `primary`, released once here. A driver that
            // refuses has lost the context already.
            let _ = unsafe { table.primary_release(self.device) };
        }
    }
}

/// While it lives, a context is the current one of this thread; then the caller's is again.
#[derive(Debug)]
pub struct Entered<'a> {
    pub(super) table: &'static Table,
    pushed: bool,
    /// The current context belongs to a thread: the guard must not go to another one.
    context: PhantomData<(&'a Context, *mut c_void)>,
}

impl Entered<'_> {
    #[inline]
    fn new(table: &'static Table, context: Handle) -> Result<Self> {
        let mut current = ptr::null_mut();
        // SAFETY: I17: `current` is a live pointer.
        unsafe { table.ctx_get_current(&mut current) }?;
        let pushed = current != context.0;
        if pushed {
            // SAFETY: I15: the context is kept alive by its owner, who calls this.
            unsafe { table.ctx_push(context.0) }?;
        }
        Ok(Entered {
            table,
            pushed,
            context: PhantomData,
        })
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        if self.pushed {
            let mut popped = ptr::null_mut();
            // SAFETY: I17: `popped` is a live pointer. What was pushed can be popped.
            let _ = unsafe { self.table.ctx_pop(&mut popped) };
        }
    }
}
