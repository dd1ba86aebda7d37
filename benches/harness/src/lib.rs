//! What programs that measure share: their course from arguments to figures, samples that become
//! rows, the machine and its processors, the other process, and the tables.

pub mod arguments;
pub mod book;
pub mod floor;
pub mod machine;
#[allow(unsafe_code)]
pub mod memory;
pub mod peer;
pub mod program;
pub mod report;
pub mod sheet;
pub mod usage;

/// Whatever went wrong ends the measuring and is told.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;
