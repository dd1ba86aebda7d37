//! For tests: the Python implementation of ZeroBuffer as the other side of a buffer.
//!
//! [`python`] installs it once into the target directory. [`Process`] runs its command line, or
//! one of our scripts that drive its classes by lines of text, so that a test waits for what
//! happened and not for time.

mod checksum;
mod files;
mod process;
mod venv;

pub use checksum::{Md5, md5};
pub use files::{Tidy, await_file, await_gone, await_reader, leftovers, unique};
pub use process::{Ended, PATIENCE, Process};
pub use venv::{PEER_VERSION, python};
