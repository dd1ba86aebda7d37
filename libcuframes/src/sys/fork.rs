//! What a `fork` of the embedding program does to us: nothing survives in the child.
//!
//! Descriptors are close-on-exec, but a child that never calls exec would keep the control
//! socket and the locks alive and so make a dead publisher look alive. A child handler closes
//! them, and every owner learns from the generation that its descriptors are gone.

use std::os::fd::RawFd;
use std::sync::Once;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// Highest descriptor number that can be tracked: the kernel's default `fs.nr_open`.
const MAX_FDS: usize = 1 << 20;

static OURS: [AtomicU64; MAX_FDS / 64] = [const { AtomicU64::new(0) }; MAX_FDS / 64];
static FORKS: AtomicU32 = AtomicU32::new(0);
static INSTALL: Once = Once::new();

/// Tells the process that made a thing from a forked child that inherited a copy of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Generation(u32);

impl Generation {
    /// True in the process that took this generation, false in its forked children.
    pub fn is_current(self) -> bool {
        self == generation()
    }
}

/// The generation of this process: the number of forks between it and the first one.
pub fn generation() -> Generation {
    Generation(FORKS.load(Ordering::Relaxed))
}

/// Counts the forks of this process from now on.
pub(super) fn watch() {
    INSTALL.call_once(|| {
        // SAFETY: I9: the handler only does what is allowed after fork: atomics and close(2).
        unsafe { libc::pthread_atfork(None, None, Some(close_in_child)) };
    });
}

/// Marks `fd` as one that a forked child must not keep.
pub(super) fn track(fd: RawFd) {
    watch();
    if let Some((word, bit)) = place(fd) {
        word.fetch_or(bit, Ordering::Relaxed);
    }
}

/// Forgets `fd`; called before it is closed, so that its number cannot be somebody else's yet.
pub(super) fn untrack(fd: RawFd) {
    if let Some((word, bit)) = place(fd) {
        word.fetch_and(!bit, Ordering::Relaxed);
    }
}

fn place(fd: RawFd) -> Option<(&'static AtomicU64, u64)> {
    let fd = usize::try_from(fd).ok()?;
    Some((OURS.get(fd / 64)?, 1 << (fd % 64)))
}

extern "C" fn close_in_child() {
    FORKS.fetch_add(1, Ordering::Relaxed);
    for (index, word) in OURS.iter().enumerate() {
        let mut bits = word.swap(0, Ordering::Relaxed);
        while bits != 0 {
            let fd = index * 64 + bits.trailing_zeros() as usize;
            bits &= bits - 1;
            // SAFETY: I9: the child's copy of a descriptor that an `Fd` of the parent owns; the
            // generation keeps the child's copy of that `Fd` from closing the number again.
            unsafe { libc::close(fd as RawFd) };
        }
    }
}
