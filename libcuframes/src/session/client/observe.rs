//! Looking on without subscribing.

use zerocopy::IntoBytes;

use crate::error::{Error, Result};
use crate::sys::ReadMap;
use crate::wire::{
    Attached, ConsumerName, Geometry, HelloRequest, MAX_SUBSCRIBERS, Message, MessageType, Mode,
    SubscriberSlot, capability, fds,
};

use super::connect::connect;
use super::handshake::{Answer, ask, unexpected, wait_message};
use super::import::map_control;

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
}

/// Asks the publisher of `key` how it is.
pub fn observe(key: &str, allow_uids: &[u32]) -> Result<Observed> {
    let mut connection = connect(key, allow_uids)?;
    let (pid, uid) = connection
        .peer()
        .map_err(Error::system("ask who publishes"))?;
    let name = ConsumerName::new("observer")?;
    let capabilities = capability::FD_PASSING | capability::MEMORY | capability::OBSERVER;
    let hello = HelloRequest::new(&name, Mode::NewestOnly, capabilities);
    let Answer {
        grant,
        mut descriptors,
    } = ask(key, &mut connection, &hello)?;
    let control_fd = descriptors.take(fds::CONTROL, key)?;
    let (control, geometry) = map_control(key, &control_fd, &grant, allow_uids)?;
    let attached = Attached {
        index: 0,
        capabilities: grant.capabilities,
    };
    let gone = |_| Error::Disconnected {
        key: key.to_owned(),
    };
    connection
        .send(MessageType::Attached, attached.as_bytes(), &[])
        .map_err(gone)?;
    connection
        .send(MessageType::Stats, &[], &[])
        .map_err(gone)?;
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
        geometry,
        control,
        pid,
        uid,
        subscribers,
    })
}
