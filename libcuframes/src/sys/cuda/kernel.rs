//! Kernels: programs for the GPU, given as PTX text.

use std::ffi::{CStr, c_void};
use std::marker::PhantomData;
use std::ptr;

use super::context::{Context, Handle};
use super::error::Result;
use super::stream::StreamRef;

/// Loaded kernels. They must not be dropped while one of them runs.
#[derive(Debug)]
pub struct Module {
    context: Context,
    raw: Handle,
}

/// One kernel of a module.
#[derive(Clone, Copy, Debug)]
pub struct Kernel<'a> {
    context: &'a Context,
    raw: Handle,
    module: PhantomData<&'a Module>,
}

impl Module {
    /// Compiles PTX for the device of `context`.
    pub fn load(context: &Context, ptx: &CStr) -> Result<Module> {
        let entered = context.enter()?;
        let mut raw = ptr::null_mut();
        // SAFETY: I17: `raw` is a live pointer, and the text ends with a zero.
        unsafe {
            entered
                .table
                .module_load_data(&mut raw, ptx.as_ptr().cast())
        }?;
        Ok(Module {
            context: context.clone(),
            raw: Handle(raw),
        })
    }

    /// The kernel of that name.
    pub fn kernel(&self, name: &CStr) -> Result<Kernel<'_>> {
        let entered = self.context.enter()?;
        let mut raw = ptr::null_mut();
        // SAFETY: I15, I17: the module is ours; `raw` is live, and the name ends with a zero.
        unsafe {
            entered
                .table
                .module_get_function(&mut raw, self.raw.0, name.as_ptr())
        }?;
        Ok(Kernel {
            context: &self.context,
            raw: Handle(raw),
            module: PhantomData,
        })
    }
}

impl Drop for Module {
    fn drop(&mut self) {
        if let Ok(entered) = self.context.enter() {
            // SAFETY: I15: loaded once, unloaded once here, when its owner knows that none runs.
            let _ = unsafe { entered.table.module_unload(self.raw.0) };
        }
    }
}

impl Kernel<'_> {
    /// Enqueues a run of `blocks` blocks of `threads` threads.
    ///
    /// # Safety
    /// I16: `parameters` are addresses of values of the types that the kernel declares, and
    /// the memory that these speak of stays until the stream has done this.
    pub unsafe fn launch(
        self,
        stream: StreamRef<'_>,
        blocks: u32,
        threads: u32,
        parameters: &mut [*mut c_void],
    ) -> Result<()> {
        let entered = self.context.enter()?;
        let (none, parameters) = (ptr::null_mut(), parameters.as_mut_ptr());
        // SAFETY: I15, I16: kernel and stream are alive; the parameters are the caller's, and
        // are copied by the call.
        unsafe {
            entered.table.launch_kernel(
                self.raw.0,
                blocks,
                1,
                1,
                threads,
                1,
                1,
                0,
                stream.as_raw(),
                parameters,
                none,
            )
        }
    }
}
