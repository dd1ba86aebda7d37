//! The only door to memory of others, and to what no safe function asks the kernel for.
//!
//! `SAFETY` comments cite the invariants S1 to S3.
//!
//! - **S1** An access is inside a mapping: every offset is checked against its length.
//! - **S2** No reference to shared bytes is made: they are accessed by racing copies.
//! - **S3** A mapping lives as long as whoever holds it.

mod dma_buf;
mod map;

pub use dma_buf::{Access, heap_allocate, sync_end, sync_start, udmabuf_create};
pub use map::{Map, whole_pages};
