//! Joining: from a key to mapped memory.

mod connect;
mod handshake;
mod import;
mod import_cuda;
mod link;
mod observe;
mod packets;

use std::time::{Duration, Instant};

use zerocopy::IntoBytes;

use crate::error::{Error, Result};
use crate::failpoint::{self, Point};
use crate::pool::{CudaImport, HostImport, Target};
use crate::ring::Reader;
use crate::sync::Await;
use crate::sys::{Fd, ReadMap, WriteMap};
use crate::wire::{
    Attached, ConsumerName, ErrorCode, Geometry, HelloGrant, HelloRequest, MessageType, Mode,
    capability,
};

use super::connection::Connection;
use super::version;

pub use connect::socket_path;
pub use link::{Link, LinkState};
pub use observe::{Observed, observe, watch};
pub use packets::PacketsJoined;

use connect::connect;
use handshake::ask;

/// Between two tries to find a publisher.
pub const RETRY: Duration = Duration::from_millis(5);

/// Who wants to join what.
#[derive(Clone, Debug)]
pub struct JoinRequest {
    /// The key.
    pub key: String,
    /// Its own name.
    pub name: ConsumerName,
    /// Every frame, or always the newest.
    pub mode: Mode,
    /// Publishers of these users are trusted, besides its own and root's.
    pub allow_uids: Vec<u32>,
    /// Which GPU's frames are wanted besides those in host memory; none: no GPU's.
    pub cuda: Option<Target>,
    /// Bits of [`packet_request`](crate::wire::packet_request): whether packets are wanted too.
    pub packets: u32,
    /// No frames are wanted: nothing of them is imported.
    pub packets_only: bool,
    /// The descriptor of frames in host memory stays open when they are mapped.
    pub keep_descriptor: bool,
}

/// A subscription: mapped memory, and a page of its own.
#[derive(Debug)]
pub struct Joined {
    /// Control segment and page.
    pub reader: Reader<ReadMap, WriteMap>,
    /// Where the pixels are.
    pub pixels: JoinedPixels,
    /// What the control segment says.
    pub geometry: Geometry,
    /// The packets, where they were asked for.
    pub packets: Option<PacketsJoined>,
    /// What the publisher granted.
    pub grant: HelloGrant,
    /// What the page says is consumed.
    pub consumed: u64,
    /// The end that becomes readable after `Reader::ask_notify`.
    pub notify: Fd,
}

/// Where the pixels of a subscription are.
#[derive(Debug)]
pub enum JoinedPixels {
    /// Mapped by the processor.
    Host(HostImport),
    /// On a GPU.
    Cuda(Box<CudaJoined>),
    /// Nobody asked for them.
    Unwanted,
}

/// A subscription to frames on a GPU.
#[derive(Debug)]
pub struct CudaJoined {
    /// The pixels.
    pub import: CudaImport,
    /// When they are complete, and how leases end.
    pub order: Await,
    /// Control segment and page, mapped once more.
    pub reader: Reader<ReadMap, WriteMap>,
    /// The control segment, whose lock tells whether the publisher lives.
    pub control: Fd,
}

impl JoinRequest {
    /// Connects to the publisher of the key and joins, retrying until `deadline` (`None`: for
    /// ever) while there is no publisher, or while a killed predecessor of the same name
    /// still seems to be there.
    pub fn join(&self, deadline: Option<Instant>, last_epoch: u64) -> Result<(Link, Joined)> {
        loop {
            let outcome = self.try_join(last_epoch);
            let over = deadline.is_some_and(|deadline| Instant::now() >= deadline);
            match outcome {
                Err(error) if !over && is_passing(&error) => std::thread::sleep(RETRY),
                outcome => return outcome,
            }
        }
    }

    /// One try to connect and join.
    pub fn try_join(&self, last_epoch: u64) -> Result<(Link, Joined)> {
        let mut connection = connect(&self.key, &self.allow_uids)?;
        let joined = self.attach(&mut connection, last_epoch, u64::MAX)?;
        let link = Link::new(&self.key, connection);
        Ok((link, joined))
    }

    /// Says HELLO again on the same connection, after a RECONFIGURE. Up to `consumed`
    /// everything has been read: what is newer may not be told as consumed.
    pub fn rejoin(&self, link: &Link, last_epoch: u64, consumed: u64) -> Result<Joined> {
        self.attach(&mut link.lock(), last_epoch, consumed)
    }

    fn attach(
        &self,
        connection: &mut Connection,
        last_epoch: u64,
        consumed: u64,
    ) -> Result<Joined> {
        let (gpu, device_uuid) = self.gpu_offer()?;
        let capabilities = capability::FD_PASSING | capability::HOST | capability::NOTIFY | gpu;
        let mut hello = HelloRequest::new(&self.name, self.mode, capabilities);
        hello.last_epoch = last_epoch;
        hello.device_uuid = device_uuid;
        hello.highest = version(self.packets != 0);
        hello.packet_flags = self.packets;
        let answer = ask(&self.key, connection, &hello)?;
        let joined = self.import(answer, consumed)?;
        failpoint::reach(Point::PageMapped);
        let attached = Attached {
            index: joined.grant.index,
            capabilities: joined.used_capabilities(),
        };
        connection
            .send(MessageType::Attached, attached.as_bytes(), &[])
            .map_err(|_| self.disconnected())?;
        Ok(joined)
    }

    /// Capabilities with a GPU, and the GPU that is asked for. Only who wants frames of a GPU
    /// loads the driver.
    fn gpu_offer(&self) -> Result<(u32, [u8; 16])> {
        let Some(target) = &self.cuda else {
            // Packets come whatever memory the frames are in, of which nothing is imported.
            let any = capability::MEMORY | capability::SYNC;
            return Ok((if self.packets_only { any } else { 0 }, [0; 16]));
        };
        match (target.offer(), target) {
            (Ok(offer), _) => Ok((offer.capabilities, offer.uuid)),
            // Who takes frames of any GPU too can do without one.
            (Err(why @ Error::Unsupported(_)), Target::Any) => {
                tracing::warn!(key = self.key, %why, "only frames in host memory can be read");
                Ok((0, [0; 16]))
            }
            (Err(error), _) => Err(error),
        }
    }

    /// The error of a connection that ended without a word.
    pub fn disconnected(&self) -> Error {
        Error::Disconnected {
            key: self.key.clone(),
        }
    }
}

impl Joined {
    /// What of the grant is used.
    fn used_capabilities(&self) -> u32 {
        match &self.pixels {
            JoinedPixels::Host(_) => self.grant.capabilities,
            // Nothing is imported: what its publisher lends it may free without us.
            JoinedPixels::Unwanted => {
                self.grant.capabilities & !(capability::SYNC | capability::MEMORY)
            }
            JoinedPixels::Cuda(cuda) => {
                self.grant.capabilities & !capability::SYNC | cuda.order.used()
            }
        }
    }
}

/// Errors that may pass: no publisher yet, or one that is just going or whose predecessor's
/// socket is just being closed by the kernel.
pub fn is_passing(error: &Error) -> bool {
    matches!(
        error.code(),
        ErrorCode::NotFound | ErrorCode::AlreadyExists | ErrorCode::Disconnected
    )
}
