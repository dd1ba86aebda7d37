//! What libraries tell about what they do, on standard error.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::{FromEnvError, LevelFilter};

/// A variable that does not say what is told.
#[derive(Debug, thiserror::Error)]
#[error("{variable} is no log filter: {source}; use error, warn, info, debug or trace")]
pub struct InvalidFilter {
    variable: &'static str,
    source: FromEnvError,
}

/// Starts to tell: warnings and errors, with `verbose` more, unless this variable of the environment
/// says something else, such as `debug`, or `zerobuffer=debug` for one library.
pub fn start(variable: &'static str, verbose: u8) -> Result<(), InvalidFilter> {
    let level = match verbose {
        0 => LevelFilter::WARN,
        1 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let filter = EnvFilter::builder()
        .with_default_directive(level.into())
        .with_env_var(variable)
        .from_env()
        .map_err(|source| InvalidFilter { variable, source })?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
    Ok(())
}
