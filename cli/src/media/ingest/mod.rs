//! Cameras, files and filter graphs: opened, decoded and published.

mod address;
mod camera;
mod clock;
mod config;
mod decode;
mod ffmpeg;
mod first;
mod formats;
mod group;
mod hevc;
mod many;
mod meta;
mod needs;
mod outlet;
mod pace;
mod packets;
mod play;
mod redact;
mod retry;
mod service;
mod slots;
mod source;
mod status;
mod stream;
mod timeline;
mod voice;
mod watch;

use ffmpeg_next::util::log;
use program::signals::Signals;

use cuframes_cli::args::PublishArguments;
use cuframes_cli::exit::Failure;

use camera::{Camera, Patience};
use service::Service;

/// Publishes the INPUT until it ends for good, then ends the stream, or all inputs of a file. A
/// signal ends the program without ending the streams.
pub fn run(arguments: &PublishArguments) -> Result<(), Failure> {
    arguments.check().map_err(Failure::Usage)?;
    if let Some(file) = &arguments.config {
        let cameras = config::read(file, arguments)?;
        let signals = Signals::catch()?;
        start()?;
        return many::run(&cameras, &signals);
    }
    let signals = Signals::catch()?;
    start()?;
    let service = Service::start(1, signals.clone());
    let ended = Camera::new(arguments, signals, service.pulse(0), Patience::Began).run();
    service.stop();
    ended
}

/// FFmpeg itself says nothing: it would tell passwords.
fn start() -> Result<(), Failure> {
    let failed = |error: ffmpeg_next::Error| Failure::Input {
        what: "start FFmpeg".to_owned(),
        reason: error.to_string(),
    };
    ffmpeg_next::init().map_err(failed)?;
    log::set_level(log::Level::Quiet);
    Ok(())
}
