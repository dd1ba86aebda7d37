//! What the library has to say, on standard error.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use crate::exit::Failure;

/// The variable that says how much is told, as in `vizion_streamer=debug`.
const VARIABLE: &str = EnvFilter::DEFAULT_ENV;

/// Starts to tell: warnings and errors, or more with `-v`, unless `RUST_LOG` says something else.
pub fn start(verbose: u8) -> Result<(), Failure> {
    let level = match verbose {
        0 => LevelFilter::WARN,
        1 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let filter = EnvFilter::builder()
        .with_default_directive(level.into())
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
        .with_ansi(io::stderr().is_terminal())
        .init();
    Ok(())
}
