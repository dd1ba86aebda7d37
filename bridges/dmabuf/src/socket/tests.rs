//! Packets, and who gets a path.

use std::fs::{self, File};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;

use rustix::io::{FdFlags, fcntl_getfd};

use super::*;

fn packet(connection: &Connection, buffer: &mut [u8]) -> Packet {
    match connection.receive(buffer).expect("it is read") {
        Received::Packet(packet) => packet,
        other => panic!("{other:?}"),
    }
}

#[test]
fn packets_keep_their_descriptors() {
    let (one, other) = Connection::pair().expect("a pair");
    let null = File::open("/dev/null").expect("it is there");
    let root = File::open("/").expect("it is there");
    let mut buffer = [0; 64];
    assert!(matches!(
        other.receive(&mut buffer).expect("it is asked"),
        Received::Nothing
    ));
    one.send(b"first", &[null.as_fd(), root.as_fd()])
        .expect("sent");
    one.send(b"second", &[]).expect("sent");
    let first = packet(&other, &mut buffer);
    assert_eq!(&buffer[..first.len], b"first");
    assert_eq!(first.fds.len(), 2);
    let kind = |file: &File| file.metadata().expect("it is looked at").ino();
    let mut fds = first.fds.into_iter();
    assert_eq!(
        kind(&fds.next().expect("the first").into()),
        kind(&null),
        "in their order"
    );
    let second = fds.next().expect("the second");
    let flags = fcntl_getfd(&second).expect("its flags");
    assert!(flags.contains(FdFlags::CLOEXEC));
    assert_eq!(kind(&second.into()), kind(&root));
    let second = packet(&other, &mut buffer);
    assert_eq!(
        (&buffer[..second.len], second.fds.len()),
        (&b"second"[..], 0)
    );
}

#[test]
fn what_does_not_fit_is_told() {
    let (one, other) = Connection::pair().expect("a pair");
    let file = File::open("/dev/null").expect("it is there");
    let mut buffer = [0; 4];
    one.send(b"12345", &[file.as_fd()]).expect("sent");
    let cut = packet(&other, &mut buffer);
    assert_eq!((cut.len, cut.is_cut, cut.fds.len()), (4, true, 1));
    let too_many = [file.as_fd(); MAX_FDS + 1];
    assert!(matches!(
        one.send(b"x", &too_many),
        Err(SendError::TooManyInOne { .. })
    ));
    assert!(matches!(one.send(b"", &[]), Err(SendError::Empty)));
    let large = vec![b' '; 64 << 20];
    assert!(matches!(
        one.send(&large, &[]),
        Err(SendError::TooLarge { size }) if size == large.len()
    ));
}

#[test]
fn a_peer_that_does_not_read_is_told_from_one_that_is_gone() {
    let (one, other) = Connection::pair().expect("a pair");
    let mut sent = 0;
    while one.send(&[7; 1000], &[]).is_ok() {
        sent += 1;
        assert!(sent < 10_000);
    }
    assert!(sent > 10);
    assert!(matches!(one.send(b"x", &[]), Err(SendError::Full)));
    drop(other);
    assert!(matches!(one.send(b"x", &[]), Err(SendError::Gone)));
    let mut buffer = [0; 4];
    assert!(matches!(
        one.receive(&mut buffer).expect("the end"),
        Received::Closed
    ));
}

#[test]
fn a_listener_replaces_a_stale_socket_only() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("engine.sock");
    assert!(matches!(
        Connection::connect(&path),
        Err(SocketError::Nobody { .. })
    ));
    // Its file remains, and nobody answers.
    drop(UnixListener::bind(&path).expect("it is made"));
    assert!(path.exists());
    let listener = Listener::bind(&path, 0o600).expect("the stale one is replaced");
    let mode = fs::metadata(&path).expect("it is there").permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
    let second = Listener::bind(&path, 0o600);
    assert!(
        matches!(second, Err(SocketError::InUse { .. })),
        "{second:?}"
    );
    let peer = Connection::connect(&path).expect("somebody listens");
    // The second listener's look was a peer too.
    let waiting = std::iter::from_fn(|| listener.accept().expect("it is accepted"));
    let accepted: Vec<_> = waiting.collect();
    assert_eq!(accepted.len(), 2);
    let told = accepted[1].peer().expect("it is known");
    assert_eq!(told.pid, std::process::id());
    assert!(told.is_trusted(&[]));
    assert!(peer.as_fd().as_raw_fd() >= 0);
    drop(listener);
    assert!(!path.exists());
}

#[test]
fn what_a_peer_said_is_read_though_it_went_without_reading() {
    let (one, other) = Connection::pair().expect("a pair");
    one.send(b"unread", &[]).expect("sent");
    other.send(b"first", &[]).expect("sent");
    other.send(b"last", &[]).expect("sent");
    drop(other);
    let mut buffer = [0; 16];
    for said in [b"first".as_slice(), b"last"] {
        match one.receive(&mut buffer).expect("read") {
            Received::Packet(packet) => assert_eq!(&buffer[..packet.len], said),
            seen => panic!("{seen:?}"),
        }
    }
    let end = one.receive(&mut buffer).expect("read");
    assert!(matches!(end, Received::Closed));
}
