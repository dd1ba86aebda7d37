//! What docs/containers.md says, with containers made by unshare: a publisher and its readers
//! have PID, IPC, mount and network namespaces of their own, a /dev/shm of their own, and one
//! shared directory, which each side mounts where it likes.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output};

use rustix::process::Signal;

use crate::support::{Place, Running, assert_code, noise, parse, text, until};

/// What a container does before its program: a /dev/shm of its own, and at /mnt what it shares
/// with others, a directory or a socket, with the mount options of the test.
const SETUP: &str = "set -e
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
mount -t tmpfs tmpfs /mnt
source=$1 options=$2 place=/mnt
shift 2
if [ -S \"$source\" ]; then
    place=/mnt/${source##*/}
    : >\"$place\"
fi
if [ -n \"$source\" ]; then
    mount --bind \"$source\" \"$place\"
    mount -o \"remount,bind,$options\" \"$place\"
fi
exec \"$@\"";

/// The namespaces that a container has of its own.
const NAMESPACES: [&str; 4] = ["pid", "ipc", "mnt", "net"];

/// What a container shares with others.
#[derive(Clone, Copy)]
enum Shared {
    Nothing,
    Directory,
    ReadOnlyDirectory,
    /// Only the socket in it.
    Socket,
}

/// False where unshare may not make namespaces, and then it says that `test` was skipped.
fn can_contain(test: &str) -> bool {
    let made = unshare(&Command::new("true"), Path::new(""), "rw").output();
    let can = made.is_ok_and(|output| output.status.success());
    if !can {
        let line = format!("skipped: {test}: unshare needs root, or user namespaces\n");
        let _ = std::io::stderr().write_all(line.as_bytes());
    }
    can
}

/// `command` in a container.
fn unshare(command: &Command, source: &Path, options: &str) -> Command {
    let mut contained = Command::new("unshare");
    if !rustix::process::geteuid().is_root() {
        contained.arg("--map-root-user");
    }
    contained
        .args(["--pid", "--fork", "--kill-child", "--mount-proc"])
        .args(["--ipc", "--mount", "--net"])
        .args(["--", "/bin/sh", "-c", SETUP, "sh"])
        .arg(source)
        .arg(options)
        .arg(command.get_program())
        .args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => contained.env(name, value),
            None => contained.env_remove(name),
        };
    }
    contained
}

/// The program in a container of its own.
fn contained(place: &Place, shared: Shared, line: &str) -> Command {
    use std::process::Stdio;
    let directory = place.dir.path();
    let socket = directory.join(format!("{}.sock", place.key));
    let (source, options) = match shared {
        Shared::Nothing => (Path::new(""), "rw"),
        Shared::Directory => (directory, "rw"),
        Shared::ReadOnlyDirectory => (directory, "ro"),
        Shared::Socket => (socket.as_path(), "rw"),
    };
    let mut command = place.command(line);
    command.env("CUFRAMES_RUNTIME_DIR", "/mnt");
    let mut command = unshare(&command, source, options);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn start(command: &mut Command) -> Running {
    Running::of(command.spawn().expect("unshare starts"))
}

/// Frames of noise from one container to another; both must end well, and all must arrive.
fn deliver(options: &str, reader: Shared) {
    const FRAMES: usize = 50;
    let place = Place::new();
    let input = place.dir.path().join("input.raw");
    let frames = noise(64 * 48 * FRAMES, 7);
    std::fs::write(&input, &frames).expect("a file");
    let line = format!(
        "publish --key KEY --size 64x48 --format gray --fps 25 --json --policy strict_wait \
         --strict-timeout 9 --wait-subscribers 1 {options} -"
    );
    let mut publisher = contained(&place, Shared::Directory, &line);
    let input = std::fs::File::open(&input).expect("the file");
    let publisher = start(publisher.stdin(input));
    let read = start(&mut contained(&place, reader, "sub KEY --strict -o -")).output();
    assert_code(&read, 0);
    let published = publisher.output();
    assert_code(&published, 0);
    assert_eq!(parse(&published.stdout)["published"], FRAMES);
    assert_eq!(read.stdout.len(), frames.len());
    assert!(read.stdout == frames, "other bytes");
}

#[test]
fn containers_share_the_directory_and_nothing_else() {
    if !can_contain("containers_share_the_directory_and_nothing_else") {
        return;
    }
    let place = Place::new();
    std::fs::write(place.dir.path().join("here"), "").expect("a file");
    let mut look = Command::new("/bin/sh");
    look.args([
        "-c",
        "cd /proc/self/ns; readlink pid ipc mnt net; stat -c %d /dev/shm; ls /dev/shm /mnt; \
         exec cat /proc/self/status",
    ]);
    let identities = |source: &Path| -> Output {
        let output = unshare(&look, source, "rw").output().expect("unshare runs");
        assert_code(&output, 0);
        output
    };
    let seen: Vec<_> = [identities(place.dir.path()), identities(place.dir.path())]
        .iter()
        .map(|output| text(&output.stdout))
        .collect();
    for (line, kind) in NAMESPACES.iter().enumerate() {
        let ours = std::fs::read_link(format!("/proc/self/ns/{kind}")).expect("a link");
        let ours = ours.display().to_string();
        let theirs: Vec<_> = seen
            .iter()
            .filter_map(|text| text.lines().nth(line))
            .collect();
        assert_eq!(theirs.len(), 2);
        assert!(
            theirs
                .iter()
                .all(|line| line.starts_with(kind) && *line != ours)
        );
    }
    for text in &seen {
        let rest: Vec<_> = text.lines().skip(5).take(4).collect();
        assert_eq!(rest, ["/dev/shm:", "", "/mnt:", "here"], "{text}");
        assert!(text.contains("\nPid:\t1\n"), "{text}");
    }
}

#[test]
fn host_memory_needs_one_shared_directory() {
    if !can_contain("host_memory_needs_one_shared_directory") {
        return;
    }
    deliver("", Shared::Directory);
}

#[test]
fn host_memory_without_names_needs_one_shared_directory() {
    if !can_contain("host_memory_without_names_needs_one_shared_directory") {
        return;
    }
    deliver("--anonymous", Shared::Directory);
}

#[test]
fn a_reader_may_mount_the_directory_read_only() {
    if !can_contain("a_reader_may_mount_the_directory_read_only") {
        return;
    }
    deliver("", Shared::ReadOnlyDirectory);
}

#[test]
fn without_the_directory_there_is_no_publisher() {
    if !can_contain("without_the_directory_there_is_no_publisher") {
        return;
    }
    let place = Place::new();
    let line = "publish --key KEY --test-pattern 64x48@100 -q";
    let _publisher = start(&mut contained(&place, Shared::Directory, line));
    // It is there.
    let line = "sub KEY --frames 1";
    let found = start(&mut contained(&place, Shared::Directory, line)).output();
    assert_code(&found, 0);
    let line = "sub KEY --frames 1 --connect-timeout 0";
    let lost = start(&mut contained(&place, Shared::Nothing, line)).output();
    let said = assert_code(&lost, 3);
    assert!(said.contains("found in /mnt"), "{said}");
}

/// A reader of two publishers, one after the other: true if it found the second.
fn survives_a_restart(shared: Shared) -> bool {
    let place = Place::new();
    let line = "publish --key KEY --test-pattern 64x48@200 -q";
    let first = start(&mut contained(&place, Shared::Directory, line));
    assert_code(&place.run("sub KEY --frames 1"), 0);
    let line = "sub KEY --frames 100000 --connect-timeout 1 -o -";
    let mut reader = start(&mut contained(&place, shared, line));
    assert_eq!(reader.read(64 * 48).len(), 64 * 48);
    first.signal(Signal::KILL);
    // It is unshare that was killed; the kernel then ends what is in the container.
    until("end", || place.json("ls --json")[0]["state"] == "dead");
    let line = "publish --key KEY --test-pattern 64x48@1000 --frames 20 --wait-subscribers 1 \
                --wait-timeout 4 --policy strict_wait -q";
    let second = start(&mut contained(&place, Shared::Directory, line)).output();
    reader.close_stdout();
    second.status.code() == Some(0)
}

#[test]
fn a_directory_outlives_a_restart_and_a_mounted_socket_does_not() {
    if !can_contain("a_directory_outlives_a_restart_and_a_mounted_socket_does_not") {
        return;
    }
    assert!(survives_a_restart(Shared::Directory));
    assert!(!survives_a_restart(Shared::Socket));
}
