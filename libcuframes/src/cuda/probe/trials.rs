//! Trying each kind of memory and of order, once, when somebody wants to know.

use std::cell::OnceCell;
use std::os::fd::AsFd;
use std::time::Duration;

use crate::pool::{CudaImport, CudaPool, CudaSource};
use crate::sys::cuda::{Attribute, Context, Driver, Event, Stream, words_are_seen};
use crate::sys::{self, PAGE, WriteMap};
use crate::wire::{MemoryKind, SyncKind};

use super::message::{Kind, Request};
use super::reason::Reason;
use super::{helper, trial_frame};

/// How long a word of a page may take to be seen.
const WORD_LIMIT: Duration = Duration::from_secs(2);

/// What is copied with, whatever the memory.
const COPY: [&str; 4] = [
    "cuStreamCreate",
    "cuStreamDestroy_v2",
    "cuStreamSynchronize",
    "cuMemcpy2DAsync_v2",
];
const VMM: [&str; 10] = [
    "cuMemGetAllocationGranularity",
    "cuMemCreate",
    "cuMemRelease",
    "cuMemAddressReserve",
    "cuMemAddressFree",
    "cuMemMap",
    "cuMemUnmap",
    "cuMemSetAccess",
    "cuMemExportToShareableHandle",
    "cuMemImportFromShareableHandle",
];
const IPC: [&str; 6] = [
    "cuMemAlloc_v2",
    "cuMemFree_v2",
    "cuMemGetAddressRange_v2",
    "cuIpcGetMemHandle",
    "cuIpcOpenMemHandle_v2",
    "cuIpcCloseMemHandle",
];
/// Streams of one process follow each other by events, whatever tells the others.
const LOCAL_EVENTS: [&str; 6] = [
    "cuEventCreate",
    "cuEventDestroy_v2",
    "cuEventRecord",
    "cuEventQuery",
    "cuEventSynchronize",
    "cuStreamWaitEvent",
];
const EVENTS: [&str; 2] = ["cuIpcGetEventHandle", "cuIpcOpenEventHandle"];
const TIMELINE: [&str; 5] = [
    "cuStreamWriteValue64_v2",
    "cuStreamWaitValue64_v2",
    "cuMemHostRegister_v2",
    "cuMemHostUnregister",
    "cuMemHostGetDevicePointer_v2",
];

/// What came of a trial.
type Trial = Result<(), Reason>;

/// The trials in one context. Each is made when it is asked for, and not again.
#[derive(Debug)]
pub struct Probe {
    context: Context,
    vmm: OnceCell<Trial>,
    ipc: OnceCell<Trial>,
    local: OnceCell<Trial>,
    events: OnceCell<Trial>,
    timeline: OnceCell<Trial>,
}

impl Probe {
    /// Nothing is tried yet.
    #[must_use]
    pub fn new(context: &Context) -> Probe {
        Probe {
            context: context.clone(),
            vmm: OnceCell::new(),
            ipc: OnceCell::new(),
            local: OnceCell::new(),
            events: OnceCell::new(),
            timeline: OnceCell::new(),
        }
    }

    /// Whether frames of `memory` can be shared with `sync`.
    pub fn verdict(&self, memory: MemoryKind, sync: SyncKind) -> Trial {
        if !memory.allows(sync) {
            return Err(Reason::Unable {
                what: "say in the order of host memory",
            });
        }
        match memory {
            MemoryKind::Host | MemoryKind::Dmabuf => return Ok(()),
            MemoryKind::CudaVmm => self.vmm.get_or_init(|| self.try_vmm()).clone()?,
            MemoryKind::CudaIpc => self.ipc.get_or_init(|| self.try_ipc()).clone()?,
        }
        self.local.get_or_init(|| self.try_local_events()).clone()?;
        match sync {
            SyncKind::Cpu => Ok(()),
            SyncKind::CudaEvent => self.events.get_or_init(|| self.try_events()).clone(),
            SyncKind::CudaTimeline => self.timeline.get_or_init(|| self.try_timeline()).clone(),
        }
    }

    fn try_vmm(&self) -> Trial {
        self.has(&COPY)?;
        self.has(&VMM)?;
        self.can(Attribute::VIRTUAL_MEMORY_MANAGEMENT, "VMM memory")?;
        self.can(
            Attribute::POSIX_DESCRIPTORS,
            "VMM memory that can be shared",
        )?;
        let (pool, bytes) = self.pool(MemoryKind::CudaVmm)?;
        let fd = pool.fd().ok_or(Reason::OtherBytes)?.as_fd();
        let fd = fd.try_clone_to_owned().map_err(|error| Reason::System {
            doing: "copy the descriptor of VMM memory",
            error: error.to_string(),
        })?;
        let source = CudaSource::Vmm(fd.into());
        let import = CudaImport::open(&self.context, &source, pool.size(), *pool.layout())?;
        let plane = import.plane(0, 0, 0).ok_or(Reason::OtherBytes)?;
        let mut found = vec![0; bytes.len()];
        let read = import.download(&plane, &mut found);
        read.map_err(|error| Reason::refused("read imported VMM memory", error))?;
        match found == bytes {
            true => Ok(()),
            false => Err(Reason::OtherBytes),
        }
    }

    fn try_ipc(&self) -> Trial {
        self.has(&COPY)?;
        self.has(&IPC)?;
        let (pool, _) = self.pool(MemoryKind::CudaIpc)?;
        self.ask(Kind::Memory, pool.handle(0))
    }

    fn try_local_events(&self) -> Trial {
        self.has(&COPY)?;
        self.has(&LOCAL_EVENTS)?;
        let refused = |error| Reason::refused("wait for an event of this process", error);
        let event = Event::new_local(&self.context).map_err(refused)?;
        let stream = Stream::new(&self.context).map_err(refused)?;
        event.record(stream.as_ref()).map_err(refused)?;
        event.synchronize().map_err(refused)
    }

    fn try_events(&self) -> Trial {
        self.has(&EVENTS)?;
        self.can(Attribute::IPC_EVENTS, "events for several processes")?;
        let refused = |error| Reason::refused("make an event for several processes", error);
        let event = Event::new_interprocess(&self.context).map_err(refused)?;
        let stream = Stream::new(&self.context).map_err(refused)?;
        event.record(stream.as_ref()).map_err(refused)?;
        self.ask(Kind::Event, event.handle().map_err(refused)?)
    }

    fn try_timeline(&self) -> Trial {
        self.has(&TIMELINE)?;
        let operations = "64-bit stream memory operations";
        self.can(Attribute::STREAM_MEMORY_OPERATIONS_64, operations)?;
        let page = sys::create_memfd("cuframes-trial", PAGE as u64)
            .and_then(|fd| WriteMap::new(&fd, PAGE))
            .map_err(|error| Reason::System {
                doing: "make a page of shared memory",
                error: error.to_string(),
            })?;
        match words_are_seen(&self.context, page, WORD_LIMIT) {
            Ok(true) => Ok(()),
            Ok(false) => Err(Reason::NotSeen),
            Err(error) => Err(Reason::refused("write and wait for a shared word", error)),
        }
    }

    /// A pool with the pattern in its first frame.
    fn pool(&self, kind: MemoryKind) -> Result<(CudaPool, Vec<u8>), Reason> {
        let frame = trial_frame()?;
        let pool = CudaPool::new(&self.context, kind, frame.layout, 1)?;
        let plane = pool.plane(0, 0).ok_or(Reason::OtherBytes)?;
        let written = pool.upload(&plane, &frame.bytes, plane.row_bytes);
        written.map_err(|error| Reason::refused("write memory of the GPU", error))?;
        Ok((pool, frame.bytes))
    }

    fn ask(&self, kind: Kind, handle: [u8; 64]) -> Trial {
        let device = self.context.device();
        let device = device.map_err(|error| Reason::refused("ask which device it is", error))?;
        helper::ask(Request {
            kind,
            device_uuid: *device.uuid(),
            handle,
        })
    }

    fn has(&self, symbols: &[&'static str]) -> Trial {
        let driver = Driver::load().map_err(Reason::Driver)?;
        let missing = driver.missing_symbols();
        let mut symbols = symbols.iter();
        match symbols.find(|symbol| missing.contains(symbol)) {
            Some(symbol) => Err(Reason::MissingSymbol { symbol }),
            None => Ok(()),
        }
    }

    /// Only a device that says no itself is believed: one that does not know is tried.
    fn can(&self, attribute: Attribute, what: &'static str) -> Trial {
        let device = self.context.device();
        let device = device.map_err(|error| Reason::refused("ask which device it is", error))?;
        match device.attribute(attribute) {
            Ok(0) => Err(Reason::Unable { what }),
            _ => Ok(()),
        }
    }
}
