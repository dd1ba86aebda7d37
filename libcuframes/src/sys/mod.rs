//! The only door to the kernel: descriptors, mappings, segments, locks, futexes and sockets;
//! and, in `cuda`, to the driver of the GPU.
//!
//! Nothing here knows what the bytes mean. Everything here returns `io::Result`; the floors
//! above turn an errno into a sentence that names what it happened to.

mod clock;
pub mod cuda;
mod dirs;
mod fd;
mod fork;
mod futex;
mod lock;
mod machine;
mod map;
mod memfd;
mod memory;
mod pages;
mod poll;
mod racing;
mod segment;
mod socket;

pub use clock::{boot_time_of_self, monotonic_ns, random};
pub use dirs::{RunDir, publisher_dir, subscriber_dirs};
pub use fd::{Fd, size_of_file, write_at};
pub use fork::{Generation, generation};
pub use futex::{wait as futex_wait, wake_all as futex_wake_all};
pub use lock::{KeyLock, Owner, is_alive as is_locked, lock_owner, lock_whole};
pub use machine::{
    descriptor_limit, file_system, has_more_rights_than_its_caller, locked_memory_limit, namespace,
    own_folder, pid_values,
};
pub use map::{Mapping, ReadMap, ReadWrite, WriteMap};
pub use memfd::{Seals, create_memfd, has_seals, publish_read_only, reopen_to_map, seal_page};
pub use memory::check_available;
pub use pages::PageRegion;
pub use poll::{Poller, Ready, Ticker, Waker, wait_readable};
pub use segment::{
    NamedSegment, SEGMENT_DIR, owner_of, remove_dead, remove_leftovers, segment_path, segments_of,
};
pub use socket::{
    Listener, Received, connect, drain, effective_uid, listen, notify_pair, peer_credentials,
    receive, send, send_byte,
};

/// Size of a page of this machine; the wire is defined for 4096.
pub const PAGE: usize = 4096;
