//! The only door to the kernel: shared memory, semaphores, locks, other processes.
//!
//! `SAFETY` comments cite the invariants S1 to S4.
//!
//! - **S1** An access is inside a mapping: every offset is checked against its length.
//! - **S2** No reference to shared bytes is made that the compiler may take for constant: they are
//!   accessed by atomics and by racing copies.
//! - **S3** A mapping lives as long as whoever holds it, and frames hold it.
//! - **S4** Bytes of a frame that is lent, or of a place that is being written, are touched by
//!   nobody else as long as both sides keep to the protocol; who makes a slice of them vouches
//!   for the other side.

mod file;
mod link;
mod lock;
mod map;
mod process;
mod segment;
mod semaphore;
mod writer_lock;

pub use file::{is_same_file, open_shared, remove_shared, shared_dir};
pub use link::Unnamed;
pub use lock::{Lock, LockOutcome, is_locked};
pub use process::{Life, Peer, is_mapped_by, own_pid};
pub use segment::Segment;
pub use semaphore::Semaphore;
pub use writer_lock::{has_locked_writer, lock_as_writer};
