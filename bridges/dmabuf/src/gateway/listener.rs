//! The other side: a process that wants the detections.

use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use crate::message::{DetectionMessage, MAX_DETECTIONS_PACKET, parse_detections};
use crate::socket::{Connection, Received};

use super::GatewayError;

/// How a listener connects.
#[derive(Clone, Debug)]
pub struct ListenerOptions {
    /// The gateway's socket.
    pub path: PathBuf,
    /// Users who are listened to beside this process's own and root.
    pub allow_uids: Vec<u32>,
    /// How long to try; `None` is for ever, zero once.
    pub patience: Option<Duration>,
}

impl ListenerOptions {
    /// A listener at `path` that tries once.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> ListenerOptions {
        ListenerOptions {
            path: path.into(),
            allow_uids: Vec::new(),
            patience: Some(Duration::ZERO),
        }
    }
}

/// Hears detections.
#[derive(Debug)]
pub struct Listener {
    connection: Connection,
    buffer: Vec<u8>,
}

impl Listener {
    /// Connects, again and again with longer and longer pauses while nobody is there.
    pub fn connect(options: &ListenerOptions) -> Result<Listener, GatewayError> {
        let connection = Connection::connect_within(&options.path, options.patience)?;
        Listener::trusting(connection, &options.path, &options.allow_uids)
    }

    fn trusting(
        connection: Connection,
        path: &Path,
        allowed: &[u32],
    ) -> Result<Listener, GatewayError> {
        let failed = |source| GatewayError::System {
            what: "ask who listens",
            source,
        };
        let peer = connection.peer().map_err(failed)?;
        if !peer.is_trusted(allowed) {
            return Err(GatewayError::Foreign {
                path: path.to_owned(),
                uid: peer.uid,
            });
        }
        Ok(Listener {
            connection,
            buffer: vec![0; MAX_DETECTIONS_PACKET],
        })
    }

    /// The next detections; `None` if there are none for so long.
    pub fn next(
        &mut self,
        limit: Option<Duration>,
    ) -> Result<Option<DetectionMessage>, GatewayError> {
        let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
        loop {
            if let Some(bytes) = self.packet()? {
                return Ok(Some(parse_detections(bytes)?));
            }
            let left = deadline.map(|end| end.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return Ok(None);
            }
            self.wait(left)?;
        }
    }

    /// What has come.
    fn packet(&mut self) -> Result<Option<&[u8]>, GatewayError> {
        let received = self.connection.receive(&mut self.buffer);
        let failed = |source| GatewayError::System {
            what: "receive detections",
            source,
        };
        match received.map_err(failed)? {
            Received::Nothing => Ok(None),
            Received::Closed => Err(GatewayError::Closed),
            // One that was cut is no JSON.
            Received::Packet(packet) => Ok(self.buffer.get(..packet.len)),
        }
    }

    fn wait(&self, limit: Option<Duration>) -> Result<(), GatewayError> {
        let fd = PollFd::from_borrowed_fd(self.connection.as_fd(), PollFlags::IN);
        // A time beyond what the kernel can count is for ever.
        let limit = limit.and_then(|limit| Timespec::try_from(limit).ok());
        match poll(&mut [fd], limit.as_ref()) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(error) => Err(GatewayError::system("wait for detections")(error)),
        }
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.connection.as_fd()
    }
}
