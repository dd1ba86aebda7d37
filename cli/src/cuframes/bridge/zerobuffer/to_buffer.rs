//! From a key into a buffer.

use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Instant;

use cuframes::subscriber::SubscriberBuilder;
use cuframes::{Error, Event, Frame, Mode, Subscriber};
use cuframes_cli::args::ZeroBufferArguments;
use cuframes_cli::connecting::connect;
use cuframes_cli::exit::Failure;
use program::signals::Signals;
use serde_json::json;

use super::TURN;
use super::description::Description;
use super::outlet::{Outlet, Put};
use super::tally::Tally;
use crate::bridge::voice::Voice;

/// Carries the frames of `key` until its stream ends.
pub fn run(
    arguments: &ZeroBufferArguments,
    key: &str,
    voice: &Voice,
    signals: &Signals,
    tally: &mut Tally,
) -> Result<(), Failure> {
    wait_for_buffer(arguments, voice, signals)?;
    let (events, happened) = mpsc::channel();
    let mut subscriber = connect(
        || builder(arguments, key, events.clone()),
        arguments.connect_timeout.0,
        signals,
    )?;
    subscriber.set_connect_timeout(arguments.connect_timeout.0);
    let stream = subscriber.stream_info();
    let description = Description::of(subscriber.layout(), &stream, arguments.rows);
    let mut outlet = Outlet::new(arguments, voice, description);
    let ended = carry(
        arguments,
        (&mut subscriber, &happened),
        &mut outlet,
        voice,
        signals,
        tally,
    );
    tally.missed = subscriber.stats().missed;
    ended
}

/// Waits for the buffer before anybody thinks that frames are read: who publishes may wait for
/// a subscriber.
fn wait_for_buffer(
    arguments: &ZeroBufferArguments,
    voice: &Voice,
    signals: &Signals,
) -> Result<(), Failure> {
    let (started, mut told) = (Instant::now(), false);
    loop {
        let missing = match zerobuffer::inspect(voice.name()) {
            Err(
                error @ (zerobuffer::Error::BufferNotFound { .. }
                | zerobuffer::Error::NotReady { .. }),
            ) => error,
            looked => return Ok(looked.map(drop)?),
        };
        let limit = arguments.connect_timeout.0;
        if limit.is_some_and(|limit| started.elapsed() >= limit) {
            return Err(missing.into());
        }
        if !told {
            let why = missing.to_string();
            voice.tell("waiting", &format!("waiting: {why}"), json!({"why": why}))?;
            told = true;
        }
        signals.sleep_until(Instant::now() + TURN)?;
    }
}

fn carry(
    arguments: &ZeroBufferArguments,
    (subscriber, happened): (&mut Subscriber, &Receiver<Event>),
    outlet: &mut Outlet<'_>,
    voice: &Voice,
    signals: &Signals,
    tally: &mut Tally,
) -> Result<(), Failure> {
    while !tally.complete {
        signals.check()?;
        voice.show(tally);
        for event in happened.try_iter() {
            tell(&event, voice)?;
        }
        // Who waits for room holds no frame meanwhile.
        if arguments.wait && !outlet.is_ready(tally)? {
            if !outlet.is_connected(tally)? {
                signals.sleep_until(Instant::now() + TURN)?;
            }
            continue;
        }
        outlet.is_connected(tally)?;
        let frame = match next(subscriber)? {
            Next::Frame(frame) => frame,
            Next::Nothing => continue,
            Next::End => return Ok(()),
        };
        let stream = subscriber.stream_info();
        outlet.describe(Description::of(frame.layout(), &stream, arguments.rows))?;
        match outlet.put(frame, tally)? {
            Put::Done => {}
            Put::Full => tally.dropped_full += 1,
            Put::Alone => tally.dropped_alone += 1,
        }
    }
    Ok(())
}

/// A new format is told where frames of it come.
fn tell(event: &Event, voice: &Voice) -> Result<(), Failure> {
    match event {
        Event::Disconnected => {
            let sentence = "the publisher is gone without an end of stream";
            voice.tell("publisher_lost", sentence, json!({}))
        }
        Event::Reattached { .. } => {
            voice.tell("reattached", "the key is published again", json!({}))
        }
        _ => Ok(()),
    }
}

/// What a look for a frame brought.
enum Next {
    Frame(Frame),
    Nothing,
    End,
}

fn next(subscriber: &mut Subscriber) -> Result<Next, Failure> {
    match subscriber.next(Some(TURN)) {
        Ok(frame) => Ok(Next::Frame(frame)),
        Err(Error::EndOfStream { .. }) => Ok(Next::End),
        Err(Error::Timeout { .. } | Error::WouldBlock) => Ok(Next::Nothing),
        Err(error) => Err(error.into()),
    }
}

fn builder(arguments: &ZeroBufferArguments, key: &str, events: Sender<Event>) -> SubscriberBuilder {
    let builder = Subscriber::builder(key)
        .mode(match arguments.strict {
            true => Mode::StrictOrder,
            false => Mode::NewestOnly,
        })
        .reattach(!arguments.once)
        .allow_uids(&arguments.trust.allow_uids);
    let builder = match arguments.cuda {
        true => builder.cuda(),
        false => builder,
    };
    // The main thread is not interested any more if it does not receive.
    builder.on_event(move |event| drop(events.send(event.clone())))
}
