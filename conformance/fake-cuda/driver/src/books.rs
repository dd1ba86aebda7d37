//! What each process has of the machine, counted by kind where everybody can see it.
//!
//! A book is a file that its process maps and locks. Who ended normally has said so in it; who
//! was killed has not, and the lock is gone: what it had, the kernel took back.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Kind {
    /// Contexts.
    Context,
    /// Streams.
    Stream,
    /// Events.
    Event,
    /// Memory of the GPU.
    Allocation,
    /// Memory of another process.
    Import,
    /// Events of another process.
    ImportedEvent,
    /// VMM memory by its handle.
    VmmHandle,
    /// Reserved addresses.
    Reservation,
    /// VMM memory at its addresses.
    Mapping,
    /// Host memory that streams reach.
    Registration,
    /// Loaded kernels.
    Module,
}

/// Names of the kinds, in their order.
pub const KINDS: [&str; 11] = [
    "contexts",
    "streams",
    "events",
    "allocations",
    "imported allocations",
    "imported events",
    "VMM handles",
    "address reservations",
    "mappings",
    "host registrations",
    "modules",
];

const SIZE: usize = 4096;
const WORDS: usize = 3 + KINDS.len();
const RUNNING: u64 = 1;
const ENDED: u64 = 2;

/// The book of this process.
pub struct Book {
    words: *mut AtomicU64,
    file: File,
}

// SAFETY: the words are atomics in a mapping that stays until the process ends.
unsafe impl Send for Book {}
// SAFETY: as for Send.
unsafe impl Sync for Book {}

impl Book {
    /// Makes the book at `path`, locked for as long as this process lives.
    pub fn open(path: &Path) -> Option<Book> {
        let file = crate::file::create_file(path, SIZE as u64)?;
        lock(&file).ok()?;
        let prot = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a new mapping of a file that has this size.
        let words = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                SIZE,
                prot,
                libc::MAP_SHARED,
                file.as_raw_fd(),
                0,
            )
        };
        if words == libc::MAP_FAILED {
            return None;
        }
        let book = Book {
            words: words.cast(),
            file,
        };
        book.word(0).store(RUNNING, Ordering::Relaxed);
        book.word(1)
            .store(std::process::id().into(), Ordering::Relaxed);
        Some(book)
    }

    fn word(&self, index: usize) -> &AtomicU64 {
        assert!(index < WORDS, "a word of the book");
        // SAFETY: inside the mapping, as was just checked.
        let word = unsafe { self.words.add(index) };
        // SAFETY: the mapping is never unmapped, and only accessed atomically.
        unsafe { &*word }
    }

    /// One more of a kind.
    pub fn add(&self, kind: Kind) {
        self.word(3 + kind as usize).fetch_add(1, Ordering::Relaxed);
    }

    /// One less.
    pub fn remove(&self, kind: Kind) {
        self.word(3 + kind as usize).fetch_sub(1, Ordering::Relaxed);
    }

    /// Counts a call of the driver.
    pub fn call(&self) -> u64 {
        self.word(2).fetch_add(1, Ordering::Relaxed) + 1
    }

    /// In a forked child: the lock is the parent's alone.
    pub fn leave_to_parent(&self) {
        // SAFETY: the copy that this process has; nothing of it is used in a forked child.
        unsafe { libc::close(self.file.as_raw_fd()) };
    }

    /// The process ends normally.
    pub fn end(&self) {
        self.word(0).store(ENDED, Ordering::Relaxed);
    }
}

/// Removes what processes of a machine that are no more have left in /dev/shm.
pub fn clean_up(folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let Some(token) = name.strip_prefix("process-").filter(|_| !is_locked(&path)) else {
            continue;
        };
        for shared in std::fs::read_dir("/dev/shm")? {
            let shared = shared?;
            let events = format!("fake-cuda-event-{token}-");
            if shared.file_name().to_string_lossy().starts_with(&events) {
                std::fs::remove_file(shared.path())?;
            }
        }
    }
    Ok(())
}

/// How a process is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It runs.
    Running,
    /// It ended by itself.
    Ended,
    /// It was killed.
    Killed,
}

/// What a book says.
#[derive(Debug)]
pub struct Account {
    /// The process.
    pub pid: u64,
    /// How it is doing.
    pub fate: Fate,
    /// Calls of the driver.
    pub calls: u64,
    /// What it has or left, in the order of [`KINDS`].
    pub left: [u64; KINDS.len()],
}

/// Reads every book of a machine.
pub fn read_all(folder: &Path) -> io::Result<Vec<Account>> {
    let mut accounts = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let is_book = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("process-"));
        if is_book {
            accounts.push(read(&path)?);
        }
    }
    accounts.sort_by_key(|account| account.pid);
    Ok(accounts)
}

fn read(path: &Path) -> io::Result<Account> {
    let running = is_locked(path);
    let bytes = std::fs::read(path)?;
    let word = |index: usize| {
        let bytes = bytes.get(index * 8..index * 8 + 8);
        bytes.map_or(0, |bytes| {
            u64::from_ne_bytes(bytes.try_into().unwrap_or_default())
        })
    };
    Ok(Account {
        pid: word(1),
        fate: match (running, word(0)) {
            (true, _) => Fate::Running,
            (false, ENDED) => Fate::Ended,
            (false, _) => Fate::Killed,
        },
        calls: word(2),
        left: std::array::from_fn(|kind| word(3 + kind)),
    })
}

fn lock_request(kind: i32) -> libc::flock {
    libc::flock {
        l_type: kind as i16,
        l_whence: libc::SEEK_SET as i16,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    }
}

fn lock(file: &File) -> io::Result<()> {
    let request = lock_request(libc::F_WRLCK);
    // SAFETY: a valid descriptor and a valid request.
    match unsafe { libc::fcntl(file.as_raw_fd(), libc::F_OFD_SETLK, &request) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// True while the process whose book is at `path` lives.
pub fn is_locked(path: &Path) -> bool {
    let Ok(file) = OpenOptions::new().read(true).open(path) else {
        return false;
    };
    let mut request = lock_request(libc::F_RDLCK);
    // SAFETY: a valid descriptor and a valid request, which the call overwrites.
    let asked = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_OFD_GETLK, &mut request) };
    asked == 0 && request.l_type != libc::F_UNLCK as i16
}
