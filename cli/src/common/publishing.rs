//! A publisher as the arguments ask for it.

use std::time::Duration;

use cuframes::publisher::PublisherBuilder;
use cuframes::{Error, MemoryKind, Publisher};
use program::signals::Signals;

use crate::args::{MemoryName, PublishArguments, SyncName};
use crate::exit::Failure;
use crate::report;
use crate::terminal::say;

/// How often a wait for subscribers looks for signals.
const TURN: Duration = Duration::from_millis(100);

/// A publisher by all arguments that do not tell the picture.
pub fn builder(arguments: &PublishArguments) -> PublisherBuilder {
    let builder = Publisher::builder(arguments.key())
        .memory(arguments.memory.into())
        .sync(arguments.sync.into())
        .cuda_device(arguments.cuda_device)
        .policy(arguments.policy.into())
        .strict_timeout(arguments.strict_timeout)
        .evict_lagging(arguments.evict_lagging)
        .lease_timeout(arguments.lease_timeout.0.unwrap_or_default())
        .allow_uids(&arguments.trust.allow_uids)
        .anonymous(arguments.anonymous)
        .socket_mode(arguments.socket_mode)
        .segment_mode(arguments.segment_mode);
    let builder = match arguments.slots {
        Some(slots) => builder.slots(slots),
        None => builder,
    };
    let builder = match arguments.max_subscribers {
        Some(count) => builder.max_subscribers(count),
        None => builder,
    };
    match arguments.max_leases {
        Some(leases) => builder.max_leases(leases),
        None => builder,
    }
}

/// What `auto` chose is never silent.
pub fn tell_choice(publisher: &Publisher, arguments: &PublishArguments) {
    let (memory, sync) = (publisher.memory(), publisher.sync());
    let chosen = arguments.memory == MemoryName::Auto
        || arguments.sync == SyncName::Auto && memory != MemoryKind::Host;
    if chosen && !arguments.quiet {
        say(&format!(
            "{}: memory {}, sync {}",
            publisher.key(),
            report::memory(memory),
            report::sync(sync)
        ));
    }
}

/// Waits for as many as are asked for, or until a signal comes.
pub fn wait_subscribers(
    publisher: &Publisher,
    arguments: &PublishArguments,
    signals: &Signals,
) -> Result<(), Failure> {
    let count = arguments.wait_subscribers;
    let mut left = arguments.wait_timeout.0;
    loop {
        let turn = left.map_or(TURN, |left| left.min(TURN));
        match publisher.wait_subscribers(count, Some(turn)) {
            Ok(()) => return Ok(()),
            Err(Error::Timeout { what, .. }) if left == Some(turn) => {
                let limit = arguments.wait_timeout.0.unwrap_or_default();
                return Err(Error::Timeout { what, limit }.into());
            }
            Err(Error::Timeout { .. }) => left = left.map(|left| left.saturating_sub(turn)),
            Err(error) => return Err(error.into()),
        }
        signals.check()?;
    }
}
