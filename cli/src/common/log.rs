//! What the library has to say about connections and evictions, on standard error.

use crate::exit::Failure;

/// Starts to tell; warnings and errors unless `CUFRAMES_LOG` says something else, as in
/// `cuframes=debug`.
pub fn start() -> Result<(), Failure> {
    Ok(program::log::start("CUFRAMES_LOG", 0)?)
}
