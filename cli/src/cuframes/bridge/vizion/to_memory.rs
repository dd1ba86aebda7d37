//! From a key into shared memory.

use std::sync::mpsc::{self, Receiver, Sender};

use cuframes::subscriber::SubscriberBuilder;
use cuframes::{Codec, Error, Event, Mode, PacketStart, Subscriber};
use cuframes_cli::args::VizionArguments;
use cuframes_cli::connecting::connect;
use cuframes_cli::exit::Failure;
use program::signals::Signals;
use serde_json::json;
use vizion::{FrameInfo, PixelFormat};

use super::outlet::{Outlet, wall_clock};
use super::tally::Tally;
use super::{TURN, formats, jpeg};
use crate::bridge::voice::Voice;

/// Carries the frames of the key until its stream ends.
pub fn run(
    arguments: &VizionArguments,
    voice: &Voice,
    signals: &Signals,
    tally: &mut Tally,
) -> Result<(), Failure> {
    let (events, happened) = mpsc::channel();
    let mut subscriber = connect(
        || builder(arguments, voice.key(), events.clone()),
        arguments.connect_timeout.0,
        signals,
    )?;
    subscriber.set_connect_timeout(arguments.connect_timeout.0);
    let mut source = Source {
        subscriber,
        outlet: Outlet::new(arguments, voice),
        voice,
        picture: Vec::new(),
    };
    let ended = source.carry(arguments, &happened, signals, tally);
    let stats = source.subscriber.stats();
    tally.missed = match arguments.packets {
        true => stats.packets_missed,
        false => stats.missed,
    };
    ended
}

/// A key that is read, and where its frames go.
struct Source<'a> {
    subscriber: Subscriber,
    outlet: Outlet<'a>,
    voice: &'a Voice,
    /// A copy: who is evicted in the middle of it has written nothing.
    picture: Vec<u8>,
}

impl Source<'_> {
    fn carry(
        &mut self,
        arguments: &VizionArguments,
        happened: &Receiver<Event>,
        signals: &Signals,
        tally: &mut Tally,
    ) -> Result<(), Failure> {
        while !tally.complete {
            signals.check()?;
            self.voice.show(tally);
            for event in happened.try_iter() {
                tell(&event, self.voice)?;
            }
            let carried = match arguments.packets {
                true => self.carry_packet(tally),
                false => self.carry_frame(tally),
            };
            match carried {
                Err(Failure::Library(Error::EndOfStream { .. })) => return Ok(()),
                Err(Failure::Library(
                    Error::Timeout { .. } | Error::WouldBlock | Error::PacketOverrun { .. },
                )) => {}
                carried => carried?,
            }
        }
        Ok(())
    }

    fn carry_frame(&mut self, tally: &mut Tally) -> Result<(), Failure> {
        let frame = self.subscriber.next(Some(TURN))?;
        let layout = frame.layout();
        let (width, height) = (layout.width, layout.height);
        let format = formats::of_key(self.voice.key(), layout.format)?;
        let bytes = usize::try_from(layout.packed_size()).unwrap_or(usize::MAX);
        let info = FrameInfo {
            width,
            height,
            format,
            timestamp_ns: wall_clock(frame.publish_ns()),
        };
        self.picture.resize(bytes, 0);
        frame.copy_to(&mut self.picture)?;
        // Whoever was evicted meanwhile may have copied half of another frame.
        frame.release()?;
        self.outlet.put(&info, &self.picture, tally)
    }

    fn carry_packet(&mut self, tally: &mut Tally) -> Result<(), Failure> {
        let packet = self.subscriber.next_packet(Some(TURN))?;
        let published = packet.info().publish_ns;
        self.picture.clear();
        self.picture.extend_from_slice(packet.data());
        let codec = self.subscriber.codec_params()?.codec;
        if codec != Codec::MJPEG {
            return Err(Failure::from(Error::Unsupported(format!(
                "the packets of key '{}' are {codec}, for which VIZN has no name; carry its frames, \
                 without --packets",
                self.voice.key()
            ))));
        }
        let Some((width, height)) = jpeg::size(&self.picture) else {
            tally.dropped_broken += 1;
            return Ok(());
        };
        let info = FrameInfo {
            width,
            height,
            format: PixelFormat::Mjpg,
            timestamp_ns: wall_clock(published),
        };
        self.outlet.put(&info, &self.picture, tally)
    }
}

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

fn builder(arguments: &VizionArguments, key: &str, events: Sender<Event>) -> SubscriberBuilder {
    let builder = Subscriber::builder(key)
        .mode(match arguments.strict {
            true => Mode::StrictOrder,
            false => Mode::NewestOnly,
        })
        .reattach(!arguments.once)
        .allow_uids(&arguments.trust.allow_uids);
    let builder = match (arguments.packets, arguments.cuda) {
        (true, _) => builder.packets_only(PacketStart::Keyframe),
        (false, true) => builder.cuda(),
        (false, false) => builder,
    };
    // The main thread is not interested any more if it does not receive.
    builder.on_event(move |event| drop(events.send(event.clone())))
}
