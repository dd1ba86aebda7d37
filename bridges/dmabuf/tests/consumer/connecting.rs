//! Consumers that are there before their engine.

use std::fs::{Permissions, set_permissions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use frame_lending::consumer::{Consumer, ConsumerError, ConsumerOptions};
use frame_lending::socket::{Listener, SocketError};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::support::{Engine, WATCHDOG, frame, memfd, noise, plain};

#[test]
fn an_engine_that_comes_later_is_found() {
    let mut engine = Engine::new();
    let mut options = engine.options(true);
    options.path = engine.path().with_extension("later");
    options.name = Some("early".to_owned());
    options.patience = Some(WATCHDOG);
    let path = options.path.clone();
    let consuming = thread::spawn(move || {
        let mut consumer = Consumer::connect(&options).expect("connected");
        let frame = consumer.receive(Some(WATCHDOG)).expect("goes on");
        frame.expect("one comes").send().sequence
    });
    engine.listener = Listener::bind(&path, 0o600).expect("bound");
    let mut fd = [PollFd::new(&engine.listener, PollFlags::IN)];
    let limit = Timespec::try_from(WATCHDOG).expect("a time");
    assert_eq!(poll(&mut fd, Some(&limit)), Ok(1));
    engine.accept();
    assert_eq!(engine.hear()["name"], "early");
    engine.lend(&plain(7), &[memfd(&noise(12, 1))]);
    assert_eq!(consuming.join().expect("it ends"), 7);
}

#[test]
fn an_engine_that_does_not_come_is_told() {
    let engine = Engine::new();
    let mut options = engine.options(true);
    options.path = engine.path().with_extension("none");
    for patience in [Duration::ZERO, Duration::from_millis(30)] {
        options.patience = Some(patience);
        let refused = Consumer::connect(&options);
        let nobody = matches!(
            refused,
            Err(ConsumerError::Socket(SocketError::Nobody { .. }))
        );
        assert!(nobody, "{refused:?}");
    }
    // What will not be better later is told at once.
    options.patience = None;
    options.path = "x".repeat(200).into();
    let refused = Consumer::connect(&options);
    let no_path = matches!(
        refused,
        Err(ConsumerError::Socket(SocketError::Path { .. }))
    );
    assert!(no_path, "{refused:?}");
}

#[test]
fn no_frame_in_time_is_none() {
    let mut engine = Engine::new();
    let mut consumer = engine.consumer(false);
    for limit in [Duration::ZERO, Duration::from_millis(5)] {
        let none = consumer.receive(Some(limit)).expect("goes on");
        assert!(none.is_none());
    }
    engine.lend(&plain(1), &[memfd(&noise(12, 1))]);
    frame(&mut consumer);
}

const NOBODY: u32 = 65_534;

/// Listens as nobody.
const OTHERS_ENGINE: &str = r#"
import os, socket, sys
os.setuid(65534)
server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
server.bind(sys.argv[1])
server.listen(16)
print("ready", flush=True)
sys.stdin.read()
"#;

#[test]
fn an_engine_of_ours_is_believed_by_who_asks() {
    let mut engine = Engine::new();
    let mut options = engine.options(false);
    options.engine_uids = Some(Vec::new());
    let mut consumer = Consumer::connect(&options).expect("it is ours");
    engine.accept();
    engine.lend(&plain(1), &[memfd(&noise(12, 1))]);
    frame(&mut consumer);
}

#[test]
fn another_users_engine_is_not_believed_unless_allowed() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("only root can become another user");
        return;
    }
    let dir = tempfile::tempdir().expect("a directory");
    set_permissions(dir.path(), Permissions::from_mode(0o777)).expect("others can go in");
    let path = dir.path().join("other.sock");
    let mut server = Command::new("/usr/bin/python3")
        .args(["-c", OTHERS_ENGINE])
        .arg(&path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut ready = String::new();
    let output = server.stdout.take().expect("a pipe");
    let read = BufReader::new(output).read_line(&mut ready);
    assert_eq!((read.expect("a line"), ready.as_str()), (6, "ready\n"));
    let mut options = ConsumerOptions::at(&path);
    for allowed in [None, Some(vec![NOBODY]), Some(vec![1, NOBODY])] {
        options.engine_uids = allowed;
        Consumer::connect(&options).expect("it is believed");
    }
    for allowed in [vec![], vec![1]] {
        options.engine_uids = Some(allowed);
        let refused = Consumer::connect(&options);
        let is_foreign = matches!(refused, Err(ConsumerError::Foreign { uid: NOBODY, .. }));
        assert!(is_foreign, "{refused:?}");
    }
    drop(server.stdin.take());
    server.wait().expect("an end");
}
