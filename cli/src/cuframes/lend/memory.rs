//! In what memory the frames of keys are lent: to processes that know where in it to look, and to
//! those that do not.

use std::sync::{Arc, Mutex, PoisonError};

use cuframes::{Frame, MemoryKind};
use cuframes_cli::terminal::say;
use frame_lending::engine::Lending;
use frame_lending::memory::LentMap;

/// In what memory frames are lent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Memory {
    /// In that of their publisher, which is the host's.
    InPlace,
    /// In that of their publisher, which is a GPU's.
    DmaBuf,
    /// In memory of the host, into which each is copied.
    HostCopy,
    /// In DMA-BUFs, into which each is copied, as this program was told to.
    DmaBufCopy,
}

impl Memory {
    /// As reports say it.
    pub fn name(self) -> &'static str {
        match self {
            Memory::InPlace => "in place",
            Memory::DmaBuf => "dma-buf",
            Memory::HostCopy => "host copy",
            Memory::DmaBufCopy => "dma-buf copy",
        }
    }

    /// As reports say it of a consumer, which is lent frames of a key with this memory like that.
    pub fn name_for(self, lending: Lending) -> &'static str {
        match lending {
            Lending::CopiedWithoutHello => "copied: the consumer did not say hello",
            Lending::InPlace | Lending::Copied => self.name(),
        }
    }

    /// That of a frame which is not to be copied where that can be helped; and if it has to be, why.
    pub fn of(frame: &Frame) -> (Memory, Option<String>) {
        match frame.memory() {
            MemoryKind::Host | MemoryKind::Dmabuf => (Memory::InPlace, None),
            MemoryKind::CudaIpc | MemoryKind::CudaVmm => match try_dma_buf(frame) {
                Ok(()) => (Memory::DmaBuf, None),
                Err(why) => (Memory::HostCopy, Some(why)),
            },
        }
    }
}

/// Does what a consumer will do: a driver may export memory that no processor can map.
fn try_dma_buf(frame: &Frame) -> Result<(), String> {
    let shared = frame.dma_buf().map_err(|error| error.to_string())?;
    let fd = shared.fd().try_clone_to_owned();
    let fd = fd.map_err(|error| format!("copy the descriptor of a DMA-BUF: {error}"))?;
    let map = LentMap::new(fd).map_err(|error| error.to_string())?;
    for plane in shared.planes() {
        let inside = map.check(plane.offset, plane.bytes as u64);
        inside.map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// What is known of each key, for all who lend it.
#[derive(Clone)]
pub struct Memories {
    keys: Arc<[(String, Mutex<Option<Memory>>)]>,
    is_quiet: bool,
}

impl Memories {
    pub fn new(keys: &[String], is_quiet: bool) -> Memories {
        let unknown = |key: &String| (key.clone(), Mutex::new(None));
        Memories {
            keys: keys.iter().map(unknown).collect(),
            is_quiet,
        }
    }

    /// Frames of a key are lent like this from now on; it is said where that is new.
    pub fn note(&self, key: &str, memory: Memory, why: Option<&str>) {
        let Some((_, known)) = self.keys.iter().find(|(name, _)| name == key) else {
            return;
        };
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.replace(memory) != Some(memory) && !self.is_quiet {
            let why = why.map(|why| format!(": {why}")).unwrap_or_default();
            say(&format!("{key}: memory {}{why}", memory.name()));
        }
    }

    /// As reports say it of a consumer that is lent frames of a key like that.
    pub fn name_for(&self, key: &str, lending: Lending) -> Option<&'static str> {
        let (_, memory) = self.all().find(|(known, _)| *known == key)?;
        memory.map(|memory| memory.name_for(lending))
    }

    /// Each key, and its memory as soon as somebody was lent a frame of it.
    pub fn all(&self) -> impl Iterator<Item = (&str, Option<Memory>)> {
        self.keys.iter().map(|(key, memory)| {
            let memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
            (key.as_str(), *memory)
        })
    }
}
