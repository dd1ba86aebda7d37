//! `cuframes detections`.

mod line;

use std::time::{Duration, Instant};

use cuframes::Error;
use frame_lending::gateway::{GatewayError, Listener};
use frame_lending::message::DetectionMessage;
use program::output::print;
use program::signals::Signals;

use cuframes_cli::args::DetectionsArguments;
use cuframes_cli::exit::Failure;
use cuframes_cli::hearing;
use cuframes_cli::terminal::say;

/// Before the next attempt at a gateway that closes at once: it turns us away, or is about to end.
const PAUSE: Duration = Duration::from_millis(200);

/// Shows detections until so many came as are wanted, a failure or a signal.
pub fn run(arguments: &DetectionsArguments) -> Result<(), Failure> {
    let signals = Signals::catch()?;
    let limit = arguments.connect_timeout.0;
    let mut ear = Ear {
        arguments,
        listener: connect(arguments, limit, &signals)?,
        signals,
        was_heard: false,
        is_missed: false,
        lost: 0,
    };
    for _ in 0..arguments.count.unwrap_or(u64::MAX) {
        let message = ear.next()?;
        if message.lost > 0 && !arguments.quiet {
            say(&format!("cuframes: {} messages are lost", message.lost));
        }
        match arguments.json {
            true => {
                let json = String::from_utf8_lossy(&message.to_json()).into_owned();
                print(&(json + "\n"))?;
            }
            false => print(&line::of(&message))?,
        }
    }
    Ok(())
}

fn connect(
    arguments: &DetectionsArguments,
    limit: Option<Duration>,
    signals: &Signals,
) -> Result<Listener, Failure> {
    let uids = &arguments.trust.allow_uids;
    hearing::connect(&arguments.gateway, uids, limit, signals)
}

struct Ear<'a> {
    arguments: &'a DetectionsArguments,
    listener: Listener,
    signals: Signals,
    /// Whether this connection has had a message.
    was_heard: bool,
    /// It was said that the gateway is gone, and nothing was heard since.
    is_missed: bool,
    /// Lost before messages of other keys.
    lost: u64,
}

impl Ear<'_> {
    /// The next one of the key.
    fn next(&mut self) -> Result<DetectionMessage, Failure> {
        let limit = self.arguments.timeout.0;
        let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
        loop {
            let heard = hearing::next(&mut self.listener, deadline, &self.signals);
            let mut message = match heard {
                Ok(Some(message)) => message,
                Ok(None) => {
                    return Err(Failure::Library(Error::Timeout {
                        what: "detections",
                        limit: limit.unwrap_or_default(),
                    }));
                }
                Err(Failure::Gateway(GatewayError::Closed)) if !self.arguments.no_reattach => {
                    self.reattach()?;
                    continue;
                }
                Err(failure) => return Err(failure),
            };
            self.was_heard = true;
            self.is_missed = false;
            self.lost += message.lost;
            let key = self.arguments.key.as_ref();
            if key.is_none_or(|key| *key == message.stream_id) {
                message.lost = std::mem::take(&mut self.lost);
                return Ok(message);
            }
        }
    }

    fn reattach(&mut self) -> Result<(), Failure> {
        // One that is about to end may take a connection, and close it as well.
        if !self.arguments.quiet && !std::mem::replace(&mut self.is_missed, true) {
            let gateway = self.arguments.gateway.display();
            say(&format!(
                "cuframes: the gateway at {gateway} is gone; waiting for it"
            ));
        }
        if !std::mem::take(&mut self.was_heard) {
            self.signals.sleep_until(Instant::now() + PAUSE)?;
        }
        self.listener = connect(self.arguments, None, &self.signals)?;
        Ok(())
    }
}
