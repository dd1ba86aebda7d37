//! Looking on without subscribing.

use zerocopy::IntoBytes;

use crate::error::{Error, Result};
use crate::format::FormatError;
use crate::pool::HostImport;
use crate::session::connection::Connection;
use crate::session::version;
use crate::sys::ReadMap;
use crate::wire::{
    Attached, ConsumerName, Geometry, HelloRequest, MAX_SUBSCRIBERS, MemoryKind, Message,
    MessageType, Mode, SubscriberSlot, capability, fds, packet_request,
};

use super::Link;
use super::connect::connect;
use super::handshake::{Answer, Descriptors, ask, unexpected, wait_message};
use super::import::{map_control, map_pool};
use super::packets::{PacketsJoined, map_packets};

/// An observer's view: no page, no lease; statistics and the control segment.
#[derive(Debug)]
pub struct Observed {
    /// What the control segment says.
    pub geometry: Geometry,
    /// The control segment.
    pub control: ReadMap,
    /// The process that publishes, as the kernel knows it.
    pub pid: u32,
    /// Its user.
    pub uid: u32,
    /// A row for each subscriber.
    pub subscribers: Vec<SubscriberSlot>,
    /// The packets, where there are any.
    pub packets: Option<PacketsJoined>,
}

/// An observer's connection, and its map of the frames.
#[derive(Debug)]
pub struct Watched {
    /// The connection.
    pub link: Link,
    /// What the control segment says.
    pub geometry: Geometry,
    /// The control segment.
    pub control: ReadMap,
    /// The frames.
    pub pixels: HostImport,
}

/// Connects to the publisher of `key` to look at its frames, which are in host memory.
pub fn watch(key: &str, allow_uids: &[u32]) -> Result<Watched> {
    let (connection, mut joined) = join(key, allow_uids, 0)?;
    let geometry = joined.geometry;
    if geometry.is_packets_only() {
        return Err(FormatError::NoFrames.into());
    }
    let pixels = match geometry.memory {
        MemoryKind::Host | MemoryKind::Dmabuf => {
            let fd = joined.descriptors.take(fds::POOL, key)?;
            map_pool(key, &fd, &geometry)?
        }
        // Who maps a GPU's memory could write it too, so that a publisher gives it to those
        // only whose leases it sees.
        MemoryKind::CudaIpc | MemoryKind::CudaVmm => {
            return Err(Error::Unsupported(format!(
                "looking at the frames of key '{key}' without a subscription, since they are in \
                 the memory of a GPU; subscribe with cuda()"
            )));
        }
    };
    Ok(Watched {
        link: Link::new(key, connection),
        geometry,
        control: joined.control,
        pixels,
    })
}

/// What an observer gets.
struct Granted {
    geometry: Geometry,
    control: ReadMap,
    packets: Option<PacketsJoined>,
    descriptors: Descriptors,
}

/// Joins, and asks for packets as the bits `packets` of HELLO say.
fn join(key: &str, allow_uids: &[u32], packets: u32) -> Result<(Connection, Granted)> {
    let mut connection = connect(key, allow_uids)?;
    let name = ConsumerName::new("observer")?;
    let capabilities = capability::FD_PASSING | capability::MEMORY | capability::OBSERVER;
    let mut hello = HelloRequest::new(&name, Mode::NewestOnly, capabilities);
    hello.highest = version(packets != 0);
    hello.packet_flags = packets;
    let Answer {
        grant,
        mut descriptors,
    } = ask(key, &mut connection, &hello)?;
    let control_fd = descriptors.take(fds::CONTROL, key)?;
    let (control, geometry) = map_control(key, &control_fd, &grant, allow_uids)?;
    let packets = grant
        .packets
        .map(|granted| map_packets(key, allow_uids, &granted, &mut descriptors))
        .transpose()?;
    let attached = Attached {
        index: 0,
        capabilities: grant.capabilities,
    };
    connection
        .send(MessageType::Attached, attached.as_bytes(), &[])
        .map_err(|_| gone(key))?;
    let granted = Granted {
        geometry,
        control,
        packets,
        descriptors,
    };
    Ok((connection, granted))
}

fn gone(key: &str) -> Error {
    Error::Disconnected {
        key: key.to_owned(),
    }
}

/// Asks the publisher of `key` how it is.
pub fn observe(key: &str, allow_uids: &[u32]) -> Result<Observed> {
    let wanted = packet_request::WANT_PACKETS;
    let (mut connection, joined) = join(key, allow_uids, wanted)?;
    let (pid, uid) = connection
        .peer()
        .map_err(Error::system("ask who publishes"))?;
    connection
        .send(MessageType::Stats, &[], &[])
        .map_err(|_| gone(key))?;
    let mut subscribers = Vec::new();
    loop {
        match wait_message(key, &mut connection)? {
            (Message::Stats(rows), _) => {
                subscribers.extend(rows);
                // A list without end is not listened to.
                if !connection.has_more() || subscribers.len() >= MAX_SUBSCRIBERS as usize {
                    break;
                }
            }
            (Message::Reconfigure(_), _) => {}
            (message, _) => return Err(unexpected(key, &message)),
        }
    }
    Ok(Observed {
        geometry: joined.geometry,
        control: joined.control,
        pid,
        uid,
        subscribers,
        packets: joined.packets,
    })
}
