//! Memory of others, by its descriptor: what kind it is, how large, and copies out of it.

mod error;
mod kind;
mod lent;
#[cfg(test)]
mod tests;

pub use error::MemoryError;
pub use kind::{MemoryKind, size_of};
pub use lent::{LentMap, Reading};
