//! Publishers and subscribers as the options ask for them.

use std::time::Duration;

use cuframes::Policy;
use cuframes::publisher::PublisherBuilder;
use cuframes::subscriber::SubscriberBuilder;

use super::Options;
use super::telling::tell_event;

/// How long a subscriber waits for its publisher if no option says so.
const CONNECT: Duration = Duration::from_secs(9);

/// Sets the policy and the limits of a publisher.
pub fn publisher(mut builder: PublisherBuilder, options: &Options) -> PublisherBuilder {
    if options.text("policy") == Some("strict") {
        builder = builder.policy(Policy::StrictWait);
    }
    if let Some(time) = options.time("strict_timeout") {
        builder = builder.strict_timeout(time);
    }
    if let Some(time) = options.time("lease_timeout") {
        builder = builder.lease_timeout(time);
    }
    if let Some(time) = options.time("pressure_timeout") {
        builder = builder.pressure_timeout(time);
    }
    match options.get("max_leases", 0) {
        0 => builder,
        leases => builder.max_leases(leases),
    }
}

/// Sets the name of a subscriber and how long it waits; its events are told.
pub fn subscriber(builder: SubscriberBuilder, options: &Options) -> SubscriberBuilder {
    let builder = builder
        .connect_timeout(Some(options.time("connect").unwrap_or(CONNECT)))
        .on_event(tell_event);
    match options.text("name") {
        Some(name) => builder.name(name),
        None => builder,
    }
}
