//! Feature file 10: starts that fail half-way, headers that lie, deaths in the middle.

use zerobuffer::ErrorKind;

use crate::support::actor::Actor;
use crate::support::raw::{Raw, field};
use crate::support::space::Space;
use crate::support::{
    WATCHDOG, assert_kind, assert_nothing_left, hasty_writer, is_whole, next, reader, tell_skipped,
    unique, write,
};

/// 10.1
#[test]
fn a_start_that_fails_leaves_what_was_there() {
    // The lock's folder is a file, in a /tmp of its own.
    let name = unique("partial");
    let script = "mount -t tmpfs tmpfs /tmp && touch /tmp/zerobuffer && exec \"$0\" \"$@\"";
    let plain = Actor::command(&name);
    let mut command = std::process::Command::new("unshare");
    command.args(["-rm", "sh", "-c", script]);
    command.arg(plain.get_program()).args(plain.get_args());
    plain.get_envs().for_each(|(name, value)| {
        command.env(name, value.unwrap_or_default());
    });
    let program = plain.get_program().to_string_lossy();
    if !Space::can_be_had() || program.starts_with("/tmp/") {
        let why = "a /tmp of its own needs root, or user namespaces, and a program elsewhere";
        tell_skipped("a_start_that_fails_leaves_what_was_there", why);
        return;
    }
    let said = Actor::spawn(command).refuse("create 0 1024", "System");
    assert!(said.contains("/tmp/zerobuffer"), "{said}");
    assert_nothing_left(&name);
    drop(reader(&name, 0, 1024));
}

/// Reads a frame whose header was made to say this.
fn read_spoiled(position_of: u64, size: u64, sequence: u64, expected: ErrorKind) {
    let name = unique("spoiled");
    let mut reader = reader(&name, 64, 4096);
    let mut writer = hasty_writer(&name);
    for _ in 0..3 {
        write(&mut writer, 100).expect("a frame");
    }
    let raw = Raw::open(&name);
    raw.set_header(position_of * 116, size, sequence);
    for _ in 0..position_of {
        assert!(is_whole(&next(&mut reader)));
    }
    assert_kind(reader.read(WATCHDOG), expected);
    // It stays so: there is no way past it, and no fault either.
    assert_kind(reader.read(WATCHDOG), expected);
}

/// 10.2
#[test]
fn headers_that_lie() {
    for place in 0..3 {
        let number = place + 1;
        for size in [4096 - 15, 4096, 1 << 40, u64::MAX - 15, u64::MAX] {
            read_spoiled(place, size, number, ErrorKind::Corrupt);
        }
        // All that is left before the end, and a byte more.
        let rest = 4096 - place * 116 - 16;
        read_spoiled(place, rest + 1, number, ErrorKind::Corrupt);
        // The first number of a writer may be any, as it may not know how far the last one was.
        // And 1 is with what a new one in another language begins.
        for sequence in [0, number + 1, number + 2, u64::MAX] {
            if place > 0 {
                read_spoiled(place, 100, sequence, ErrorKind::SequenceGap);
            }
        }
        // There is no magic in a header; noise is seen by its size.
        let noise = 0x5A5A_A5A5_F00F_0FF0;
        read_spoiled(place, noise, noise, ErrorKind::Corrupt);
    }
}

/// 10.3
#[test]
fn a_reader_is_killed_while_its_writer_waits() {
    let name = unique("reader-killed");
    let reader = Actor::reader(&name, 0, 10240);
    let mut writer = Actor::writer(&name);
    writer.expect("write 8192", "wrote 1");
    writer.expect("timeout 25000", "ok");
    writer.tell("write 8192");
    reader.kill();
    let said = writer.answer();
    assert!(said.starts_with("error ReaderDead "), "{said}");
    writer.end();
    drop(crate::support::reader(&name, 0, 1024));
    assert_nothing_left(&name);
}

/// 10.4
#[test]
fn a_writer_is_killed_while_its_reader_waits() {
    let name = unique("writer-killed");
    let mut reader = Actor::reader(&name, 1024, 1 << 20);
    let mut writer = Actor::writer(&name);
    writer.expect("write 100", "wrote 1");
    reader.expect("read 10000", "frame 1 100 whole");
    reader.tell("read 25000");
    writer.kill();
    let said = reader.answer();
    assert!(said.starts_with("error WriterDead "), "{said}");
    reader.end();
    assert_nothing_left(&name);
}

/// 10.5
#[test]
fn no_file_is_left_for_a_semaphore() {
    // The folder itself and one, two, or three files; four inodes are what a buffer needs.
    for inodes in [2, 3] {
        let options = format!("nr_inodes={inodes}");
        let Some(space) = Space::new("no_file_is_left_for_a_semaphore", &options) else {
            return;
        };
        let name = unique("sem-exhausted");
        let mut reader = space.start(&name);
        let said = reader.ask("create 0 1024");
        assert!(said.starts_with("error "), "{inodes} inodes: {said}");
        assert!(said.contains(&name), "{said}");
        assert_eq!(space.files(), [] as [String; 0], "{inodes} inodes");
    }
    let space = Space::new("no_file_is_left_for_a_semaphore", "nr_inodes=4");
    let name = unique("sem-enough");
    space
        .expect("as before")
        .start(&name)
        .expect("create 0 1024", "created");
}

/// 10.6
#[test]
fn a_writer_without_permission() {
    if !rustix::process::geteuid().is_root() {
        tell_skipped(
            "a_writer_without_permission",
            "to be another user needs root",
        );
        return;
    }
    let name = unique("permissions");
    let mut reader = Actor::start(&name);
    // 0600
    reader.expect("create-mode 0 10240 384", "created");
    let mut other = Actor::start(&name);
    other.expect("user 65534", "ok");
    let said = other.refuse("connect", "System");
    assert!(said.contains("ermission denied"), "{said}");
    assert_eq!(Raw::open(&name).get(field::WRITER_PID), 0);
    let mut writer = Actor::writer(&name);
    writer.expect("write 100", "wrote 1");
    reader.expect("read 10000", "frame 1 100 whole");
    reader.end();
    // 0666, whatever the umask is: now the other one may.
    let mut reader = Actor::start(&name);
    reader.expect("create-mode 0 10240 438", "created");
    other.expect("connect", "connected");
    other.expect("write 100", "wrote 1");
    reader.expect("read 10000", "frame 1 100 whole");
    reader.end();
    assert_nothing_left(&name);
}
