//! AF_UNIX sockets that carry descriptors.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::path::Path;

use rustix::fs::{Mode, chmod};
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags,
    SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketAddrUnix, SocketFlags, SocketType,
    accept_with, bind, listen as start_listening, recvmsg, sendmsg, socket_with, socketpair,
};

use super::Fd;

/// Most descriptors that one message may carry.
const MAX_FDS: usize = 8;
/// Connections that may wait for `accept`.
const BACKLOG: i32 = 128;

/// A listening socket.
#[derive(Debug)]
pub struct Listener {
    fd: Fd,
}

impl Listener {
    /// Takes the next waiting connection, without blocking.
    pub fn accept(&self) -> io::Result<Fd> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        Ok(Fd::from(accept_with(&self.fd, flags)?))
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Listens at `path` with `mode`, which is set before the first peer can connect.
pub fn listen(path: &Path, mode: u32) -> io::Result<Listener> {
    let fd = stream_socket()?;
    bind(&fd, &SocketAddrUnix::new(path)?)?;
    chmod(path, Mode::from_raw_mode(mode))?;
    start_listening(&fd, BACKLOG)?;
    Ok(Listener { fd })
}

/// Connects to the socket at `path` without blocking; a full backlog is `WouldBlock`.
pub fn connect(path: &Path) -> io::Result<Fd> {
    let fd = stream_socket()?;
    rustix::net::connect(&fd, &SocketAddrUnix::new(path)?)?;
    Ok(fd)
}

fn stream_socket() -> io::Result<Fd> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let fd = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    Ok(Fd::from(fd))
}

/// Who is at the other end, as the kernel knows it: (pid, uid). The pid is 0 if the peer is in
/// a PID namespace that this process does not see into, as that of another container.
pub fn peer_credentials(fd: &Fd) -> io::Result<(u32, u32)> {
    let raw = fd.as_fd().as_raw_fd();
    let mut found = libc::ucred {
        pid: 0,
        uid: 0,
        gid: 0,
    };
    let mut size = size_of::<libc::ucred>() as libc::socklen_t;
    let place = (&raw mut found).cast();
    // Not by rustix, whose pid cannot be 0.
    // SAFETY: a valid descriptor, and a live `ucred` of the size that the call is told.
    let asked =
        unsafe { libc::getsockopt(raw, libc::SOL_SOCKET, libc::SO_PEERCRED, place, &mut size) };
    match asked {
        0 => Ok((found.pid as u32, found.uid)),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Sends `bytes` whole, with `fds` on their first byte. A peer whose buffer has no room for
/// them is gone: that is an error, never a wait.
pub fn send(fd: &Fd, bytes: &[u8], fds: &[BorrowedFd<'_>]) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FDS))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !fds.is_empty() && !control.push(SendAncillaryMessage::ScmRights(fds)) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
    match sendmsg(fd, &[IoSlice::new(bytes)], &mut control, flags)? {
        sent if sent == bytes.len() => Ok(()),
        _ => Err(io::ErrorKind::WouldBlock.into()),
    }
}

/// What one receive brought.
#[derive(Debug, Default)]
pub struct Received {
    /// Bytes put into the buffer; 0 is the end of the connection.
    pub bytes: usize,
    /// Descriptors that came with them.
    pub fds: Vec<Fd>,
    /// The kernel dropped descriptors: too many came, or this process has no room for them.
    pub truncated: bool,
}

/// Receives at most `buffer.len()` bytes without blocking.
pub fn receive(fd: &Fd, buffer: &mut [u8]) -> io::Result<Received> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FDS))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let flags = RecvFlags::DONTWAIT | RecvFlags::CMSG_CLOEXEC;
    let result = recvmsg(fd, &mut [IoSliceMut::new(buffer)], &mut control, flags)?;
    let mut received = Received {
        bytes: result.bytes,
        fds: Vec::new(),
        truncated: result.flags.contains(ReturnFlags::CTRUNC),
    };
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(fds) = message {
            received.fds.extend(fds.map(Fd::from));
        }
    }
    Ok(received)
}

/// A pair of non-blocking datagram-like sockets: one end pokes, the other is polled.
pub fn notify_pair() -> io::Result<(Fd, Fd)> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let (a, b) = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None)?;
    Ok((Fd::from(a), Fd::from(b)))
}

/// Pokes the other end of a notify pair. A full buffer means that it has been poked already.
pub fn send_byte(fd: &Fd) {
    let _ = rustix::net::send(fd, &[1], SendFlags::DONTWAIT | SendFlags::NOSIGNAL);
}

/// The effective user of this process.
pub fn effective_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Reads away every poke that has come.
pub fn drain(fd: &Fd) {
    let mut byte = [0; 8];
    while receive(fd, &mut byte).is_ok_and(|received| received.bytes != 0) {}
}
