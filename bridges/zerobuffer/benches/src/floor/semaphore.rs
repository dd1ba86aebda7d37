//! A named semaphore of glibc's, as both sides of a buffer use them.

use std::ffi::CString;
use std::ptr::NonNull;

use bench_harness::Result;

/// A semaphore that others open by its name. Who made it removes the name.
pub struct Semaphore {
    raw: NonNull<libc::sem_t>,
    name: CString,
    is_maker: bool,
}

impl Semaphore {
    /// A new one, of value 0.
    pub fn create(name: &str) -> Result<Self> {
        Self::obtain(name, libc::O_CREAT | libc::O_EXCL)
    }

    /// That of another process.
    pub fn open(name: &str) -> Result<Self> {
        Self::obtain(name, 0)
    }

    fn obtain(name: &str, flags: i32) -> Result<Self> {
        let name = CString::new(name)?;
        // SAFETY: the name ends with a zero and lives until the call returns; the two further
        // arguments are those of O_CREAT, and not looked at without it.
        let raw = unsafe { libc::sem_open(name.as_ptr(), flags, 0o600 as libc::c_uint, 0) };
        match NonNull::new(raw) {
            // What glibc calls SEM_FAILED is the null pointer.
            None => Err(std::io::Error::last_os_error().into()),
            Some(raw) => Ok(Semaphore {
                raw,
                name,
                is_maker: flags != 0,
            }),
        }
    }

    /// One more.
    #[inline]
    pub fn post(&self) {
        // SAFETY: open until this value is dropped.
        let _ = unsafe { libc::sem_post(self.raw.as_ptr()) };
    }

    /// Sleeps until there is one, and takes it.
    #[inline]
    pub fn wait(&self) {
        // An interrupted wait begins again.
        // SAFETY: open until this value is dropped.
        while unsafe { libc::sem_wait(self.raw.as_ptr()) } != 0 {}
    }

    /// The same without sleeping.
    #[inline]
    pub fn spin(&self) {
        // SAFETY: open until this value is dropped.
        while unsafe { libc::sem_trywait(self.raw.as_ptr()) } != 0 {
            std::hint::spin_loop();
        }
    }
}

impl Drop for Semaphore {
    fn drop(&mut self) {
        // SAFETY: open, and closed only here.
        let _ = unsafe { libc::sem_close(self.raw.as_ptr()) };
        if self.is_maker {
            // SAFETY: the name ends with a zero and lives until the call returns.
            let _ = unsafe { libc::sem_unlink(self.name.as_ptr()) };
        }
    }
}
