//! Semaphores as glibc keeps them in files, whichever C library this process has.
//!
//! A file of 32 bytes: a u64 whose lower half is the value and whose upper half counts who waits,
//! then a flag that says that processes share it. What waits sleeps on the lower half as a futex.
//! Written out here, since `sem_open` maps files without looking at their size, and since a wait
//! that can also be ended by somebody without a token needs the futex itself. A waiter that is
//! woken without a token waits on, in glibc as well as here.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rustix::thread::futex::{self, Flags, Timespec};

use super::file::open_shared;
use super::link::Unnamed;
use super::map::Mapping;

#[cfg(not(all(target_pointer_width = "64", target_endian = "little")))]
compile_error!("the layout of semaphores is that of 64-bit little-endian machines");

/// Bytes of a semaphore's file.
pub const SEMAPHORE_BYTES: usize = 32;
/// Where the flag is, and what it says: shared by processes.
const SHARED_AT: usize = 8;
const SHARED: u8 = 0x80;
/// The largest value.
const MOST: u32 = i32::MAX as u32;
/// One that waits.
const WAITER: u64 = 1 << 32;

/// A semaphore in a file.
#[derive(Debug)]
pub struct Semaphore {
    map: Mapping,
}

impl Semaphore {
    /// Makes the semaphore file `name`, which must not be there, with the value 0.
    pub fn create(name: &str, mode: Option<u32>) -> io::Result<Self> {
        let file = Unnamed::create(SEMAPHORE_BYTES as u64, mode)?;
        let map = Mapping::new(&file, SEMAPHORE_BYTES)?;
        map.store_bytes(SHARED_AT, &[SHARED]);
        file.link(name)?;
        Ok(Semaphore { map })
    }

    /// Opens the semaphore file `name`; `None` if there is none, an error if it is none.
    pub fn open(name: &str) -> io::Result<Option<Self>> {
        open_shared(name, true)?.map(Self::of_file).transpose()
    }

    /// The value in a semaphore's file that was opened for reading; `None` if it is none.
    pub fn peek(file: impl AsFd) -> Option<u32> {
        let mut bytes = [0; SEMAPHORE_BYTES];
        let read = rustix::io::pread(file, &mut bytes, 0).ok()?;
        let value = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        (read == SEMAPHORE_BYTES).then_some(value)
    }

    fn of_file(file: OwnedFd) -> io::Result<Self> {
        let size = rustix::fs::fstat(&file)?.st_size;
        if size < SEMAPHORE_BYTES as i64 {
            let text = format!("a semaphore has {SEMAPHORE_BYTES} bytes, and this file {size}");
            return Err(io::Error::new(io::ErrorKind::InvalidData, text));
        }
        let map = Mapping::new(&file, SEMAPHORE_BYTES)?;
        Ok(Semaphore { map })
    }

    #[inline]
    fn word(&self) -> &AtomicU64 {
        self.map.atomic_u64(0)
    }

    /// How many tokens there are.
    pub fn value(&self) -> u32 {
        self.word().load(Ordering::Relaxed) as u32
    }

    /// How many wait.
    pub fn waiters(&self) -> u32 {
        (self.word().load(Ordering::Relaxed) >> 32) as u32
    }

    /// Adds a token, and wakes somebody who waits for one. Not beyond the largest value, where
    /// one more says no more.
    #[inline]
    pub fn post(&self) {
        let mut seen = self.word().load(Ordering::Relaxed);
        while seen as u32 != MOST {
            let more = seen.wrapping_add(1);
            // Release: what was done before is seen by who takes the token.
            match self.word().compare_exchange_weak(
                seen,
                more,
                Ordering::Release,
                Ordering::Relaxed,
            ) {
                Ok(_) => break,
                Err(now) => seen = now,
            }
        }
        if seen >= WAITER {
            self.wake(1);
        }
    }

    /// Takes a token if there is one.
    #[inline]
    pub fn try_take(&self) -> bool {
        let mut seen = self.word().load(Ordering::Relaxed);
        while seen as u32 != 0 {
            // Acquire: pairs with the release of who posted.
            match self.word().compare_exchange_weak(
                seen,
                seen - 1,
                Ordering::Acquire,
                Ordering::Relaxed,
            ) {
                Ok(_) => return true,
                Err(now) => seen = now,
            }
        }
        false
    }

    /// Takes all tokens.
    pub fn take_all(&self) {
        self.word()
            .fetch_and(!u64::from(u32::MAX), Ordering::Acquire);
    }

    /// Sleeps until there is a token, until somebody wakes who waits, or until the time is over;
    /// takes nothing. Returns at once if the value is not `expected` any more; true if the time is
    /// over.
    pub fn sleep(&self, expected: u32, limit: Duration) -> bool {
        self.word().fetch_add(WAITER, Ordering::SeqCst);
        let limit = Timespec {
            tv_sec: i64::try_from(limit.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: limit.subsec_nanos().into(),
        };
        // Woken, changed and interrupted all mean the same to the caller: look again.
        let outcome = futex::wait(
            self.map.atomic_u32(0),
            Flags::empty(),
            expected,
            Some(&limit),
        );
        self.word().fetch_sub(WAITER, Ordering::SeqCst);
        outcome == Err(rustix::io::Errno::TIMEDOUT)
    }

    /// Wakes everybody who waits, without a token: they look what has changed, and wait on.
    pub fn wake_all(&self) {
        self.wake(i32::MAX as u32);
    }

    fn wake(&self, most: u32) {
        // It fails only for addresses that cannot be.
        let _ = futex::wake(self.map.atomic_u32(0), Flags::empty(), most);
    }
}
