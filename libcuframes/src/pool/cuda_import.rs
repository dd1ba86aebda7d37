//! Frames in the memory of a GPU, on the subscriber's side.

use std::sync::OnceLock;

use crate::error::{Error, Result};
use crate::format::FrameLayout;
use crate::sys::Fd;
use crate::sys::cuda::{Access, Attribute, Context, CudaError, Place, Rows, Stream, VmmMemory};

use super::device::{DevicePlane, plane_at};
use super::exported::{self, Handle, Shared};

/// What a publisher gave to import its pool from.
#[derive(Debug)]
pub enum CudaSource {
    /// A descriptor.
    Vmm(Fd),
    /// A handle for each slot, mostly all the same.
    Ipc(Vec<Handle>),
}

/// A subscriber's view of the pool of its publisher.
#[derive(Debug)]
pub struct CudaImport {
    context: Context,
    memory: Memory,
    layout: FrameLayout,
    /// For frames that the processor takes.
    download: Stream,
    /// The whole pool for those who use no CUDA, made when somebody asks for it.
    dma_buf: OnceLock<Fd>,
}

#[derive(Debug)]
enum Memory {
    Vmm(VmmMemory),
    Ipc(Vec<Shared>),
}

impl CudaImport {
    /// Imports a pool of `pool_size` bytes; 0 if each slot has a buffer of its own.
    pub fn open(
        context: &Context,
        source: &CudaSource,
        pool_size: u64,
        layout: FrameLayout,
    ) -> Result<Self> {
        let memory = match source {
            CudaSource::Vmm(fd) => Memory::Vmm(import(context, fd, pool_size)?),
            CudaSource::Ipc(handles) => {
                let slots = handles.iter().map(|handle| exported::open(context, handle));
                let slots: Vec<_> = slots.collect::<Result<_>>()?;
                check_sizes(&slots, pool_size)?;
                Memory::Ipc(slots)
            }
        };
        let made = Error::cuda("make a stream for copies from the GPU");
        Ok(CudaImport {
            context: context.clone(),
            memory,
            layout,
            download: Stream::new(context).map_err(made)?,
            dma_buf: OnceLock::new(),
        })
    }

    /// The pool as a DMA-BUF, the same one for all frames.
    pub fn dma_buf(&self) -> Result<&Fd> {
        if let Some(known) = self.dma_buf.get() {
            return Ok(known);
        }
        let Memory::Vmm(memory) = &self.memory else {
            let what = "a DMA-BUF of memory that is shared by CUDA IPC; a publisher with VMM \
                        memory has one";
            return Err(Error::Unsupported(what.to_owned()));
        };
        let asked = "ask whether the GPU exports DMA-BUFs";
        let device = self.context.device().map_err(Error::cuda(asked))?;
        let able = device.attribute(Attribute::DMA_BUF_SUPPORTED);
        if able.map_err(Error::cuda(asked))? == 0 {
            let what = "a DMA-BUF of a GPU whose driver exports none";
            return Err(Error::Unsupported(what.to_owned()));
        }
        let made = memory.export_dma_buf();
        let made = made.map_err(Error::cuda("export the memory of a GPU as a DMA-BUF"))?;
        Ok(self.dma_buf.get_or_init(|| made))
    }

    /// Bytes of the allocation that has the frame of `slot`, as the driver knows them.
    pub fn allocation(&self, slot: usize) -> u64 {
        match &self.memory {
            Memory::Vmm(memory) => memory.size() as u64,
            Memory::Ipc(slots) => slots.get(slot).map_or(0, Shared::size),
        }
    }

    /// Plane `plane` of the frame in `slot` at `data_offset`, which was checked against the
    /// allocation.
    pub fn plane(&self, slot: usize, data_offset: u64, plane: usize) -> Option<DevicePlane> {
        let first = match &self.memory {
            Memory::Vmm(memory) => memory.address(),
            Memory::Ipc(slots) => slots.get(slot)?.address(),
        };
        plane_at(first + data_offset, &self.layout, plane)
    }

    /// Copies the rows of a plane of this import, without padding, into `to`, and waits for
    /// that.
    ///
    /// # Panics
    /// If there is no room for them.
    pub fn download(&self, plane: &DevicePlane, to: &mut [u8]) -> Result<(), CudaError> {
        let needed = plane.rows * plane.row_bytes;
        assert!(to.len() >= needed, "room for {} of {needed}", to.len());
        let rows = Rows {
            from: Place::Device(plane.ptr),
            from_pitch: plane.pitch,
            to: Place::Host(to.as_mut_ptr()),
            to_pitch: plane.row_bytes,
            row_bytes: plane.row_bytes,
            rows: plane.rows,
        };
        let stream = self.download.as_ref();
        // SAFETY: I16: `to` has room for the rows and stays until the wait is over; the frame
        // is leased, and its memory imported, during the call.
        unsafe { stream.copy_rows(&self.context, &rows) }?;
        stream.synchronize(&self.context)
    }
}

/// Read-only where the driver has that, so that a mistake of ours cannot spoil the frames of
/// others.
fn import(context: &Context, fd: &Fd, pool_size: u64) -> Result<VmmMemory> {
    let bytes = usize::try_from(pool_size).unwrap_or(usize::MAX);
    let read_only = VmmMemory::import(context, fd, bytes, Access::Read);
    read_only
        .or_else(|error| {
            tracing::info!(%error, "the pool is mapped for writing too");
            VmmMemory::import(context, fd, bytes, Access::ReadWrite)
        })
        .map_err(Error::cuda("import the pool of the publisher"))
}

/// What the publisher says must fit into what the driver has.
fn check_sizes(slots: &[Shared], pool_size: u64) -> Result<()> {
    match slots.iter().map(Shared::size).min() {
        Some(bytes) if bytes >= pool_size => Ok(()),
        bytes => Err(Error::InvalidArgument(format!(
            "the publisher's pool has {} bytes, and it says {pool_size}",
            bytes.unwrap_or(0)
        ))),
    }
}
