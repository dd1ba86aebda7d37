//! Bytes that another process may be writing, in and out at memcpy's speed.
//!
//! A compiler may assume that memory behind a reference, or behind a call of memcpy, does not
//! change meanwhile; memory that another process maps does. Relaxed atomics say so, but a compiler
//! joins no atomics into wider accesses: a loop over them, unrolled or not, takes 1.3 times as long
//! as memcpy for 256 KiB and up to 2.2 times for 16 KiB. On x86-64 whole blocks are moved by
//! instructions of our own instead. To the compiler these may do whatever relaxed loads and stores
//! could do, and it assumes nothing else of them; the processor keeps every aligned word whole, and
//! its loads and its stores in order. AVX, where there is any, needs two thirds of the time of SSE
//! for what lies in the first cache. `rep movsb` is no faster than AVX, and keeps the stores within
//! one copy in no order. Other processors take loops of atomics for all of it.
//!
//! [`copy_past_caches`] is for what goes into more memory than the caches hold: 13 to 17 GB/s into
//! 256 MiB where memcpy, and [`copy`], have 9 to 11, in pieces of 16 KiB and more.
//!
//! ```
//! let from = [7u8; 100];
//! let mut to = [0u8; 100];
//! // SAFETY: both have 100 bytes, and nothing else refers to `to` meanwhile.
//! unsafe { racing::copy(from.as_ptr(), to.as_mut_ptr(), 100) };
//! assert_eq!(to, from);
//! ```

#[allow(unsafe_code)]
mod sys;

pub use sys::{BLOCK, CAN_BLOCKS, copy, copy_blocks, copy_past_caches};
