//! Users who may listen, and those who may not. It takes root to be another user.

use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use frame_lending::gateway::{Gateway, GatewayError, GatewayOptions, Listener, ListenerOptions};

use crate::support::{Place, message, until};

const NOBODY: u32 = 65_534;

/// Connects, waits for a message, and says how long it is.
const CLIENT: &str = r#"
import os, socket, sys
client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
os.chdir(sys.argv[1])
os.setuid(65534)
client.connect("gateway.sock")
print(len(client.recv(1 << 20)))
"#;

/// Listens as nobody, and waits for a connection.
const SERVER: &str = r#"
import os, socket, sys
os.chdir(sys.argv[1])
os.setuid(65534)
server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
server.bind("gateway.sock")
server.listen()
print("ready", flush=True)
sys.stdin.read()
"#;

fn is_root(what: &str) -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        eprintln!("{what} not run: only root can become another user");
    }
    is_root
}

fn python(place: &Place, script: &str) -> Command {
    set_permissions(place.dir.path(), Permissions::from_mode(0o777)).expect("others can go in");
    let mut command = Command::new("/usr/bin/python3");
    command
        .args(["-c", script])
        .arg(place.dir.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    command
}

fn heard_by_nobody(allow_uids: Vec<u32>) -> (usize, u64) {
    let place = Place::new();
    let gateway = Gateway::listen(GatewayOptions {
        mode: 0o666,
        allow_uids,
        ..place.options()
    });
    let gateway = gateway.expect("a gateway");
    let client = python(&place, CLIENT).spawn().expect("it starts");
    until("decide", || {
        let counts = gateway.counts();
        counts.listeners == 1 || counts.refused == 1
    });
    gateway.publish(&message(1, "m"));
    let output = client.wait_with_output().expect("an end");
    assert!(output.status.success());
    let said = String::from_utf8(output.stdout).expect("text");
    let heard = said.trim().parse().expect("a number");
    (heard, gateway.counts().refused)
}

#[test]
fn another_user_hears_nothing_unless_allowed() {
    if !is_root("another_user_hears_nothing_unless_allowed") {
        return;
    }
    assert_eq!(heard_by_nobody(Vec::new()), (0, 1));
    let whole = message(1, "m").to_json().len();
    assert_eq!(heard_by_nobody(vec![NOBODY]), (whole, 0));
}

#[test]
fn another_users_gateway_is_not_believed_unless_allowed() {
    if !is_root("another_users_gateway_is_not_believed_unless_allowed") {
        return;
    }
    let place = Place::new();
    let mut server = python(&place, SERVER).spawn().expect("it starts");
    until("listen", || {
        Listener::connect(&ListenerOptions {
            allow_uids: vec![NOBODY],
            ..ListenerOptions::at(place.path())
        })
        .is_ok()
    });
    let refused = Listener::connect(&ListenerOptions::at(place.path()));
    assert!(
        matches!(refused, Err(GatewayError::Foreign { uid: NOBODY, .. })),
        "{refused:?}"
    );
    drop(server.stdin.take());
    server.wait().expect("an end");
}
