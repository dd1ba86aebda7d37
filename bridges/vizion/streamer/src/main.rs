//! `vizion-streamer`: a camera under VizionStreamer's control socket.

mod args;
mod exit;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write};
use std::path::Path;

use clap::Parser;
use clap_complete::Shell;
use program::signals::Signals;
use program::{generate, log};
use sd_notify::NotifyState;
use vizion_streamer::server::{Server, ServerOptions};
use vizion_streamer::stream::KeyOptions;
use vizion_streamer::streamer::{Streamer, StreamerOptions};

use args::{Arguments, Command};
use exit::Failure;

fn main() {
    let arguments = Arguments::parse();
    if let Err(failure) = run(&arguments) {
        failure.exit();
    }
}

fn run(arguments: &Arguments) -> Result<(), Failure> {
    log::start("RUST_LOG", arguments.verbose)?;
    match &arguments.command {
        None => serve(arguments),
        Some(Command::Man { directory }) => Ok(generate::man::<Arguments>(directory)?),
        Some(Command::Completions { shell }) => complete(*shell),
    }
}

/// Writes a shell's completions to standard output.
fn complete(shell: Shell) -> Result<(), Failure> {
    let script = generate::completions::<Arguments>(shell);
    let written = io::stdout().lock().write_all(script.as_bytes());
    written.map_err(Failure::io("write completions"))
}

fn serve(arguments: &Arguments) -> Result<(), Failure> {
    let signals = Signals::catch()?;
    let Some(camera) = &arguments.camera else {
        // clap asks for it unless there is a subcommand.
        return Err(Failure::Usage("no camera; use --camera SPEC".to_owned()));
    };
    if !arguments.allow_uid.is_empty() && arguments.socket_mode & 0o066 == 0 {
        tracing::warn!(
            "--allow-uid lets nobody in, as the permissions {:04o} of the socket keep others out; use --socket-mode",
            arguments.socket_mode
        );
    }
    // The socket first: whoever else serves here keeps its camera.
    let options = ServerOptions {
        mode: arguments.socket_mode,
        allow_uids: arguments.allow_uid.clone(),
        ..ServerOptions::default()
    };
    let mut server = Server::bind(&arguments.socket, options)?;
    let mut streamer = Streamer::new(camera.open()?, options_of(arguments))?;
    tell_manager(&[NotifyState::Ready]);
    let served = server.run(&mut streamer, signals.bell());
    tell_manager(&[NotifyState::Stopping]);
    // Nobody is answered any more, and the files are closed.
    drop(server);
    streamer.close();
    served?;
    Ok(signals.check()?)
}

fn options_of(arguments: &Arguments) -> StreamerOptions {
    let key = arguments.key.as_ref().map(|key| KeyOptions {
        key: key.clone(),
        modes: (arguments.key_mode, arguments.key_mode & !0o111),
        allow_uids: arguments.allow_uid.clone(),
    });
    StreamerOptions {
        key,
        pipeline_key: pipeline_key(&arguments.socket),
        pipeline: Some(arguments.pipeline.clone()),
        allow: arguments.allow_elements.clone(),
        rtsp: arguments.rtsp.0,
        state_file: arguments.state.clone(),
        quiet: arguments.quiet,
    }
}

/// The key of the pipeline's frames: the same for each daemon of a socket, of which there is one at a
/// time, since what a key leaves in the run directory stays there.
fn pipeline_key(socket: &Path) -> String {
    let socket = std::path::absolute(socket).unwrap_or_else(|_| socket.to_owned());
    let mut hasher = DefaultHasher::new();
    socket.hash(&mut hasher);
    format!("vizion.{:016x}", hasher.finish())
}

/// Tells the service manager, if there is one.
fn tell_manager(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!("the service manager could not be told: {error}");
    }
}
