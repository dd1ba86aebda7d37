//! One input, opened as often as it takes.

use std::time::{Duration, Instant};

use cuframes_cli::args::PublishArguments;
use cuframes_cli::exit::Failure;
use cuframes_cli::summary::{Summary, Tally};
use program::signals::Signals;
use serde_json::json;

use super::address::Address;
use super::play::{Ended, Player};
use super::retry::Backoff;
use super::service::Pulse;
use super::voice::Voice;
use super::watch::Watch;

/// How long a live input may be silent, unless something else is said.
const STALL: Duration = Duration::from_secs(10);

/// Which live inputs are tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// Those that were there once.
    Began,
    /// All.
    All,
}

/// An input and its key.
pub struct Camera<'a> {
    arguments: &'a PublishArguments,
    address: Address,
    watch: Watch,
    pulse: Pulse,
    voice: Voice,
    patience: Patience,
    reopened: u64,
}

impl<'a> Camera<'a> {
    /// By the arguments.
    pub fn new(
        arguments: &'a PublishArguments,
        signals: Signals,
        pulse: Pulse,
        patience: Patience,
    ) -> Camera<'a> {
        let how = &arguments.ingest;
        let address = Address::new(arguments.film().unwrap_or_default(), how.rtsp_transport);
        let live = address.is_live().then_some(STALL);
        let limit = how.stall_timeout.map_or(live, |patience| patience.0);
        Camera {
            watch: Watch::new(signals, pulse.clone(), limit),
            voice: Voice::new(arguments),
            patience: match how.reconnect {
                Some(true) => Patience::All,
                _ => patience,
            },
            arguments,
            address,
            pulse,
            reopened: 0,
        }
    }

    /// Publishes it until it ends for good, then ends the stream.
    pub fn run(mut self) -> Result<(), Failure> {
        let mut player = Player::new(
            self.arguments,
            self.watch.clone(),
            self.pulse.clone(),
            self.voice.clone(),
        );
        let ended = self.play(&mut player);
        self.pulse.tell(false);
        self.pulse.rest();
        self.finish(player, ended)
    }

    fn play(&mut self, player: &mut Player<'_>) -> Result<(), Failure> {
        let how = &self.arguments.ingest;
        let again = how.reconnect.unwrap_or(self.address.is_live());
        let mut backoff = Backoff::default();
        loop {
            let before = player.offered();
            let ended = player.play(&self.address, self.reopened);
            let stopped = Instant::now();
            let some = player.offered() > before;
            let reason = match ended {
                Ok(Ended::Limit) => return Ok(()),
                Ok(Ended::Input) if how.repeat && some => {
                    player.restart(Duration::ZERO);
                    self.reopened += 1;
                    continue;
                }
                Ok(Ended::Input) if !again => return Ok(()),
                Ok(Ended::Input) => "the input ended".to_owned(),
                Err(failure @ Failure::Input { .. }) if again && self.endures(player) => {
                    failure.to_string()
                }
                Err(failure) => return Err(failure),
            };
            if some {
                backoff = Backoff::default();
            }
            let delay = backoff.next_delay();
            self.lost(player, &reason, delay)?;
            self.watch.sleep_until(stopped + delay)?;
            player.restart(stopped.elapsed());
            self.reopened += 1;
        }
    }

    fn endures(&self, player: &Player<'_>) -> bool {
        self.patience == Patience::All || player.has_started()
    }

    fn lost(&self, player: &mut Player<'_>, reason: &str, delay: Duration) -> Result<(), Failure> {
        self.pulse.tell(false);
        self.voice
            .say(&format!("{reason}; trying again in {delay:?}"));
        player.tell(&format!("{reason}; trying again"));
        let event = json!({
            "reason": reason,
            "retry_ms": u64::try_from(delay.as_millis()).unwrap_or(u64::MAX),
        });
        self.voice.event("lost", event)
    }

    fn finish(self, player: Player<'_>, ended: Result<(), Failure>) -> Result<(), Failure> {
        let (offered, rate) = (player.offered(), player.rate());
        let tally = Tally {
            address: self.address.shown(),
            reopened: self.reopened,
            ..player.tally()
        };
        let Some((publisher, stream)) = player.into_publisher() else {
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
        // A GPU is let go when nothing is on it any more.
        drop(stream);
        self.voice.ended(&summary)?;
        ended
    }
}
