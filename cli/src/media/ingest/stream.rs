//! What is there once the first picture is known: the publisher, and how to decode for it.

use std::num::NonZero;
use std::sync::Arc;
use std::thread;

use cuframes::meta::StreamInfo;
use cuframes::{MemoryKind, PacketRing, Publisher};
use ffmpeg_next::Rational;
use serde_json::{Value, json};

use cuframes_cli::args::{MemoryName, PublishArguments};
use cuframes_cli::exit::Failure;
use cuframes_cli::publishing;
use cuframes_cli::report;

use super::ffmpeg::{Decoder, Gpu, Place, Threads};
use super::first::First;
use super::group;
use super::needs::{Given, Needs, Plan};
use super::outlet::{Goal, Outlet, Wish};
use super::packets::{self, Packets};
use super::source::Source;
use super::voice::Voice;
use super::watch::Watch;

/// A publisher, and how its frames are made.
pub struct Stream {
    /// Where pictures go.
    pub outlet: Outlet,
    /// Frames per second, (0, 0) unknown.
    pub rate: (u32, u32),
    /// Where packets go, if they go anywhere.
    pub packets: Option<Packets>,
    threads: Threads,
    /// Where pictures are made that are not made in slots.
    place: Place,
    /// Whether the decoder makes frames as they are published.
    into_slots: bool,
}

impl Stream {
    /// Makes the publisher, and waits for its subscribers.
    pub fn start(
        arguments: &PublishArguments,
        watch: &Watch,
        voice: &Voice,
        source: &Source,
        first: &First,
        gpu: Option<Arc<Gpu>>,
    ) -> Result<Stream, Failure> {
        let wish = Wish::new(arguments);
        let goal = wish.goal(&first.frame).ok_or_else(|| Failure::Input {
            what: "convert a picture".to_owned(),
            reason: format!("nothing is known about {:?}", first.frame.format()),
        })?;
        let plan = plan(arguments, source.is_live(), first, goal);
        let rate = arguments
            .fps
            .map_or(source.rate(), |fps| (fps.num, fps.den));
        let builder = publishing::builder(arguments)
            .format(goal.format)
            .size(goal.size.0, goal.size.1)
            .slots(plan.slots)
            .max_leases(plan.leases)
            .stream_info(StreamInfo {
                fps: rate,
                sar: aspect(first.frame.aspect_ratio()),
                ..StreamInfo::default()
            });
        let builder = match goal.converts {
            true => builder,
            false => builder.room(first.room.0, first.room.1),
        };
        let builder = match &gpu {
            Some(gpu) if arguments.memory != MemoryName::Host => {
                builder.cuda_context(gpu.context())
            }
            _ => builder,
        };
        let ring = ring(arguments, voice, source);
        let builder = match ring {
            Some(ring) => builder.enable_packets(ring),
            None => builder,
        };
        let publisher = builder.build()?;
        publishing::tell_choice(&publisher, arguments);
        let place = match gpu.clone() {
            Some(gpu) => Place::Gpu(gpu),
            None => Place::Own,
        };
        let into_slots = gpu.is_none() && !goal.converts && publisher.memory() == MemoryKind::Host;
        if into_slots {
            tell_plan(voice, first.needs, plan);
        }
        voice.event(
            "stream",
            describe(&publisher, source, rate, Some(&plan), ring),
        )?;
        watch.rest(|signals| publishing::wait_subscribers(&publisher, arguments, signals))?;
        Ok(Stream {
            outlet: Outlet::new(publisher, plan.slots, gpu, wish, voice.clone()),
            packets: ring.map(|ring| Packets::new(ring, voice.clone())),
            threads: plan.threads,
            rate,
            place,
            into_slots,
        })
    }

    /// Makes a publisher of packets alone, and waits for its subscribers.
    pub fn of_packets(
        arguments: &PublishArguments,
        watch: &Watch,
        voice: &Voice,
        source: &Source,
    ) -> Result<Stream, Failure> {
        let failed = |reason| Failure::Input {
            what: "publish packets".to_owned(),
            reason,
        };
        packets::codec(&source.parameters()).map_err(failed)?;
        let (width, height) = source.size();
        if (width, height) == (0, 0) {
            return Err(failed("their width and height are not known".to_owned()));
        }
        let ring = group::ring(&arguments.packets, source);
        let publisher = publishing::builder(arguments)
            .size(width, height)
            .enable_packets(ring)
            .packets_only()
            .stream_info(StreamInfo {
                fps: source.rate(),
                ..StreamInfo::default()
            })
            .build()?;
        let rate = source.rate();
        let told = describe(&publisher, source, rate, None, Some(ring));
        voice.event("stream", told)?;
        watch.rest(|signals| publishing::wait_subscribers(&publisher, arguments, signals))?;
        Ok(Stream {
            outlet: Outlet::new(publisher, 0, None, Wish::new(arguments), voice.clone()),
            rate,
            packets: Some(Packets::new(ring, voice.clone())),
            threads: Threads::Slices(1),
            place: Place::Own,
            into_slots: false,
        })
    }

    /// An input begins, or begins anew.
    pub fn begin(&mut self, source: &Source) -> Result<(), Failure> {
        match &mut self.packets {
            Some(packets) => packets.begin(source, self.outlet.slots()),
            None => Ok(()),
        }
    }

    /// A decoder of what `source` brings.
    pub fn decoder(&self, source: &Source) -> Result<Decoder, Failure> {
        let place = match self.into_slots {
            true => Place::Slots(Arc::clone(self.outlet.slots())),
            false => self.place.clone(),
        };
        let decoder = Decoder::open(source.parameters(), source.time_base(), self.threads, place);
        decoder.map_err(|error| source.failed(error))
    }
}

/// The packet ring, unless none is wanted or possible; the second is never silent.
fn ring(arguments: &PublishArguments, voice: &Voice, source: &Source) -> Option<PacketRing> {
    let wanted = &arguments.packets;
    if wanted.enable_packet_ring {
        voice.say("packets are published without --enable-packet-ring, too");
    }
    if wanted.no_packets {
        return None;
    }
    match packets::codec(&source.parameters()) {
        Ok(_) => Some(group::ring(wanted, source)),
        Err(reason) => {
            voice.say(&format!("{reason} are published beside the frames"));
            None
        }
    }
}

fn describe(
    publisher: &Publisher,
    source: &Source,
    rate: (u32, u32),
    plan: Option<&Plan>,
    ring: Option<PacketRing>,
) -> Value {
    let layout = publisher.layout();
    let frames = plan.map(|plan| {
        json!({
            "format": layout.format.ffmpeg_name(),
            "fourcc": layout.format.fourcc_name(),
            "memory": report::memory(publisher.memory()),
            "sync": report::sync(publisher.sync()),
            "slots": plan.slots,
            "slots_needed": plan.needed,
        })
    });
    let packets = ring.map(|ring| {
        json!({
            "slots": ring.slots.next_power_of_two(),
            "bytes": ring.bytes.next_power_of_two(),
            "largest": publisher.largest_packet(),
        })
    });
    json!({
        "codec": source.parameters().id().name(),
        "width": layout.width,
        "height": layout.height,
        "fps": report::ratio(rate),
        "frames": frames,
        "packets": packets,
    })
}

/// Width by height of a pixel, (0, 0) unknown.
fn aspect(ratio: Rational) -> (u32, u32) {
    match (u32::try_from(ratio.0), u32::try_from(ratio.1)) {
        (Ok(num), Ok(den)) if num > 0 && den > 0 => (num, den),
        _ => (0, 0),
    }
}

fn plan(arguments: &PublishArguments, live: bool, first: &First, goal: Goal) -> Plan {
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    let needs = match goal.converts {
        true => Needs::default(),
        false => first.needs,
    };
    let given = Given {
        slots: arguments.slots,
        leases: arguments.max_leases,
        threads: arguments.ingest.threads,
    };
    needs.plan(given, processors, live)
}

fn tell_plan(voice: &Voice, needs: Needs, plan: Plan) {
    if needs == Needs::default() {
        return;
    }
    let threads = match plan.threads {
        Threads::Frames(count) => count,
        Threads::Slices(_) => 1,
    };
    let (slots, needed) = (plan.slots, plan.needed);
    let so = match needed <= slots as usize {
        true => "nothing is copied",
        false => "frames that find none free are copied",
    };
    voice.say(&format!(
        "{slots} slots of {needed} needed: {} references, {} reordered, {threads} in work, \
         {} leases, the newest; {so}",
        needs.references, needs.reorder, plan.leases
    ));
}
