//! Whole messages over a non-blocking stream socket.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use crate::sys::{self, Fd, Received};
use crate::wire::{
    ErrorCode, ErrorMessage, Incoming, MAX_FDS, MAX_PAYLOAD, MESSAGE_HEADER_SIZE, Message,
    MessageHeader, MessageType, WireError, frame_message,
};

/// How long a message may take from its first byte to its last.
const MESSAGE_TIME: Duration = Duration::from_secs(2);

/// What a look at the socket brought.
#[derive(Debug)]
pub enum Arrival {
    /// A whole message and its descriptors.
    Message(Message, Vec<Fd>),
    /// Nothing that is complete.
    Nothing,
    /// The other side is gone.
    Closed,
    /// The other side broke the protocol; the connection is of no more use.
    Broken(WireError),
}

/// One end of a control connection.
#[derive(Debug)]
pub struct Connection {
    fd: Fd,
    buffer: Box<[u8; MESSAGE_HEADER_SIZE + MAX_PAYLOAD]>,
    filled: usize,
    header: Option<Incoming>,
    fds: Vec<Fd>,
    started: Option<Instant>,
    more: bool,
}

impl Connection {
    /// Takes over a connected socket.
    pub fn new(fd: Fd) -> Self {
        Connection {
            fd,
            buffer: Box::new([0; MESSAGE_HEADER_SIZE + MAX_PAYLOAD]),
            filled: 0,
            header: None,
            fds: Vec::new(),
            started: None,
            more: false,
        }
    }

    /// Who is at the other end: (pid, uid).
    pub fn peer(&self) -> io::Result<(u32, u32)> {
        sys::peer_credentials(&self.fd)
    }

    /// When the message that has begun to arrive must be complete.
    pub fn deadline(&self) -> Option<Instant> {
        self.started.map(|started| started + MESSAGE_TIME)
    }

    /// Whether the message received last is to be continued by another one.
    pub fn has_more(&self) -> bool {
        self.more
    }

    /// Reads what is there, up to the end of one message.
    pub fn receive(&mut self) -> Arrival {
        loop {
            let wanted = match self.header {
                None => MESSAGE_HEADER_SIZE,
                Some(header) => MESSAGE_HEADER_SIZE + header.length,
            };
            if self.filled < wanted {
                // Exactly the header first: descriptors ride on its first byte, and nothing of
                // the next message may be read with this one's.
                match sys::receive(&self.fd, &mut self.buffer[self.filled..wanted]) {
                    Ok(Received { bytes: 0, .. }) => return Arrival::Closed,
                    Ok(received) => {
                        if let Err(error) = self.take(received) {
                            return Arrival::Broken(error);
                        }
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        return Arrival::Nothing;
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(_) => return Arrival::Closed,
                }
                continue;
            }
            match self.advance() {
                Ok(Some(arrival)) => return arrival,
                Ok(None) => {}
                Err(error) => return Arrival::Broken(error),
            }
        }
    }

    fn take(&mut self, received: Received) -> Result<(), WireError> {
        let too_late = self.header.is_some() && !received.fds.is_empty();
        self.started.get_or_insert_with(Instant::now);
        self.filled += received.bytes;
        self.fds.extend(received.fds);
        match (received.truncated, too_late) {
            (true, _) => Err(WireError::FdsLost { most: MAX_FDS }),
            (_, true) => Err(WireError::FdCount {
                what: "the payload of a message",
                expected: 0,
                actual: self.fds.len(),
            }),
            (false, false) => Ok(()),
        }
    }

    /// The bytes wanted are there: a header to look at, or the end of a message.
    fn advance(&mut self) -> Result<Option<Arrival>, WireError> {
        let Some(header) = self.header else {
            let mut bytes = [0; MESSAGE_HEADER_SIZE];
            bytes.copy_from_slice(&self.buffer[..MESSAGE_HEADER_SIZE]);
            let header = MessageHeader::parse(&bytes)?;
            header.check_fds(self.fds.len())?;
            self.header = Some(header);
            return Ok(None);
        };
        let fds = std::mem::take(&mut self.fds);
        let payload = &self.buffer[MESSAGE_HEADER_SIZE..self.filled];
        let message = header.kind.map(|kind| Message::decode(kind, payload));
        self.filled = 0;
        self.header = None;
        self.started = None;
        self.more = header.more;
        // An unknown message that calls itself optional is read and forgotten.
        message
            .transpose()
            .map(|message| message.map(|message| Arrival::Message(message, fds)))
    }

    /// Sends one message whole. An error means that the other side is gone.
    pub fn send(
        &self,
        kind: MessageType,
        payload: &[u8],
        fds: &[BorrowedFd<'_>],
    ) -> io::Result<()> {
        sys::send(&self.fd, &frame_message(kind, 0, payload), fds)
    }

    /// Sends bytes that are whole messages already.
    pub fn send_framed(&self, bytes: &[u8]) -> io::Result<()> {
        sys::send(&self.fd, bytes, &[])
    }

    /// Says why this side is about to close. Nothing can be done if that does not get through.
    pub fn send_error(&self, code: ErrorCode, sentence: &str) {
        let message = ErrorMessage::new(code, sentence);
        let _ = self.send(MessageType::Error, &message.encode(), &[]);
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}
