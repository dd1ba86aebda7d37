//! Cameras, files and filter graphs: opened, decoded and published.

mod address;
mod clock;
mod ffmpeg;
mod first;
mod formats;
mod hevc;
mod meta;
mod needs;
mod outlet;
mod pace;
mod play;
mod redact;
mod retry;
mod slots;
mod source;
mod stream;
mod watch;

use std::time::{Duration, Instant};

use cuframes_cli::args::PublishArguments;
use cuframes_cli::exit::Failure;
use cuframes_cli::signals::Signals;
use cuframes_cli::summary::{Summary, Tally};
use cuframes_cli::terminal::say;
use ffmpeg_next::util::log;

use address::Address;
use play::{Ended, Player};
use retry::Backoff;
use watch::Watch;

/// How long a live input may be silent, unless something else is said.
const STALL: Duration = Duration::from_secs(10);

/// Publishes the INPUT until it ends for good, then ends the stream. A signal ends the program
/// without ending the stream.
pub fn run(arguments: &PublishArguments) -> Result<(), Failure> {
    arguments.check().map_err(Failure::Usage)?;
    let input = arguments.film().unwrap_or_default();
    let signals = Signals::catch()?;
    start()?;
    let address = Address::new(input, arguments.rtsp_transport);
    let live = address.is_live().then_some(STALL);
    let limit = arguments.stall_timeout.map_or(live, |patience| patience.0);
    let watch = Watch::new(signals.clone(), limit);
    let mut player = Player::new(arguments, signals.clone());
    let mut ingest = Ingest {
        arguments,
        address,
        watch,
        signals,
        reopened: 0,
    };
    let ended = ingest.run(&mut player);
    ingest.finish(player, ended)
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

/// An input, opened as often as it takes.
struct Ingest<'a> {
    arguments: &'a PublishArguments,
    address: Address,
    watch: Watch,
    signals: Signals,
    reopened: u64,
}

impl Ingest<'_> {
    fn run(&mut self, player: &mut Player<'_>) -> Result<(), Failure> {
        let again = self.arguments.reconnect.unwrap_or(self.address.is_live());
        let mut backoff = Backoff::default();
        loop {
            let before = player.offered();
            let ended = player.play(&self.address, &self.watch);
            let stopped = Instant::now();
            let some = player.offered() > before;
            match ended {
                Ok(Ended::Limit) => return Ok(()),
                Ok(Ended::Input) if self.arguments.repeat && some => {
                    player.restart(Duration::ZERO);
                    self.reopened += 1;
                    continue;
                }
                Ok(Ended::Input) if !again => return Ok(()),
                Ok(Ended::Input) => self.tell("the input ended"),
                Err(failure @ Failure::Input { .. }) if again && player.has_started() => {
                    self.tell(&failure.to_string());
                }
                Err(failure) => return Err(failure),
            }
            if some {
                backoff = Backoff::default();
            }
            let delay = backoff.next_delay();
            self.tell(&format!("trying again in {delay:?}"));
            self.signals.sleep_until(stopped + delay)?;
            player.restart(stopped.elapsed());
            self.reopened += 1;
        }
    }

    fn tell(&self, what: &str) {
        if !self.arguments.quiet {
            say(&format!("{}: {what}", self.arguments.key));
        }
    }

    fn finish(self, player: Player<'_>, ended: Result<(), Failure>) -> Result<(), Failure> {
        let (offered, rate) = (player.offered(), player.rate());
        let tally = Tally {
            address: self.address.shown(),
            reopened: self.reopened,
            ..player.tally()
        };
        let Some(publisher) = player.into_publisher() else {
            return ended;
        };
        let mut summary = Summary::new(&publisher, &rate, offered, &ended);
        summary.add_input(tally);
        match ended {
            Ok(()) => summary.count(&publisher.finish()?),
            Err(_) => {
                summary.count(&publisher.stats());
                drop(publisher);
            }
        }
        summary.tell(self.arguments)?;
        ended
    }
}
