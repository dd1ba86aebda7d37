//! A publisher of the library in the state in which a handshake begins.

use std::thread::JoinHandle;
use std::time::Duration;

use cuframes::wire::page;
use cuframes::{
    Codec, Format, Mode, PacketFlags, PacketMeta, PacketRing, Publisher, PublisherStats, Result,
};

use crate::case::{Case, Step};
use crate::common::raw::{Joined, Raw};
use crate::common::{WATCHDOG, key, send_many, until};

/// Bytes of the vectors' pool: four slots of whole pages.
pub const POOL: u64 = 4 * 417_792;
/// What the vectors' publisher has published before.
const FRAMES: usize = 3;
/// The consumer name of the vectors' subscriber.
pub const NAME: &str = "viewer-4242";

/// The packet ring of the vectors' publishers of version 2.
const RING: PacketRing = PacketRing {
    slots: 8,
    bytes: 4096,
    largest: None,
};

/// A key packet with parameters of six bytes, and two more.
fn send_packets(source: &mut Publisher) {
    let set = source.set_codec_params(Codec::H264, &[1; 6]);
    set.expect("codec parameters");
    for flags in [PacketFlags::KEY, PacketFlags::empty(), PacketFlags::empty()] {
        let meta = PacketMeta {
            flags,
            ..PacketMeta::default()
        };
        source.publish_packet(&[7; 24], &meta).expect("a packet");
    }
}

/// The publisher, and who else is there.
pub struct Stage {
    key: String,
    source: Option<Publisher>,
    finishing: Option<JoinHandle<Result<PublisherStats>>>,
    others: Vec<Joined>,
    /// The newest sequence of its epoch.
    pub latest_seq: u64,
}

impl Stage {
    /// The publisher of the vectors: 640x360 NV12 in four slots, three frames so far.
    pub fn set(case: &Case) -> Stage {
        let key = key(&case.name.replace('_', "-"));
        let builder = Publisher::builder(&key)
            .format(Format::Nv12)
            .size(640, 360)
            .slots(4)
            .lease_timeout(Duration::from_secs(5));
        let is_full = case.setup == "the publisher's limit of peers is reached";
        let builder = match is_full {
            true => builder.max_subscribers(1),
            false => builder,
        };
        let builder = match case.has_packets() {
            true => builder.enable_packets(RING),
            false => builder,
        };
        let mut source = builder.build().expect("publisher");
        send_many(&mut source, FRAMES);
        if case.has_packets() {
            send_packets(&mut source);
        }
        let mut stage = Stage {
            key,
            source: Some(source),
            finishing: None,
            others: Vec::new(),
            latest_seq: FRAMES as u64,
        };
        match case.setup.as_str() {
            _ if case.has_packets() => {}
            ""
            | "the publisher is reconfigured after ATTACHED"
            | "the publisher finishes after ATTACHED" => {}
            "a subscriber of the same uid has this name" => stage.admit(NAME),
            "the publisher's limit of peers is reached" => stage.admit("another"),
            "this uid and name were evicted less than 1 s ago" => stage.evict(),
            other => panic!("do not know how to bring this about: {other}"),
        }
        stage
    }

    fn admit(&mut self, name: &str) {
        let joined = Raw::join(&self.key, name, Mode::NewestOnly);
        self.others.push(joined);
        self.wait_live(1);
    }

    /// Has the name evicted, for a page that cannot be.
    fn evict(&mut self) {
        self.admit(NAME);
        let joined = self.others.pop().expect("it was admitted");
        joined.page.write(page::CONSUMED_SEQ, u64::MAX);
        let source = self.source.as_mut().expect("it publishes");
        until("it is evicted", || {
            send_many(source, 1);
            source.stats().evicted == 1
        });
    }

    /// A connection on which nothing is said yet.
    pub fn connect(&self) -> Raw {
        Raw::connect(&self.key)
    }

    /// The epoch in which it publishes; 0 once it is finishing.
    pub fn epoch(&self) -> u64 {
        self.source.as_ref().map_or(0, Publisher::epoch)
    }

    /// Waits until the publisher counts so many subscribers.
    pub fn wait_live(&self, count: usize) {
        let source = self.source.as_ref().expect("it publishes");
        source
            .wait_subscribers(count, Some(WATCHDOG))
            .expect("subscribers");
    }

    /// Has the publisher do what makes it say this.
    pub fn provoke(&mut self, step: &Step) {
        match step.name.as_str() {
            "RECONFIGURE" => {
                self.wait_live(1);
                let source = self.source.as_mut().expect("it publishes");
                source
                    .reconfigure(Format::Nv12, 640, 360)
                    .expect("reconfigure");
                // The new segment has no frame yet.
                self.latest_seq = 0;
            }
            "CLOSE" => {
                self.wait_live(1);
                let source = self.source.take().expect("it publishes");
                // It returns when everybody has said DETACH.
                self.finishing = Some(std::thread::spawn(move || source.finish()));
            }
            _ => {}
        }
    }

    /// Ends the publisher.
    pub fn clear(self) {
        if let Some(finishing) = self.finishing {
            finishing.join().expect("no panic").expect("finish");
        }
    }
}
