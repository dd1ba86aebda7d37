//! What our command line programs have in common: how signals reach them, how they tell results and
//! what happens inside of them, and how they end.
//!
//! Each program keeps its own table of exit codes, and its own reasons to end; an [`ending::Ending`]
//! is among them.

pub mod ending;
pub mod generate;
#[cfg(feature = "log")]
pub mod log;
pub mod output;
pub mod signals;
