//! The connection that a consumer and its frames have in common.

use std::os::fd::AsFd;
use std::time::{Duration, SystemTime};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use crate::message::{MAX_PACKET, MessageError, Return, Status};
use crate::socket::{Connection, SendError};

use super::{ConsumerError, Refusal};

#[derive(Debug)]
pub struct EngineLink {
    connection: Connection,
    has_said_hello: bool,
}

impl EngineLink {
    pub fn new(connection: Connection, has_said_hello: bool) -> EngineLink {
        EngineLink {
            connection,
            has_said_hello,
        }
    }

    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Returns a frame that cannot be taken.
    pub fn refuse(
        &self,
        stream_id: String,
        sequence: i64,
        refusal: &Refusal,
    ) -> Result<(), ConsumerError> {
        let returned = Return {
            stream_id,
            sequence,
            width: None,
            height: None,
            inference_time: 0,
            status: Status::Error,
            model_name: String::new(),
            timestamp: now(),
            detections: None,
            frame_timestamp: None,
            error: Some(refusal.info()),
        };
        self.say(&error_packet(returned))
    }

    /// A return as it is sent, if it may be.
    pub fn packet(&self, returned: &Return) -> Result<Vec<u8>, MessageError> {
        returned.check(self.has_said_hello)?;
        let packet = returned.to_json();
        match packet.len() {
            0..=MAX_PACKET => Ok(packet),
            size => Err(MessageError::TooLarge {
                size,
                limit: MAX_PACKET,
            }),
        }
    }

    /// Sends a packet, and waits while the engine does not read.
    pub fn say(&self, packet: &[u8]) -> Result<(), ConsumerError> {
        loop {
            match self.connection.send(packet, &[]) {
                Err(SendError::Full) => self.wait(PollFlags::OUT, None)?,
                told => return told.map_err(not_told),
            }
        }
    }

    /// Sends a packet if the engine reads.
    pub fn say_now(&self, packet: &[u8]) -> Result<(), ConsumerError> {
        self.connection.send(packet, &[]).map_err(not_told)
    }

    pub fn wait(&self, until: PollFlags, limit: Option<Duration>) -> Result<(), ConsumerError> {
        let fd = PollFd::from_borrowed_fd(self.connection.as_fd(), until);
        // A time beyond what the kernel can count is for ever.
        let limit = limit.and_then(|limit| Timespec::try_from(limit).ok());
        match poll(&mut [fd], limit.as_ref()) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(error) => Err(ConsumerError::system("wait for the engine")(error)),
        }
    }
}

/// A frame that comes back as an error. Shortened until it fits into a packet: the name of its stream
/// is the engine's, and may leave no room for the reason, or even for itself. What names no frame
/// frees none, and that one times out.
pub fn error_packet(mut returned: Return) -> Vec<u8> {
    let packet = returned.to_json();
    if packet.len() <= MAX_PACKET {
        return packet;
    }
    let mut words = String::new();
    if let Some(error) = &mut returned.error {
        words = std::mem::take(&mut error.message);
    }
    let packet = returned.to_json();
    if packet.len() <= MAX_PACKET {
        return packet;
    }
    if let Some(error) = &mut returned.error {
        error.message = words;
    }
    let unnamed = Return {
        stream_id: String::new(),
        sequence: 0,
        ..returned
    };
    unnamed.to_json()
}

fn not_told(error: SendError) -> ConsumerError {
    match error {
        SendError::Gone => ConsumerError::Closed,
        error => ConsumerError::system("tell the engine")(std::io::Error::other(error)),
    }
}

/// Nanoseconds of CLOCK_REALTIME.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, nanoseconds)
}

pub fn nanoseconds(time: Duration) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
}
