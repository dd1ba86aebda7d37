//! Other users than the daemon's. It takes root to be one.

use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::support::{Daemon, PLAIN, directory, error, program};

/// The answer that user 65534 gets.
const CLIENT: &str = r#"
import os, socket, sys
client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
os.setgid(65534)
os.setuid(65534)
client.connect(sys.argv[1])
client.sendall(sys.argv[2].encode())
print(client.makefile().read(), end="")
"#;

fn ask_as_nobody(arguments: &[&str], request: &str) -> Option<String> {
    if !rustix::process::geteuid().is_root() {
        eprintln!("not run: only root can become another user");
        return None;
    }
    let directory = directory();
    set_permissions(directory.path(), Permissions::from_mode(0o755)).expect("a mode");
    let daemon = Daemon::launch(directory, |socket| {
        let mut command = program(PLAIN, socket);
        command.args(arguments);
        command
    });
    let output = Command::new("python3")
        .args(["-c", CLIENT])
        .arg(&daemon.socket)
        .arg(request)
        .output();
    let output = output.expect("python");
    daemon.end_with_words();
    match output.status.success() {
        true => Some(String::from_utf8(output.stdout).expect("text")),
        false => Some(String::from_utf8(output.stderr).expect("text")),
    }
}

const SNAPSHOT: &str = r#"{"command":"snapshot","params":{"path":"/tmp/vizion-no-picture"}}"#;
const ALLOWED: [&str; 4] = ["--socket-mode", "666", "--allow-uid", "65534"];

#[test]
fn the_socket_is_the_owners() {
    let Some(said) = ask_as_nobody(&[], SNAPSHOT) else {
        return;
    };
    assert!(said.contains("PermissionError"), "{said}");
}

#[test]
fn another_user_needs_more_than_the_sockets_mode() {
    let Some(said) = ask_as_nobody(&["--socket-mode", "666"], SNAPSHOT) else {
        return;
    };
    let why = "user 65534 may not control this camera; its owner can allow it";
    assert_eq!(said.trim_end(), error(why, "refused"));
}

#[test]
fn a_user_who_is_allowed_may_not_have_files_written() {
    let Some(said) = ask_as_nobody(&ALLOWED, SNAPSHOT) else {
        return;
    };
    let why = "user 65534 may not have files written; the daemon's user and root may";
    assert_eq!(said.trim_end(), error(why, "forbidden"));
    let status = ask_as_nobody(&ALLOWED, r#"{"command":"get_status"}"#).expect("root");
    assert!(status.starts_with(r#"{"status":"success""#), "{status}");
}
