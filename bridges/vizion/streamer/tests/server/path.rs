//! The path: who gets it, and what remains of it.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;

use tempfile::TempDir;
use vizion_streamer::server::{Server, ServerError, ServerOptions};

use crate::support::{Running, echo, request};

fn directory() -> TempDir {
    TempDir::with_prefix(format!("vizion-{}-", std::process::id())).expect("a directory")
}

fn bind(path: &Path) -> Result<Server, ServerError> {
    Server::bind(path, ServerOptions::default())
}

/// As a daemon that was killed leaves it.
fn leave_stale(path: &Path) {
    drop(UnixListener::bind(path).expect("a socket"));
    assert!(path.exists());
}

#[test]
fn a_socket_is_replaced_only_if_nobody_answers() {
    let running = Running::start();
    let error = bind(&running.path).expect_err("somebody is there");
    assert!(matches!(error, ServerError::InUse { .. }), "{error}");
    assert_eq!(running.exchange(&request("a")), echo("a", 0));
    assert_eq!(running.stop(), 1);

    let directory = directory();
    let path = directory.path().join("s");
    leave_stale(&path);
    drop(bind(&path).expect("a server"));
    assert!(!path.exists());
    // Somebody with a full backlog is there, too.
    let full = UnixListener::bind(&path).expect("a socket");
    let _waiting: Vec<_> = (0..)
        .map_while(|_| connect_without_waiting(&path))
        .collect();
    let error = bind(&path).expect_err("somebody is there");
    assert!(matches!(error, ServerError::InUse { .. }), "{error}");
    drop(full);
}

fn connect_without_waiting(path: &Path) -> Option<rustix::fd::OwnedFd> {
    use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let socket =
        rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None).ok()?;
    let address = SocketAddrUnix::new(path).expect("an address");
    rustix::net::connect(&socket, &address).ok()?;
    Some(socket)
}

#[test]
fn nothing_but_a_socket_is_replaced() {
    let directory = directory();
    let path = directory.path().join("s");
    fs::write(&path, "precious").expect("a file");
    let link = directory.path().join("l");
    symlink(&path, &link).expect("a link");
    for path in [&path, &link, &directory.path().to_owned()] {
        let error = bind(path).expect_err("no socket");
        assert!(matches!(error, ServerError::NotASocket { .. }), "{error}");
    }
    assert_eq!(fs::read(&path).expect("the file"), b"precious");
    let long = directory.path().join("x".repeat(108));
    for path in [Path::new(""), &long] {
        let error = bind(path).expect_err("no path");
        assert!(matches!(error, ServerError::Path { .. }), "{error}");
    }
    let nowhere = directory.path().join("no/where");
    let error = bind(&nowhere).expect_err("no directory");
    assert!(error.to_string().contains("No such file"), "{error}");
}

#[test]
fn the_mode_is_what_the_options_say() {
    let mode = |options| {
        let running = Running::with(options);
        let found = fs::metadata(&running.path).expect("the socket");
        found.permissions().mode() & 0o7777
    };
    assert_eq!(mode(ServerOptions::default()), 0o600);
    let open = ServerOptions {
        mode: 0o666,
        ..ServerOptions::default()
    };
    assert_eq!(mode(open), 0o666);
}
