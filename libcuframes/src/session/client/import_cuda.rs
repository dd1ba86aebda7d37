//! Importing frames on a GPU: the memory, and how its streams are followed.

use crate::error::{Error, Result};
use crate::format::FrameLayout;
use crate::pool::{CudaImport, CudaSource};
use crate::ring::{Reader, Shape};
use crate::sync::{Await, AwaitRequest};
use crate::sys::{ReadMap, WriteMap};
use crate::wire::{CONTROL_SIZE, Geometry, MemoryKind, PAGE_SIZE, SyncKind, fds, slot};

use super::handshake::Descriptors;
use super::import::{Segments, check_memfd};
use super::{CudaJoined, JoinRequest};

impl JoinRequest {
    /// Opens the memory and the order of an epoch on a GPU.
    pub(super) fn import_cuda(
        &self,
        geometry: &Geometry,
        shared: Segments<'_>,
        descriptors: &mut Descriptors,
    ) -> Result<CudaJoined> {
        let Some(target) = &self.cuda else {
            let what = "frames in the memory of a GPU, which were not asked for".to_owned();
            let key = self.key.clone();
            return Err(Error::Protocol { key, what });
        };
        let context = target.context_of(geometry.device_uuid)?;
        let slots = geometry.slot_count as usize;
        let control = ReadMap::new(&shared.control, CONTROL_SIZE)
            .map_err(Error::system("map the control segment"))?;
        let page = WriteMap::new(shared.page, PAGE_SIZE)
            .map_err(Error::system("map the subscriber page"))?;
        let handles = |at| -> Vec<_> {
            (0..slots)
                .map(|slot| read_handle(&control, geometry.slot_offset(slot) + at))
                .collect()
        };
        let memory = match geometry.memory {
            MemoryKind::CudaVmm => CudaSource::Vmm(descriptors.take(fds::POOL, &self.key)?),
            _ => CudaSource::Ipc(handles(slot::MEMORY_HANDLE)),
        };
        let layout = FrameLayout::from_geometry(geometry)?;
        let import = CudaImport::open(&context, &memory, geometry.pool_size, layout)?;
        let timeline = match geometry.sync {
            SyncKind::CudaTimeline => {
                let fd = descriptors.take(fds::TIMELINE, &self.key)?;
                check_memfd(&self.key, &fd, "timeline page", PAGE_SIZE as u64)?;
                Some(fd)
            }
            SyncKind::Cpu | SyncKind::CudaEvent => None,
        };
        let order = Await::open(&AwaitRequest {
            context: &context,
            sync: geometry.sync,
            slots,
            ready: &handles(slot::READY_EVENT),
            timeline: timeline.as_ref(),
            page: shared.page,
        })?;
        Ok(CudaJoined {
            import,
            order,
            reader: Reader::new(control, page, Shape::from(geometry)),
            control: shared.control,
        })
    }
}

/// The 64 bytes of a handle at `at`.
fn read_handle(control: &ReadMap, at: usize) -> [u8; 64] {
    let mut words = [0u64; 8];
    control.read_words(at, &mut words);
    zerocopy::transmute!(words)
}
