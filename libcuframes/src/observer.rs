//! Looking at frames without a subscription: copies of the newest one.

use crate::error::{Error, Result};
use crate::format::FrameLayout;
use crate::meta::{FrameMeta, StreamInfo};
use crate::pool::HostImport;
use crate::ring::{Found, NoPage, Reader, Shape};
use crate::session::{self, Link, LinkState};
use crate::sys::ReadMap;
use crate::wire::slot::META_SIZE;
use crate::wire::{CloseReason, Geometry, SlotMeta, StreamState, control, validate_key};

/// How many copies are begun before the publisher is said to be too fast.
const COPIES: usize = 64;

/// Copies the newest frame of a key, if its frames are in host memory. An observer has no place
/// among the subscribers and no lease: the publisher neither waits for it nor keeps a slot for
/// it, so that a copy may be in vain, and is then made again.
///
/// ```no_run
/// # fn main() -> cuframes::Result<()> {
/// let mut observer = cuframes::Observer::connect("front-door", &[])?;
/// let mut pixels = Vec::new();
/// let frame = observer.copy_newest(&mut pixels)?;
/// println!("frame {} of {} bytes", frame.seq, pixels.len());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Observer {
    key: String,
    allow_uids: Vec<u32>,
    view: View,
}

/// What was copied.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Copied {
    /// Its number in the stream.
    pub seq: u64,
    /// When it was published: nanoseconds of CLOCK_MONOTONIC.
    pub publish_ns: u64,
    /// Everything that the publisher said about it.
    pub meta: FrameMeta,
    /// Format and size. The copy has no padding: rows and planes follow each other.
    pub layout: FrameLayout,
}

/// The frames of one epoch.
#[derive(Debug)]
struct View {
    link: Link,
    ring: Reader<ReadMap, NoPage>,
    geometry: Geometry,
    pixels: HostImport,
    layout: FrameLayout,
}

impl View {
    fn open(key: &str, allow_uids: &[u32]) -> Result<View> {
        let watched = session::watch(key, allow_uids)?;
        Ok(View {
            link: watched.link,
            ring: Reader::new(watched.control, NoPage, Shape::from(&watched.geometry)),
            layout: FrameLayout::from_geometry(&watched.geometry)?,
            geometry: watched.geometry,
            pixels: watched.pixels,
        })
    }

    /// True if the publisher has gone on to another epoch.
    fn is_over(&self, key: &str) -> Result<bool> {
        let key = key.to_owned();
        let word = self
            .ring
            .control
            .load_u32(control::STATE, std::sync::atomic::Ordering::Acquire);
        if StreamState::from_u32(word).is_ok_and(|state| state == StreamState::Reconfigured) {
            return Ok(true);
        }
        match self.link.look() {
            LinkState::Open => Ok(false),
            LinkState::Reconfigured(epoch) => Ok(epoch != self.geometry.epoch),
            LinkState::Closing(CloseReason::EndOfStream) => Err(Error::EndOfStream { key }),
            LinkState::Refused => Err(self.link.refusal().unwrap_or(Error::Disconnected { key })),
            LinkState::Closing(_) | LinkState::Gone => Err(Error::Disconnected { key }),
        }
    }

    /// Copies a frame; `None` if it was overwritten meanwhile.
    fn copy(&self, found: Found, to: &mut Vec<u8>) -> Result<Option<Copied>> {
        let mut words = [0; META_SIZE / 8];
        let at = self.geometry.slot_offset(found.slot);
        self.ring.control.read_words(at, &mut words);
        let wire: SlotMeta = zerocopy::transmute!(words);
        let placed = wire.validate(&self.geometry);
        if placed.is_ok() {
            self.pixels.copy_racing(wire.data_offset, to);
        }
        if !self.ring.was_whole(found) {
            return Ok(None);
        }
        placed?;
        Ok(Some(Copied {
            seq: found.seq,
            publish_ns: wire.publish_ns,
            meta: FrameMeta::from_wire(&wire, &self.layout),
            layout: self.layout,
        }))
    }
}

impl Observer {
    /// Connects to the publisher of `key`. Publishers of the users in `allow_uids` are trusted
    /// besides those of this one and root.
    ///
    /// Errors: [`Unsupported`](Error::Unsupported) for frames in the memory of a GPU, which are
    /// lent to subscribers only.
    pub fn connect(key: &str, allow_uids: &[u32]) -> Result<Observer> {
        validate_key(key)?;
        Ok(Observer {
            key: key.to_owned(),
            allow_uids: allow_uids.to_vec(),
            view: View::open(key, allow_uids)?,
        })
    }

    /// What the publisher says about its stream.
    pub fn stream_info(&self) -> StreamInfo {
        StreamInfo::from(self.view.geometry.stream)
    }

    /// Makes `to` a copy of the newest frame, which may be the one that it was before. A change
    /// of size or format is followed.
    ///
    /// Errors: [`WouldBlock`](Error::WouldBlock) before the first frame;
    /// [`Overwritten`](Error::Overwritten) if frames come faster than they can be copied;
    /// [`EndOfStream`](Error::EndOfStream) and [`Disconnected`](Error::Disconnected) once the
    /// publisher is gone.
    pub fn copy_newest(&mut self, to: &mut Vec<u8>) -> Result<Copied> {
        for _ in 0..COPIES {
            if self.view.is_over(&self.key)? {
                self.view = View::open(&self.key, &self.allow_uids)?;
            }
            let ring = &self.view.ring;
            let Some(found) = ring.newest() else {
                match ring.latest() {
                    0 => return Err(Error::WouldBlock),
                    _ => continue,
                }
            };
            if let Some(copied) = self.view.copy(found, to)? {
                return Ok(copied);
            }
        }
        Err(Error::Overwritten {
            key: self.key.clone(),
            copies: COPIES,
        })
    }
}
