//! Mapping what a publisher hands out. Sizes come from the kernel, never from a message.

use std::sync::atomic::Ordering;

use zerocopy::{FromBytes, IntoBytes};

use crate::error::{Error, Result};
use crate::format::{FormatError, FrameLayout};
use crate::pool::HostImport;
use crate::ring::{Reader, Shape};
use crate::sys::{self, Fd, ReadMap, Seals, WriteMap};
use crate::wire::{
    CONTROL_SIZE, ControlHeader, Geometry, HEADER_SIZE, HelloGrant, MAGIC, MemoryKind, PAGE_SIZE,
    SubscriberSlot, WireError, control, fds, page,
};

use super::connect::is_trusted;
use super::handshake::Answer;
use super::{JoinRequest, Joined, JoinedPixels};

/// What was mapped already, and is mapped once more for streams.
pub(super) struct Segments<'a> {
    pub control: Fd,
    pub page: &'a Fd,
}

impl JoinRequest {
    /// Maps what came, checks it, and fills in the page.
    pub(super) fn import(&self, answer: Answer, consumed: u64) -> Result<Joined> {
        let (grant, mut descriptors) = (answer.grant, answer.descriptors);
        let control_fd = descriptors.take(fds::CONTROL, &self.key)?;
        let page_fd = descriptors.take(fds::PAGE, &self.key)?;
        let notify = descriptors.take(fds::NOTIFY, &self.key)?;
        let (control, geometry) = map_control(&self.key, &control_fd, &grant, &self.allow_uids)?;
        let page = self.map_page(&page_fd, &grant)?;
        let packets = self.import_packets(&grant, &mut descriptors)?;
        if geometry.is_packets_only() && !self.packets_only {
            return Err(FormatError::NoFrames.into());
        }
        let pixels = match geometry.memory {
            _ if self.packets_only => JoinedPixels::Unwanted,
            MemoryKind::CudaIpc | MemoryKind::CudaVmm => {
                let shared = Segments {
                    control: control_fd,
                    page: &page_fd,
                };
                let joined = self.import_cuda(&geometry, shared, &mut descriptors)?;
                JoinedPixels::Cuda(Box::new(joined))
            }
            MemoryKind::Host | MemoryKind::Dmabuf => {
                let fd = descriptors.take(fds::POOL, &self.key)?;
                let mut import = map_pool(&self.key, &fd, &geometry)?;
                if self.keep_descriptor {
                    import.keep(fd);
                }
                JoinedPixels::Host(import)
            }
        };
        page.store_u32(page::PID, std::process::id(), Ordering::Relaxed);
        page.store_u32(page::MODE, self.mode as u32, Ordering::Relaxed);
        let consumed = consumed.min(grant.latest_seq.saturating_sub(1));
        page.store_u64(page::CONSUMED_SEQ, consumed, Ordering::Release);
        Ok(Joined {
            reader: Reader::new(control, page, Shape::from(&geometry)),
            pixels,
            packets,
            geometry,
            grant,
            consumed,
            notify,
        })
    }

    fn map_page(&self, fd: &Fd, grant: &HelloGrant) -> Result<WriteMap> {
        check_memfd(&self.key, fd, "subscriber page", PAGE_SIZE as u64)?;
        let map = WriteMap::new(fd, PAGE_SIZE).map_err(Error::system("map the subscriber page"))?;
        let mut words = [0; size_of::<SubscriberSlot>() / 8];
        map.read_words(0, &mut words);
        let slot: SubscriberSlot = zerocopy::transmute!(words);
        slot.validate(grant.epoch, grant.index)?;
        Ok(map)
    }
}

/// Maps the frames of a publisher with host memory.
pub(super) fn map_pool(key: &str, fd: &Fd, geometry: &Geometry) -> Result<HostImport> {
    check_memfd(key, fd, "frame pool", geometry.pool_size)?;
    let layout = FrameLayout::from_geometry(geometry)?;
    HostImport::new(fd, geometry.pool_size, layout)
        .map_err(Error::system(format!("map the frame pool of key '{key}'")))
}

/// Maps the control segment and reads the header once.
pub(super) fn map_control(
    key: &str,
    fd: &Fd,
    grant: &HelloGrant,
    allow: &[u32],
) -> Result<(ReadMap, Geometry)> {
    let size = file_size(fd)?;
    if size != CONTROL_SIZE as u64 {
        return Err(wrong_size(
            key,
            "control segment",
            size,
            CONTROL_SIZE as u64,
        ));
    }
    if !sys::has_seals(fd, Seals::SHRINK | Seals::GROW) {
        check_named(key, fd, "control segment", allow)?;
    }
    let map = ReadMap::new(fd, CONTROL_SIZE).map_err(Error::system("map the control segment"))?;
    // Acquire: who sees the magic sees the header.
    let found = map.load_u32(control::MAGIC, Ordering::Acquire);
    if found != MAGIC {
        let what = "control segment";
        return Err(WireError::Magic {
            what,
            found,
            expected: MAGIC,
        }
        .into());
    }
    let mut words = [0; HEADER_SIZE / 8];
    map.read_words(0, &mut words);
    let header = ControlHeader::read_from_bytes(words.as_bytes()).map_err(|_| {
        wrong_size(
            key,
            "control header",
            words.as_bytes().len() as u64,
            HEADER_SIZE as u64,
        )
    })?;
    let geometry = header.validate(grant.version, size)?;
    let same_pool = geometry.pool_size == grant.pool_size;
    if geometry.epoch != grant.epoch || geometry.memory != grant.memory || !same_pool {
        return Err(Error::Protocol {
            key: key.to_owned(),
            what: "the control segment and HELLO_RESP speak of different epochs".to_owned(),
        });
    }
    Ok((map, geometry))
}

/// A named segment has no seals: its owner could truncate it, so its owner must be trusted.
pub(super) fn check_named(key: &str, fd: &Fd, what: &str, allow: &[u32]) -> Result<()> {
    let (uid, on_tmpfs) =
        sys::owner_of(fd).map_err(Error::system(format!("look at the {what}")))?;
    match on_tmpfs && is_trusted(uid, allow) {
        true => Ok(()),
        false => Err(Error::Permission(format!(
            "the {what} of key '{key}' is a file of user {uid}, not a sealed memfd and \
             not a file of a trusted user in /dev/shm"
        ))),
    }
}

pub(super) fn check_memfd(key: &str, fd: &Fd, what: &'static str, at_least: u64) -> Result<()> {
    let size = file_size(fd)?;
    if size < at_least {
        return Err(wrong_size(key, what, size, at_least));
    }
    match sys::has_seals(fd, Seals::SHRINK | Seals::GROW) {
        true => Ok(()),
        false => Err(Error::Protocol {
            key: key.to_owned(),
            what: format!("the {what} is not sealed against a change of its size"),
        }),
    }
}

pub(super) fn file_size(fd: &Fd) -> Result<u64> {
    sys::size_of_file(fd).map_err(Error::system("look at a descriptor of the publisher"))
}

pub(super) fn wrong_size(key: &str, what: &str, found: u64, expected: u64) -> Error {
    Error::Protocol {
        key: key.to_owned(),
        what: format!("the {what} has {found} bytes and not {expected}"),
    }
}
