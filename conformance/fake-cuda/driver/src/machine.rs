//! The machine that processes share: a folder with a book for each of them, and settings.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::books::{self, Book};

/// What this process is on the machine.
pub struct Machine {
    pub folder: PathBuf,
    /// Which process this is: never the same twice, whatever the pid.
    pub token: u64,
    pub pid: u32,
    pub book: Book,
    pub delay_us: u64,
    pub seed: u64,
    pub devices: i32,
    pub version: i32,
    next: AtomicU64,
}

static MACHINE: OnceLock<Option<Machine>> = OnceLock::new();

/// The machine; none in a forked child, and none where the folder cannot be had.
pub fn machine() -> Option<&'static Machine> {
    let machine = MACHINE.get_or_init(Machine::start).as_ref()?;
    (machine.pid == std::process::id()).then_some(machine)
}

fn number(name: &str, default: u64) -> u64 {
    let value = std::env::var(name).ok();
    value.and_then(|text| text.parse().ok()).unwrap_or(default)
}

impl Machine {
    fn start() -> Option<Machine> {
        let folder = match std::env::var_os("FAKE_CUDA_DIR") {
            Some(folder) => PathBuf::from(folder),
            // SAFETY: it only reads the user of this process.
            None => std::env::temp_dir().join(format!("fake-cuda-{}", unsafe { libc::getuid() })),
        };
        std::fs::create_dir_all(&folder).ok()?;
        let mut random = [0; 8];
        File::open("/dev/urandom")
            .ok()?
            .read_exact(&mut random)
            .ok()?;
        let token = u64::from_ne_bytes(random) | 1;
        let book = Book::open(&folder.join(format!("process-{token:016x}")))?;
        extern "C" fn ended() {
            if let Some(machine) = machine() {
                machine.book.end();
            }
        }
        // SAFETY: a function of this library, which is never unloaded.
        unsafe { libc::atexit(ended) };
        extern "C" fn forked() {
            if let Some(Some(machine)) = MACHINE.get() {
                machine.book.leave_to_parent();
            }
        }
        // SAFETY: as above; it closes a descriptor and does nothing else.
        unsafe { libc::pthread_atfork(None, None, Some(forked)) };
        Some(Machine {
            folder,
            token,
            pid: std::process::id(),
            book,
            delay_us: number("FAKE_CUDA_DELAY_US", 0),
            seed: number("FAKE_CUDA_SEED", 1),
            devices: number("FAKE_CUDA_DEVICES", 2) as i32,
            version: number("FAKE_CUDA_VERSION", 12040) as i32,
            next: AtomicU64::new(1),
        })
    }

    /// A number that this process has not used before, for handles and names.
    pub fn fresh(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// True if the process of `token` runs: its book is locked.
    pub fn is_alive(&self, token: u64) -> bool {
        books::is_locked(&self.folder.join(format!("process-{token:016x}")))
    }
}
