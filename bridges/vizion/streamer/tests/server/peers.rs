//! Users who may control the camera, and those who may not. It takes root to be another user.

use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt;

use vizion_streamer::server::ServerOptions;

use crate::support::{Running, error_of};

const NOBODY: u32 = 65_534;

fn ask_as_nobody(options: ServerOptions) -> Option<(String, u64)> {
    if !rustix::process::geteuid().is_root() {
        eprintln!("not run: only root can become another user");
        return None;
    }
    let running = Running::with(ServerOptions {
        mode: 0o666,
        ..options
    });
    let client = r#"python3 -c '
import os, socket
client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
directory = os.open(os.path.dirname("SOCKET"), os.O_PATH)
os.chdir(directory)
os.setuid(65534)
client.connect(os.path.basename("SOCKET"))
client.sendall(b"{\"command\":\"a\"}")
print(client.makefile().read(), end="")
'"#;
    let permitted = Permissions::from_mode(0o755);
    let directory = running.path.parent().expect("a directory");
    set_permissions(directory, permitted).expect("others can go in");
    let output = running.shell(client);
    assert!(output.status.success(), "{output:?}");
    let answer = String::from_utf8(output.stdout).expect("text");
    Some((answer, running.stop()))
}

#[test]
fn another_user_is_refused() {
    let Some((answer, answered)) = ask_as_nobody(ServerOptions::default()) else {
        return;
    };
    assert!(error_of(&answer).contains("user 65534 may not"), "{answer}");
    assert!(answer.contains(r#""code":"refused""#), "{answer}");
    assert_eq!(answered, 0);
}

#[test]
fn a_user_who_is_allowed_is_served() {
    let allowed = ServerOptions {
        allow_uids: vec![NOBODY],
        ..ServerOptions::default()
    };
    let Some((answer, answered)) = ask_as_nobody(allowed) else {
        return;
    };
    assert!(
        answer.contains(r#""command":"a","number":0,"uid":65534"#),
        "{answer}"
    );
    assert_eq!(answered, 1);
}
