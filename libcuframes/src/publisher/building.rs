//! From a description to a publisher: the key is taken, then everything is made, then shown.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::cuda::Memory;
use crate::error::{Error, Result};
use crate::failpoint::{self, Point};
use crate::format::{Format, FormatError, FrameLayout};
use crate::packets::PacketRing;
use crate::session::{self, Epoch, Limits, Server, Shared, socket_path};
use crate::sys::{self, KeyLock, Owner, Waker};
use crate::wire::{MAX_SLOTS, MAX_SUBSCRIBERS, MIN_SLOTS, validate_key};

use super::builder::PublisherBuilder;
use super::gpu::Gpu;
use super::packets::Packets;
use super::shortage::Shortage;
use super::{Publisher, Settings};

/// A hundred years: a limit that no clock can count on from now is as good as this one.
const FOR_EVER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

impl PublisherBuilder {
    /// Starts publishing: takes the key, makes ring and pool, listens.
    pub fn build(self) -> Result<Publisher> {
        validate_key(&self.key)?;
        let layout = self.check()?;
        let ring = self.packets.or(self.packets_only.then(PacketRing::default));
        let run = sys::publisher_dir().map_err(|(path, source)| Error::RunDir { path, source })?;
        let socket = socket_path(&run, &self.key)?;
        let lock = self.take_key(&run)?;
        failpoint::reach(Point::LockTaken);
        sys::remove_leftovers(&self.key);
        session::remove_leftovers(&self.key);
        let placement = self.place.decide(&self.key)?;
        let gpu = Gpu::new(&placement)?;
        let settings = Settings {
            slots: if self.packets_only {
                MIN_SLOTS
            } else {
                self.slots
            },
            policy: self.policy,
            placement,
            stream: self.stream,
            anonymous: self.anonymous,
            segment_mode: self.segment_mode,
            has_packets: ring.is_some(),
            packets_only: self.packets_only,
        };
        let epoch = Epoch::create(&settings.epoch(&self.key, layout), None)?;
        let packets = ring
            .map(|ring| Packets::make(&ring, &self.key, &settings))
            .transpose()?;
        let failed = |what: &str| Error::system(format!("{what} {}", socket.display()));
        let waker = Waker::new().map_err(failed("make a waker for"))?;
        let limits = self.limits(epoch.order.is_some());
        let shared = Shared::new(self.key.clone(), limits, Arc::clone(&epoch), waker);
        if let Some(packets) = &packets {
            shared.set_packets(Arc::clone(&packets.segment));
        }
        let shared = Arc::new(shared);
        let server = Server::new(Arc::clone(&shared), socket.clone(), self.socket_mode)
            .map_err(failed("listen at"))?;
        let control_thread = std::thread::Builder::new()
            .name("cuframes".to_owned())
            .spawn(move || server.run())
            .map_err(failed("start the thread that listens at"))?;
        let publisher = Publisher {
            shared,
            epoch,
            settings,
            shortage: Shortage::new(
                self.strict_timeout.min(FOR_EVER),
                self.pressure_timeout.min(FOR_EVER),
                self.evict_lagging,
            ),
            last: 0,
            gpu,
            packets,
            control_thread: Some(control_thread),
            generation: sys::generation(),
            lock: Some(lock),
        };
        if let Some((count, limit)) = self.wait {
            publisher.wait_subscribers(count, limit)?;
        }
        Ok(publisher)
    }

    fn check(&self) -> Result<FrameLayout> {
        let refuse = |what: String| Err(Error::InvalidArgument(what));
        let Some((width, height)) = self.size else {
            return refuse("a publisher needs a size: call size(width, height)".to_owned());
        };
        if !(MIN_SLOTS..=MAX_SLOTS as u32).contains(&self.slots) {
            return refuse(format!("slots is {}; a ring has 2 to 16", self.slots));
        }
        if self
            .max_leases
            .is_some_and(|leases| !(1..=self.slots).contains(&leases))
        {
            return refuse(format!(
                "max_leases is {}; a subscriber may hold 1 to {} frames",
                self.max_leases.unwrap_or_default(),
                self.slots
            ));
        }
        if !(1..=MAX_SUBSCRIBERS).contains(&self.max_subscribers) {
            return refuse(format!(
                "max_subscribers is {}; allowed are 1 to 255",
                self.max_subscribers
            ));
        }
        for (name, mode) in [
            ("socket_mode", self.socket_mode),
            ("segment_mode", self.segment_mode),
        ] {
            if mode & !0o777 != 0 || mode & 0o600 != 0o600 && name == "socket_mode" {
                return refuse(format!(
                    "{name} is 0{mode:o}; permission bits from 0600 to 0777 are allowed"
                ));
            }
        }
        if self.packets_only && (self.place.memory != Memory::Host || self.place.external.is_some())
        {
            return refuse("packets only, and memory of a GPU; choose one of them".to_owned());
        }
        Ok(layout(
            self.packets_only,
            self.format,
            (width, height),
            self.room,
        )?)
    }

    fn limits(&self, gpu: bool) -> Limits {
        Limits {
            gpu,
            peers: self.max_subscribers,
            max_leases: self.max_leases.unwrap_or_else(|| (self.slots / 4).max(1)),
            lease_timeout: self.lease_timeout.min(FOR_EVER),
            allow_uids: self.allow_uids.clone(),
        }
    }

    fn take_key(&self, run: &Path) -> Result<KeyLock> {
        let path = run.join(format!("{}.lock", self.key));
        match KeyLock::take(&path) {
            Ok(Owner::Caller(lock)) => Ok(lock),
            Ok(Owner::Other(pid)) => Err(Error::AlreadyExists {
                key: self.key.clone(),
                owner: match pid {
                    Some(pid) => format!("process {pid}"),
                    None => "a process that has not said its pid".to_owned(),
                },
            }),
            Err(source) => Err(Error::RunDir { path, source }),
        }
    }
}

/// The layout of frames that have `room` around them, or of none.
pub(super) fn layout(
    packets_only: bool,
    format: Format,
    (width, height): (u32, u32),
    room: (u32, u32),
) -> std::result::Result<FrameLayout, FormatError> {
    match packets_only {
        true => FrameLayout::without_frames(width, height),
        false => FrameLayout::with_room(format, width, height, room),
    }
}
