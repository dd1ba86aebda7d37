//! What the machine itself needs for packets with a descriptor, there and back.

use std::fs::File;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use bench_harness::Result;
use bench_harness::machine::{self, Side};
use bench_harness::peer::{self, Peer, word};
use rustix::io::{IoSlice, IoSliceMut};
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, SocketAddrUnix, SocketFlags, SocketType, accept_with, bind, connect, listen,
    recvmsg, sendmsg, socket_with,
};

/// Bytes of a message that goes, and of one that comes back: as many as lending's have.
const GOING: usize = 400;
const COMING: usize = 200;

/// Times of one run, in nanoseconds.
#[derive(Default)]
pub struct Trips {
    pub there: Vec<u64>,
    pub back: Vec<u64>,
}

/// Sends a packet with a descriptor again and again, and waits for the answer.
pub fn ping_pong(count: usize) -> Result<Trips> {
    let place = tempfile::tempdir()?;
    let path = place.path().join("floor.sock");
    let listener = socket()?;
    bind(&listener, &SocketAddrUnix::new(&path)?)?;
    listen(&listener, 1)?;
    let words = [path.display().to_string(), peer::processor(Side::Other)];
    let echo = Peer::start_ready("echo", &words)?;
    let peer = accept_with(&listener, SocketFlags::CLOEXEC)?;
    let memory = File::open("/proc/self/exe")?;
    let _pinned = machine::pin(machine::processor(Side::This))?;
    let mut trips = Trips::default();
    let mut answer = [0; COMING];
    for _ in 0..count {
        let start = machine::now();
        send(&peer, &[b' '; GOING], Some(memory.as_fd()))?;
        receive(&peer, &mut answer)?;
        trips.back.push(machine::now() - start);
        let came = answer
            .first_chunk()
            .map_or(0, |time| u64::from_ne_bytes(*time));
        trips.there.push(came - start);
    }
    drop(peer);
    echo.let_go()?;
    Ok(trips)
}

/// In the other process: answers each packet with the time at which it came.
pub fn be_echo(words: &[String]) -> Result<()> {
    let path: String = word(words, 0)?;
    let _pinned = peer::pin(words, 1)?;
    let peer = socket()?;
    connect(&peer, &SocketAddrUnix::new(path)?)?;
    peer::say("ready")?;
    let mut packet = [0; GOING];
    let mut answer = [0; COMING];
    while receive(&peer, &mut packet)? > 0 {
        let came = machine::now().to_ne_bytes();
        answer[..came.len()].copy_from_slice(&came);
        send(&peer, &answer, None)?;
    }
    Ok(())
}

fn socket() -> Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC;
    Ok(socket_with(
        AddressFamily::UNIX,
        SocketType::SEQPACKET,
        flags,
        None,
    )?)
}

fn send(peer: &OwnedFd, bytes: &[u8], fd: Option<BorrowedFd<'_>>) -> Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let fds: Vec<BorrowedFd<'_>> = fd.into_iter().collect();
    if !fds.is_empty() && !control.push(SendAncillaryMessage::ScmRights(&fds)) {
        return Err("no room for a descriptor".into());
    }
    sendmsg(
        peer,
        &[IoSlice::new(bytes)],
        &mut control,
        SendFlags::NOSIGNAL,
    )?;
    Ok(())
}

/// Descriptors that come are closed at once.
fn receive(peer: &OwnedFd, to: &mut [u8]) -> Result<usize> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut parts = [IoSliceMut::new(to)];
    let received = recvmsg(peer, &mut parts, &mut control, RecvFlags::CMSG_CLOEXEC)?;
    Ok(received.bytes)
}
