//! What the library has to say about connections and evictions, on standard error.

use std::io;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use crate::exit::Failure;

/// The variable that says how much is told, as in `cuframes=debug`.
const VARIABLE: &str = "CUFRAMES_LOG";

/// Starts to tell; warnings and errors unless `CUFRAMES_LOG` says something else.
pub fn start() -> Result<(), Failure> {
    let filter = EnvFilter::builder()
        .with_default_directive(LevelFilter::WARN.into())
        .with_env_var(VARIABLE)
        .from_env()
        .map_err(|error| {
            Failure::Usage(format!(
                "{VARIABLE} is no log filter: {error}; use error, warn, info, debug or trace"
            ))
        })?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(crate::terminal::is_terminal())
        .init();
    Ok(())
}
