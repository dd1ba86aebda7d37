//! Host memory: one shared directory is all that it needs.

use std::path::Path;
use std::process::{Command, Output};

use rustix::process::Signal;

use super::{Container, PLAIN, Shared, can_contain, deliver};
use crate::support::{Place, assert_code, text, until};

/// The namespaces that a container has of its own.
const NAMESPACES: [&str; 4] = ["pid", "ipc", "mnt", "net"];

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
        let output = PLAIN
            .unshare(&look, source, "rw")
            .output()
            .expect("unshare runs");
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
    deliver("", PLAIN, PLAIN, "");
}

#[test]
fn host_memory_without_names_needs_one_shared_directory() {
    if !can_contain("host_memory_without_names_needs_one_shared_directory") {
        return;
    }
    deliver("--anonymous", PLAIN, PLAIN, "");
}

#[test]
fn a_reader_may_mount_the_directory_read_only() {
    if !can_contain("a_reader_may_mount_the_directory_read_only") {
        return;
    }
    deliver("", PLAIN, Container::sharing(Shared::ReadOnlyDirectory), "");
}

#[test]
fn without_the_directory_there_is_no_publisher() {
    if !can_contain("without_the_directory_there_is_no_publisher") {
        return;
    }
    let place = Place::new();
    let line = "publish --key KEY --test-pattern 64x48@100 -q";
    let _publisher = PLAIN.start(&place, line);
    // It is there.
    let line = "sub KEY --frames 1";
    let found = PLAIN.start(&place, line).output();
    assert_code(&found, 0);
    let line = "sub KEY --frames 1 --connect-timeout 0";
    let lost = Container::sharing(Shared::Nothing)
        .start(&place, line)
        .output();
    let said = assert_code(&lost, 3);
    assert!(said.contains("found in /mnt"), "{said}");
}

/// A reader of two publishers, one after the other: true if it found the second, which waits
/// for it so many seconds.
fn survives_a_restart(shared: Shared, seconds: u32) -> bool {
    let place = Place::new();
    let line = "publish --key KEY --test-pattern 64x48@200 -q";
    let first = PLAIN.start(&place, line);
    assert_code(&place.run("sub KEY --frames 1"), 0);
    // It looks for longer than it takes the second to start, on any machine.
    let line = "sub KEY --frames 100000 --connect-timeout 60 -o -";
    let mut reader = Container::sharing(shared).start(&place, line);
    assert_eq!(reader.read(64 * 48).len(), 64 * 48);
    first.signal(Signal::KILL);
    // It is unshare that was killed; the kernel then ends what is in the container.
    until("end", || place.json("ls --json")[0]["state"] == "dead");
    let line = format!(
        "publish --key KEY --test-pattern 64x48@1000 --frames 20 --wait-subscribers 1 \
         --wait-timeout {seconds} --policy strict_wait -q"
    );
    let second = PLAIN.start(&place, &line).output();
    reader.close_stdout();
    match second.status.code() {
        Some(0) => true,
        Some(6) => false,
        _ => panic!("{}: {}", second.status, text(&second.stderr)),
    }
}

#[test]
fn a_directory_outlives_a_restart_and_a_mounted_socket_does_not() {
    if !can_contain("a_directory_outlives_a_restart_and_a_mounted_socket_does_not") {
        return;
    }
    assert!(survives_a_restart(Shared::Directory, 9));
    assert!(!survives_a_restart(Shared::Socket, 2));
}
