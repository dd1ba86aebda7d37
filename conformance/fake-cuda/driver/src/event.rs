//! Events: how often they were recorded, and up to which of these times they have happened.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::abi::{INVALID_CONTEXT, INVALID_HANDLE, INVALID_VALUE, OUT_OF_MEMORY};
use crate::books::Kind;
use crate::file::create_file;
use crate::machine::machine;
use crate::map::Alias;
use crate::world::{Answer, made};

const MAGIC: u64 = 0x4556_454E_5446_414B;
const SIZE: u64 = 4096;

/// An event of this process, or one of another process that it has opened.
pub struct Event {
    pub context: u64,
    pub kind: Kind,
    words: Words,
    /// The file by which others find it, if it is ours to remove.
    path: Option<PathBuf>,
    handle: [u8; 64],
}

enum Words {
    Own([AtomicU64; 2]),
    Shared(Alias),
}

impl Event {
    pub fn local(context: u64) -> Arc<Event> {
        made(Kind::Event);
        Arc::new(Event {
            context,
            kind: Kind::Event,
            words: Words::Own(Default::default()),
            path: None,
            handle: [0; 64],
        })
    }

    /// An event that others can open. It is found through /dev/shm, as the driver does it: who
    /// has another /dev/shm does not find it.
    pub fn interprocess(context: u64) -> Answer<Arc<Event>> {
        let machine = machine().ok_or(OUT_OF_MEMORY)?;
        let number = machine.fresh();
        let path = path_of(machine.token, number);
        let file = create_file(&path, SIZE).ok_or(OUT_OF_MEMORY)?;
        let alias = Alias::new(&file, SIZE).ok_or(OUT_OF_MEMORY)?;
        let mut handle = [0; 64];
        for (at, word) in [MAGIC, machine.token, number, machine.pid.into()]
            .iter()
            .enumerate()
        {
            handle[at * 8..at * 8 + 8].copy_from_slice(&word.to_ne_bytes());
        }
        made(Kind::Event);
        Ok(Arc::new(Event {
            context,
            kind: Kind::Event,
            words: Words::Shared(alias),
            path: Some(path),
            handle,
        }))
    }

    /// Opens an event of another process.
    pub fn open(context: u64, handle: &[u8; 64]) -> Answer<Arc<Event>> {
        let machine = machine().ok_or(OUT_OF_MEMORY)?;
        let word = |at: usize| {
            u64::from_ne_bytes(handle[at * 8..at * 8 + 8].try_into().unwrap_or_default())
        };
        if word(0) != MAGIC {
            return Err(INVALID_VALUE);
        }
        if word(1) == machine.token {
            return Err(INVALID_CONTEXT);
        }
        // Drivers that look the peer up do not find it in another PID namespace.
        let asks = std::env::var_os("FAKE_CUDA_EVENT_PROC").is_some_and(|value| value == "1");
        if asks
            && (!Path::new(&format!("/proc/{}", word(3))).exists() || word(3) == machine.pid.into())
        {
            return Err(INVALID_CONTEXT);
        }
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(path_of(word(1), word(2)))
            .map_err(|_| INVALID_HANDLE)?;
        let alias = Alias::new(&file, SIZE).ok_or(OUT_OF_MEMORY)?;
        made(Kind::ImportedEvent);
        Ok(Arc::new(Event {
            context,
            kind: Kind::ImportedEvent,
            words: Words::Shared(alias),
            path: None,
            handle: *handle,
        }))
    }

    /// The bytes by which others open it; nothing if they cannot.
    pub fn handle(&self) -> Option<[u8; 64]> {
        self.path.is_some().then_some(self.handle)
    }

    fn word(&self, index: usize) -> &AtomicU64 {
        match &self.words {
            Words::Own(words) => &words[index],
            Words::Shared(alias) => {
                let first = alias.first.cast::<u64>();
                // SAFETY: one of two words at the start of a mapped page.
                let word = unsafe { first.add(index) };
                // SAFETY: aligned, and only accessed atomically.
                unsafe { AtomicU64::from_ptr(word) }
            }
        }
    }

    /// It is recorded once more; the number of this time.
    pub fn record(&self) -> u64 {
        self.word(0).fetch_add(1, Ordering::AcqRel) + 1
    }

    /// How often it was recorded so far.
    pub fn recorded(&self) -> u64 {
        self.word(0).load(Ordering::Acquire)
    }

    /// It has happened up to time `number`.
    pub fn happen(&self, number: u64) {
        self.word(1).fetch_max(number, Ordering::AcqRel);
    }

    /// True if it has happened up to time `number`.
    pub fn has_happened(&self, number: u64) -> bool {
        self.word(1).load(Ordering::Acquire) >= number
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            // Somebody may have cleaned up before us.
            let _ = std::fs::remove_file(path);
        }
    }
}

fn path_of(token: u64, number: u64) -> PathBuf {
    PathBuf::from(format!("/dev/shm/fake-cuda-event-{token:016x}-{number}"))
}
