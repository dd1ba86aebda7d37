//! Who gets a path, what remains of it, and who is at the other end: with packets and with a stream.

use std::fs::{self, symlink_metadata};
use std::os::fd::AsFd;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use rustix::net::{
    AddressFamily, SocketAddrUnix, SocketFlags, SocketType, accept, bind, listen, socketpair,
};
use tempfile::TempDir;

use super::*;
use crate::file::{lock_directory, unnamed};

const KINDS: [SocketType; 2] = [SocketType::SEQPACKET, SocketType::STREAM];

fn directory() -> TempDir {
    TempDir::new().expect("a directory")
}

/// A socket that listens and has nothing of this library.
fn listener(path: &Path, kind: SocketType, backlog: i32) -> impl AsFd {
    let socket = unnamed(kind).expect("a socket");
    let address = SocketAddrUnix::new(path).expect("an address");
    bind(&socket, &address).expect("it is bound");
    listen(&socket, backlog).expect("it listens");
    socket
}

/// As a process that was killed leaves it.
fn leave_stale(path: &Path, kind: SocketType) {
    drop(listener(path, kind, 1));
    assert!(path.exists());
}

#[test]
fn a_socket_is_replaced_only_if_nobody_answers() {
    let directory = directory();
    let path = directory.path().join("s");
    for kind in KINDS {
        leave_stale(&path, kind);
        let claimed = claim(&path, 0o600, kind).expect("the stale one is replaced");
        assert_eq!(claimed.path(), path);
        let refused = claim(&path, 0o600, kind).expect_err("somebody is there");
        assert!(matches!(refused, SocketError::InUse { .. }), "{refused}");
        drop(claimed);
        assert!(!path.exists());
    }
}

#[test]
fn somebody_with_a_full_backlog_is_there() {
    let directory = directory();
    let path = directory.path().join("s");
    for kind in KINDS {
        let full = listener(&path, kind, 1);
        let waiting: Vec<_> = (0..)
            .map_while(|_| match connect(&path, kind) {
                Ok(socket) => Some(socket),
                Err(error) => {
                    assert!(error.is_for_now(), "{error}");
                    None
                }
            })
            .collect();
        assert!(!waiting.is_empty());
        let refused = claim(&path, 0o600, kind).expect_err("somebody is there");
        assert!(matches!(refused, SocketError::InUse { .. }), "{refused}");
        drop(full);
        fs::remove_file(&path).expect("it remained");
    }
}

#[test]
fn nothing_but_a_socket_is_replaced() {
    let directory = directory();
    let path = directory.path().join("s");
    fs::write(&path, "precious").expect("a file");
    let link = directory.path().join("l");
    symlink(&path, &link).expect("a link");
    for path in [&path, &link, &directory.path().to_owned()] {
        let refused = claim(path, 0o600, SocketType::STREAM).expect_err("no socket");
        let is_told = matches!(refused, SocketError::NotASocket { .. });
        assert!(is_told, "{refused}");
    }
    assert_eq!(fs::read(&path).expect("the file"), b"precious");
    assert!(symlink_metadata(&link).expect("the link").is_symlink());
}

#[test]
fn a_path_without_a_byte_or_with_too_many_is_none() {
    let directory = directory();
    let long = directory.path().join("x".repeat(108));
    for path in [Path::new(""), &long] {
        for refused in [
            claim(path, 0o600, SocketType::STREAM).err(),
            connect(path, SocketType::STREAM).err(),
        ] {
            let refused = refused.expect("no path");
            assert!(matches!(refused, SocketError::Path { .. }), "{refused}");
        }
    }
    let nowhere = directory.path().join("no/where");
    let refused = claim(&nowhere, 0o600, SocketType::STREAM).expect_err("no directory");
    assert!(refused.to_string().contains("No such file"), "{refused}");
}

#[test]
fn only_its_own_file_is_removed() {
    let directory = directory();
    let path = directory.path().join("s");
    for kind in KINDS {
        let first = claim(&path, 0o600, kind).expect("it is free");
        fs::remove_file(&path).expect("somebody removes it");
        let second = claim(&path, 0o600, kind).expect("and takes it");
        drop(first);
        assert!(path.exists(), "it is the other's");
        drop(second);
        assert!(!path.exists());
    }
}

#[test]
fn the_mode_is_what_was_asked_for() {
    let directory = directory();
    let path = directory.path().join("s");
    for mode in [0o600, 0o660, 0o666] {
        let _claimed = claim(&path, mode, SocketType::STREAM).expect("it is free");
        let found = fs::metadata(&path).expect("the socket").permissions();
        assert_eq!(found.mode() & 0o7777, mode);
    }
}

#[test]
fn of_a_hundred_that_start_at_once_one_gets_the_path() {
    const STARTS: usize = 100;
    let directory = directory();
    let path = directory.path().join("s");
    for round in 0..10 {
        let kind = KINDS[round / 2 % 2];
        if round % 2 == 0 {
            leave_stale(&path, kind);
        }
        let together = Barrier::new(STARTS);
        let start = || {
            together.wait();
            claim(&path, 0o600, kind)
        };
        let started: Vec<_> = thread::scope(|scope| {
            let starts: Vec<_> = (0..STARTS).map(|_| scope.spawn(start)).collect();
            starts
                .into_iter()
                .map(|one| one.join().expect("it ends"))
                .collect()
        });
        let (won, lost): (Vec<_>, Vec<_>) = started.into_iter().partition(Result::is_ok);
        assert_eq!((won.len(), lost.len()), (1, STARTS - 1), "round {round}");
        for error in lost.into_iter().filter_map(Result::err) {
            assert!(matches!(error, SocketError::InUse { .. }), "{error}");
        }
        assert!(path.exists());
        drop(won);
        assert!(!path.exists());
    }
}

#[test]
fn a_directory_that_stays_locked_is_told() {
    let directory = directory();
    let path = directory.path().join("s");
    let lock = lock_directory(&path, Duration::ZERO).expect("nobody has it");
    let refused = lock_directory(&path, Duration::from_millis(10)).expect_err("it is locked");
    assert!(
        matches!(&refused, SocketError::Locked { directory: found } if found == directory.path()),
        "{refused}"
    );
    drop(lock);
    claim(&path, 0o600, SocketType::STREAM).expect("it is free again");
}

#[test]
fn who_connects_is_known() {
    let directory = directory();
    let path = directory.path().join("s");
    for kind in KINDS {
        let nobody = connect(&path, kind).expect_err("nobody is there");
        assert!(matches!(nobody, SocketError::Nobody { .. }), "{nobody}");
        assert!(nobody.is_for_now());
        let claimed = claim(&path, 0o600, kind).expect("it is free");
        let near = connect(&path, kind).expect("somebody listens");
        let far = accept(&claimed).expect("somebody waits");
        for end in [near, far] {
            let peer = Peer::of(end.as_fd()).expect("it is known");
            assert_eq!(peer.pid, std::process::id());
            assert!(peer.is_owner());
        }
    }
}

#[test]
fn whom_to_trust_is_a_matter_of_the_user() {
    let (one, _other) = socketpair(
        AddressFamily::UNIX,
        SocketType::STREAM,
        SocketFlags::CLOEXEC,
        None,
    )
    .expect("a pair");
    let own = Peer::of(one.as_fd()).expect("it is known");
    let root = Peer { pid: 0, uid: 0 };
    let stranger = Peer {
        pid: 0,
        uid: own.uid + 1000,
    };
    for peer in [own, root] {
        assert!(peer.is_owner() && peer.is_trusted(&[]));
    }
    assert!(!stranger.is_owner() && !stranger.is_trusted(&[own.uid]));
    assert!(stranger.is_trusted(&[stranger.uid]));
    assert_eq!(
        root.to_string(),
        "process 0 of user 0",
        "as one of another container that is root"
    );
}
