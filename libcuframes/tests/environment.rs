//! The machine around a publisher: run directories, /dev/shm, other users, and what killed
//! predecessors left. Each part is played by a process of its own.

mod common;

use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use common::actor::{self, ACTOR, Actor, NOBODY, assert_said, directory};
use common::{as_child, child, key, publisher, run_dir, send, shared, strict};
use cuframes::{Error, keys};

/// Not a test: the children of the tests.
#[test]
fn actor() {
    actor::play();
}

/// What a child says that publishes in the run directory `dir`.
fn publish_in(dir: &Path, key: &str, uid: u32) -> String {
    let mut command = child(ACTOR, &format!("publish {key} {uid} 660 -"));
    command.env("CUFRAMES_RUNTIME_DIR", dir);
    let mut actor = Actor::spawn(command);
    let said = actor.says();
    actor.end();
    said
}

fn segment(key: &str) -> PathBuf {
    Path::new("/dev/shm").join(format!("cuframes-{key}"))
}

#[test]
fn run_directories() {
    let _guard = shared();
    let key = key("dirs");
    let missing = run_dir().join("missing");
    let said = publish_in(&missing, &key, 0);
    assert_said(&said, "NOT_FOUND", &["missing", "CUFRAMES_RUNTIME_DIR"]);
    let file = run_dir().join("file");
    std::fs::write(&file, "").expect("file");
    assert_said(&publish_in(&file, &key, 0), "NOT_FOUND", &["file"]);
    let theirs = directory("theirs", 0o755);
    let said = publish_in(&theirs, &key, NOBODY);
    assert_said(&said, "PERMISSION", &["theirs", "writable"]);
    let everyones = directory("everyones", 0o777);
    assert_eq!(publish_in(&everyones, &key, NOBODY), "ok");
    // 107 bytes fit into an address: "/", the key and ".sock" are the rest of the path.
    let room = 107 - run_dir().as_os_str().len() - 1 - 1 - key.len() - ".sock".len();
    let fits = directory(&"d".repeat(room), 0o755);
    assert_eq!(publish_in(&fits, &key, 0), "ok");
    let long = directory(&"d".repeat(room + 1), 0o755);
    let said = publish_in(&long, &key, 0);
    assert_said(
        &said,
        "INVALID_ARGUMENT",
        &["108", "107", "CUFRAMES_RUNTIME_DIR"],
    );
}

/// What a child says that plays `what` where /dev/shm has `kib` KiB, of which 4 are in use.
fn with_shm(what: &str, key: &str, kib: u32) -> String {
    let mount = format!("mount -t tmpfs -o size={kib}k tmpfs /dev/shm");
    let fill = "head -c 4096 /dev/zero > /dev/shm/fill";
    let script = format!("{mount} && {fill} && exec \"$0\" \"$@\"");
    let mut command = Command::new("unshare");
    command.args(["-m", "sh", "-c", &script]);
    command.arg(std::env::current_exe().expect("own path"));
    as_child(&mut command, ACTOR, &format!("{what} {key} 0 660 -"));
    let mut actor = Actor::spawn(command);
    let said = actor.says();
    actor.end();
    said
}

#[test]
fn a_full_dev_shm() {
    let _guard = shared();
    let trial = ["-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"];
    let trial = Command::new("unshare").args(trial).status();
    if !trial.is_ok_and(|status| status.success()) {
        eprintln!("\n*** SKIPPED: a /dev/shm of its own needs root and mount namespaces ***\n");
        return;
    }
    let key = key("full");
    assert_eq!(with_shm("publish", &key, 8), "ok", "one segment fits");
    let said = with_shm("publish", &key, 4);
    assert_said(&said, "NO_MEMORY", &["/dev/shm", "4096 bytes"]);
    assert_eq!(
        with_shm("anonymous", &key, 4),
        "ok",
        "without a name none is needed"
    );
}

fn is_socket(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|meta| meta.file_type().is_socket())
}

#[test]
fn what_a_killed_publisher_left_is_replaced() {
    let _guard = shared();
    let key = key("killed");
    let mut first = Actor::start("publish", &key, 0, "660", "-");
    assert_eq!(first.says(), "ok");
    let pid = first.child.id();
    match publisher(&key).build() {
        Err(Error::AlreadyExists { owner, .. }) => assert_eq!(owner, format!("process {pid}")),
        other => panic!("the key is taken: {other:?}"),
    }
    let other_dir = directory("other", 0o755);
    let said = publish_in(&other_dir, &key, 0);
    assert_said(&said, "ALREADY_EXISTS", &[&pid.to_string()]);
    let owner = || {
        let all = keys::list().into_iter().filter(|entry| entry.key == key);
        all.map(|entry| entry.publisher).collect::<Vec<_>>()
    };
    assert_eq!(owner(), [Some(pid)]);
    first.kill();
    let socket = run_dir().join(format!("{key}.sock"));
    assert!(
        is_socket(&socket) && segment(&key).exists(),
        "a kill cleans nothing up"
    );
    assert_eq!(owner(), [None]);
    let old = std::fs::metadata(segment(&key)).expect("segment");
    let mut second = publisher(&key).build().expect("the dead one is replaced");
    let new = std::fs::metadata(segment(&key)).expect("segment");
    assert_ne!(old.ino(), new.ino(), "never reused");
    assert_eq!(owner(), [Some(std::process::id())]);
    let mut subscriber = strict(&key, "reader").connect().expect("subscriber");
    send(&mut second);
    assert_eq!(common::next(&mut subscriber).seq(), 1);
    second.finish().expect("finish");
    assert!(!socket.exists() && !segment(&key).exists());
    assert!(
        run_dir().join(format!("{key}.lock")).exists(),
        "lock files stay"
    );
}

#[test]
fn other_things_in_the_way() {
    let _guard = shared();
    let key = key("way");
    let socket = run_dir().join(format!("{key}.sock"));
    let lock = run_dir().join(format!("{key}.lock"));
    std::fs::write(&socket, "no socket").expect("file");
    std::fs::write(&lock, "no pid at all, and a long text").expect("file");
    std::fs::write(segment(&key), "no segment").expect("file");
    drop(publisher(&key).build().expect("plain files are replaced"));
    assert!(!socket.exists() && !segment(&key).exists());
    // A symbolic link is not followed, wherever it leads.
    let victim = run_dir().join("victim");
    std::fs::write(&victim, "precious").expect("file");
    std::fs::remove_file(&lock).expect("lock");
    std::os::unix::fs::symlink(&victim, &lock).expect("link");
    assert!(publisher(&key).build().is_err(), "a link for a lock");
    std::fs::remove_file(&lock).expect("link");
    std::os::unix::fs::symlink(&victim, segment(&key)).expect("link");
    assert!(publisher(&key).build().is_err(), "a link for a segment");
    std::fs::remove_file(segment(&key)).expect("link");
    assert_eq!(std::fs::read(&victim).expect("victim"), b"precious");
    drop(publisher(&key).build().expect("the way is free"));
}
