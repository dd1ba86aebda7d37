//! The kernels of this project, which are known by name.

use std::ffi::c_void;

use crate::abi::{INVALID_PTX, INVALID_VALUE, NOT_FOUND};
use crate::memory::resolve;
use crate::world::Answer;

/// A kernel that is simulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kernel {
    /// A sum over all pixel bytes.
    Checksum,
    /// Bytes that depend on place and seed.
    Fill,
}

/// A picture that a kernel works on.
#[derive(Clone, Copy)]
struct Picture {
    first: u64,
    pitch: u64,
    row_bytes: u64,
    rows: u64,
}

/// A kernel with its parameters.
pub struct Launch {
    kernel: Kernel,
    picture: Picture,
    /// Where the sum goes, or the seed.
    last: u64,
}

/// The names of the kernels in a text of PTX.
pub fn entries(ptx: &str) -> Answer<Vec<String>> {
    if !ptx.contains(".version") {
        return Err(INVALID_PTX);
    }
    let after = ptx.split(".entry").skip(1);
    let name = |text: &str| {
        let text = text.trim_start();
        let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_'));
        text[..end.unwrap_or(text.len())].to_owned()
    };
    Ok(after.map(name).collect())
}

/// The kernel of a name.
pub fn find(name: &str) -> Answer<Kernel> {
    match name {
        "cuframes_checksum" => Ok(Kernel::Checksum),
        "cuframes_fill" => Ok(Kernel::Fill),
        _ => Err(NOT_FOUND),
    }
}

impl Launch {
    /// Reads the parameters, as they are when the kernel is launched.
    ///
    /// # Safety
    /// `parameters` points to five pointers to values of the types that the kernel has.
    pub unsafe fn new(kernel: Kernel, parameters: *const *mut c_void) -> Answer<Launch> {
        if parameters.is_null() {
            return Err(INVALID_VALUE);
        }
        // SAFETY: the caller vouches for five pointers.
        let pointers: [*mut c_void; 5] = unsafe { parameters.cast::<[*mut c_void; 5]>().read() };
        // SAFETY: the caller vouches for a value of 64 bits.
        let wide = |at: usize| unsafe { pointers[at].cast::<u64>().read_unaligned() };
        // SAFETY: the caller vouches for a value of 32 bits.
        let narrow = |at: usize| u64::from(unsafe { pointers[at].cast::<u32>().read_unaligned() });
        Ok(Launch {
            kernel,
            picture: Picture {
                first: wide(0),
                pitch: narrow(1),
                row_bytes: narrow(2),
                rows: narrow(3),
            },
            last: match kernel {
                Kernel::Checksum => wide(4),
                Kernel::Fill => narrow(4),
            },
        })
    }

    /// Does the work.
    pub fn run(&self) -> Answer {
        let Picture {
            first,
            pitch,
            row_bytes,
            rows,
        } = self.picture;
        if rows == 0 || row_bytes == 0 {
            return Ok(());
        }
        let bytes = pitch * (rows - 1) + row_bytes;
        let place = resolve(first, bytes, self.kernel == Kernel::Fill)?;
        let mut sum = 0u64;
        for y in 0..rows {
            for x in 0..row_bytes {
                // SAFETY: inside the bytes that were resolved.
                let byte = unsafe { place.first.add((y * pitch + x) as usize) };
                match self.kernel {
                    // SAFETY: as above; a racing write is what a test looks for.
                    Kernel::Fill => unsafe {
                        byte.write_volatile((x * 7 + y * 13 + self.last * 31) as u8);
                    },
                    Kernel::Checksum => {
                        // SAFETY: as above.
                        let value = u64::from(unsafe { byte.read_volatile() });
                        let index = y * row_bytes + x;
                        sum = sum.wrapping_add(value.wrapping_mul(1 + index % 65521));
                    }
                }
            }
        }
        if self.kernel == Kernel::Checksum {
            let out = resolve(self.last, 8, true)?;
            let out = out.first.cast::<u64>();
            // SAFETY: eight bytes were resolved.
            let before = unsafe { out.read_unaligned() };
            // SAFETY: as above.
            unsafe { out.write_unaligned(before.wrapping_add(sum)) };
        }
        Ok(())
    }
}
