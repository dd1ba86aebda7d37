//! What programs that measure share: samples that become rows, the machine and its processors, the
//! other process, and the table.

pub mod book;
pub mod machine;
#[allow(unsafe_code)]
pub mod memory;
pub mod peer;
pub mod report;
pub mod sheet;

/// Whatever went wrong ends the measuring and is told.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;
