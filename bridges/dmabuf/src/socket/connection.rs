//! One peer: packets to it and from it.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::{Errno, IoSlice, IoSliceMut};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketType, recvmsg, sendmsg, sockopt,
};

use super::{Peer, SendError, SocketError};

/// Descriptors that a packet may have. The kernel closes those beyond.
pub const MAX_FDS: usize = 8;

/// The first pause between two attempts to connect, and the longest; each is twice the one before.
/// Nothing tells when somebody begins to listen.
const PAUSES: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

const SPACE: usize = rustix::cmsg_space!(ScmRights(MAX_FDS));

/// A connection to one peer. It does not wait.
#[derive(Debug)]
pub struct Connection {
    socket: OwnedFd,
}

/// What [`receive`](Connection::receive) found.
#[derive(Debug)]
pub enum Received {
    /// Nothing yet: the socket polls readable when there is.
    Nothing,
    /// The peer is gone.
    Closed,
    /// A packet.
    Packet(Packet),
}

/// A packet that came.
#[derive(Debug)]
pub struct Packet {
    /// Its bytes: so many of the buffer.
    pub len: usize,
    /// What came with it.
    pub fds: Vec<OwnedFd>,
    /// It was larger than the buffer: the rest of it is lost.
    pub is_cut: bool,
    /// It had more descriptors than are taken, or than this process may open: the others are lost.
    pub lost_fds: bool,
}

impl Connection {
    pub(super) fn new(socket: OwnedFd) -> Connection {
        Connection { socket }
    }

    /// Connects to whoever listens at `path`.
    pub fn connect(path: &Path) -> Result<Connection, SocketError> {
        let socket = ::socket::connect(path, SocketType::SEQPACKET)?;
        Ok(Connection { socket })
    }

    /// Connects, again and again with longer and longer pauses while nobody is there, for so long;
    /// `None` is for ever, zero once.
    pub fn connect_within(
        path: &Path,
        patience: Option<Duration>,
    ) -> Result<Connection, SocketError> {
        let deadline = patience.and_then(|patience| Instant::now().checked_add(patience));
        let mut pause = PAUSES.0;
        loop {
            let error = match Connection::connect(path) {
                Err(error) if error.is_for_now() => error,
                other => return other,
            };
            let left = deadline.map(|end| end.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return Err(error);
            }
            thread::sleep(left.map_or(pause, |left| left.min(pause)));
            pause = (pause * 2).min(PAUSES.1);
        }
    }

    /// Two that are connected to each other.
    pub fn pair() -> io::Result<(Connection, Connection)> {
        use rustix::net::{AddressFamily, SocketFlags, socketpair};
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let (one, other) = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None)?;
        Ok((Connection::new(one), Connection::new(other)))
    }

    /// Who is at the other end.
    pub fn peer(&self) -> io::Result<Peer> {
        Peer::of(self.socket.as_fd())
    }

    /// Lets packets be as large as `bytes`, as far as the system allows it.
    pub fn allow_packets(&self, bytes: usize) -> io::Result<()> {
        Ok(sockopt::set_socket_send_buffer_size(&self.socket, bytes)?)
    }

    /// Sends a packet with descriptors, or nothing of it.
    pub fn send(&self, bytes: &[u8], fds: &[BorrowedFd<'_>]) -> Result<(), SendError> {
        if bytes.is_empty() {
            return Err(SendError::Empty);
        }
        let mut space = [MaybeUninit::uninit(); SPACE];
        let mut control = SendAncillaryBuffer::new(&mut space);
        let has_room = fds.len() <= MAX_FDS;
        if !has_room || !fds.is_empty() && !control.push(SendAncillaryMessage::ScmRights(fds)) {
            return Err(SendError::TooManyInOne { count: fds.len() });
        }
        let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
        loop {
            let parts = [IoSlice::new(bytes)];
            return match sendmsg(&self.socket, &parts, &mut control, flags) {
                Ok(_) => Ok(()),
                Err(Errno::INTR) => continue,
                Err(Errno::AGAIN | Errno::NOBUFS) => Err(SendError::Full),
                Err(Errno::TOOMANYREFS) => Err(SendError::TooManyDescriptors),
                Err(Errno::MSGSIZE) => Err(SendError::TooLarge { size: bytes.len() }),
                Err(Errno::PIPE | Errno::CONNRESET | Errno::NOTCONN) => Err(SendError::Gone),
                Err(error) => Err(SendError::System(error.into())),
            };
        }
    }

    /// Takes the next packet into `buffer`, whose length is that of the largest packet there is room
    /// for.
    pub fn receive(&self, buffer: &mut [u8]) -> io::Result<Received> {
        let mut space = [MaybeUninit::uninit(); SPACE];
        let flags = RecvFlags::CMSG_CLOEXEC | RecvFlags::DONTWAIT;
        loop {
            let mut control = RecvAncillaryBuffer::new(&mut space);
            let mut parts = [IoSliceMut::new(buffer)];
            let message = match recvmsg(&self.socket, &mut parts, &mut control, flags) {
                Ok(message) => message,
                // A peer that went away without reading all of ours is told once, and before what
                // it had said.
                Err(Errno::INTR | Errno::CONNRESET) => continue,
                Err(Errno::AGAIN) => return Ok(Received::Nothing),
                Err(error) => return Err(error.into()),
            };
            let fds = received_fds(&mut control);
            // A packet without a byte cannot be told from the end, and nobody has to send one.
            if message.bytes == 0 {
                return Ok(Received::Closed);
            }
            return Ok(Received::Packet(Packet {
                len: message.bytes,
                fds,
                is_cut: message.flags.contains(ReturnFlags::TRUNC),
                lost_fds: message.flags.contains(ReturnFlags::CTRUNC),
            }));
        }
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

fn received_fds(control: &mut RecvAncillaryBuffer<'_>) -> Vec<OwnedFd> {
    let mut all = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(fds) = message {
            all.extend(fds);
        }
    }
    all
}
