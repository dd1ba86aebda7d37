//! `cuframes bridge`.

mod vizion;
mod voice;
mod zerobuffer;

use cuframes_cli::args::{Bridge, BridgeArguments};
use cuframes_cli::exit::Failure;

/// Carries frames until it is told to stop, or the stream ends.
pub fn run(arguments: &BridgeArguments) -> Result<(), Failure> {
    match &arguments.to {
        Bridge::Vizion(arguments) => vizion::run(arguments),
        Bridge::ZeroBuffer(arguments) => zerobuffer::run(arguments),
    }
}
