//! The only door to the kernel: segments, their counter, and other processes.
//!
//! Anybody with the rights can cut a segment short at any moment, and then an access through a
//! mapping kills the process. So nothing here accesses mapped memory by itself: data and headers go
//! through the file, and the counter is changed, and waited for, by futex calls. These fail where
//! an access would have killed.
//!
//! `SAFETY` comments cite the invariants S1 to S3.
//!
//! - **S1** An address is inside a mapping: every offset is checked against its length.
//! - **S2** Mapped bytes are accessed by the kernel alone, or by who vouches for the writer.
//! - **S3** A mapping lives as long as the value that unmaps it.

mod counter;
mod folder;
mod map;
mod process;
mod segment;
mod shape;

pub use counter::{SharedCounter, Woken};
pub use folder::{Arrivals, Occupant, is_named, occupant, unlink};
pub use map::Mapping;
pub use process::{Own, monotonic_ns};
pub use segment::{ReadSegment, WriteSegment, free_bytes, has_writer};
pub use shape::Identity;
