//! Deaths that a process number alone does not tell: of zombies, of processes whose number another
//! one has now, and of those in another PID namespace.

use std::process::{Child, Command, Stdio};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use crate::support::actor::Actor;
use crate::support::raw::{Raw, field};
use crate::support::{assert_nothing_left, files_of, tell_skipped, unique};

/// Kills a process, and waits until it is a zombie, which nobody takes away.
fn make_zombie(actor: &mut Actor) {
    let pid = Pid::from_raw(actor.pid() as i32).expect("a process number");
    let process = pidfd_open(pid, PidfdFlags::empty()).expect("our child has a descriptor");
    actor.strike();
    // Readable when all its threads have ended.
    poll(&mut [PollFd::new(&process, PollFlags::IN)], None).expect("it ends");
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("nobody waited for it");
    assert!(stat.contains(") Z "), "{stat}");
}

#[test]
fn a_zombie_is_dead() {
    let name = unique("zombie");
    let mut reader = Actor::reader(&name, 0, 4096);
    let mut writer = Actor::writer(&name);
    writer.expect("write 100", "wrote 1");
    reader.expect("read 10000", "frame 1 100 whole");
    make_zombie(&mut writer);
    reader.refuse("read 25000", "WriterDead");
    let mut next = Actor::writer(&name);
    next.expect("write 100", "wrote 2");
    reader.expect("read 10000", "frame 2 100 whole");
    make_zombie(&mut reader);
    next.refuse("fill 100", "ReaderDead");
    Actor::reader(&name, 0, 4096).end();
    assert_nothing_left(&name);
}

/// A process that has nothing to do with any buffer.
struct Stranger(Child);

impl Stranger {
    fn new() -> Stranger {
        let mut command = Command::new("cat");
        command.stdin(Stdio::piped()).stdout(Stdio::null());
        Stranger(command.spawn().expect("cat"))
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_number_that_another_process_has_now() {
    let name = unique("reused");
    let stranger = Stranger::new();
    let number = u64::from(stranger.0.id());
    let mut reader = Actor::reader(&name, 0, 4096);
    let mut writer = Actor::writer(&name);
    writer.expect("write 100", "wrote 1");
    writer.kill();
    // As it is when the numbers of processes have come round.
    Raw::open(&name).set(field::WRITER_PID, number);
    reader.expect("read 10000", "frame 1 100 whole");
    reader.refuse("read 25000", "WriterDead");
    let mut writer = Actor::writer(&name);
    writer.expect("write 100", "wrote 2");
    reader.expect("read 10000", "frame 2 100 whole");
    reader.kill();
    Raw::open(&name).set(field::READER_PID, number);
    let mut late = Actor::start(&name);
    late.refuse("connect", "WriterAlreadyConnected");
    writer.kill();
    late.refuse("connect", "ReaderDead");
    // It does not keep a new reader from the buffer either.
    Actor::reader(&name, 0, 4096).end();
    assert_nothing_left(&name);
}

/// An actor in a PID namespace of its own, with the same files.
fn inside(name: &str) -> Actor {
    let plain = Actor::command(name);
    let mut command = Command::new("unshare");
    command.args([
        "-r",
        "--pid",
        "--fork",
        "--kill-child",
        "--mount-proc",
        "--",
    ]);
    command.arg(plain.get_program()).args(plain.get_args());
    for (name, value) in plain.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    Actor::spawn(command)
}

fn can_be_inside(test: &str) -> bool {
    let trial = Command::new("unshare")
        .args(["-r", "--pid", "--fork", "--mount-proc", "true"])
        .stderr(Stdio::null())
        .status();
    let can = trial.is_ok_and(|status| status.success());
    if !can {
        tell_skipped(test, "a PID namespace needs root, or user namespaces");
    }
    can
}

#[test]
fn a_writer_in_another_namespace() {
    if !can_be_inside("a_writer_in_another_namespace") {
        return;
    }
    let name = unique("inside-writer");
    let mut reader = Actor::reader(&name, 0, 4096);
    // The second one has the number of the first, as every start in a container has it.
    for round in 0..2 {
        let mut writer = inside(&name);
        writer.expect("connect", "connected");
        reader.expect("wait-writer 0", "true");
        let first = round * 20 + 1;
        writer.tell("write-many 1000 20");
        reader.expect("take 20", &format!("took 20 {first} {}", first + 19));
        assert_eq!(writer.answer(), "wrote 20");
        // Nothing comes, but the writer lives, and others are kept away from it.
        reader.expect("read 1500", "none");
        let mut second = Actor::start(&name);
        second.refuse("connect", "WriterAlreadyConnected");
        let mut second = inside(&name);
        second.refuse("connect", "WriterAlreadyConnected");
        writer.kill();
        reader.refuse("read 25000", "WriterDead");
        reader.expect("wait-writer 0", "false");
    }
    reader.end();
    assert_nothing_left(&name);
}

#[test]
fn a_reader_in_another_namespace() {
    if !can_be_inside("a_reader_in_another_namespace") {
        return;
    }
    let name = unique("inside-reader");
    let mut reader = inside(&name);
    reader.expect("create 0 4096", "created");
    let mut writer = Actor::writer(&name);
    writer.tell("write-many 1000 20");
    reader.expect("take 20", "took 20 1 20");
    assert_eq!(writer.answer(), "wrote 20");
    // A second one is refused, though no process is found that has the number of the first.
    let mut second = Actor::start(&name);
    second.refuse("create 0 4096", "ReaderAlreadyConnected");
    // The writer waits for space, as the reader lives, and then it does not.
    writer.expect("fill 1000", "filled 4");
    writer.expect("timeout 1500", "ok");
    writer.refuse("write 1000", "BufferFull");
    writer.expect("timeout 25000", "ok");
    reader.kill();
    writer.refuse("write 1000", "ReaderDead");
    // One with the number of the first, as every start in a container has it; and one without.
    // It is not the process itself that was waited for: its lock goes with it.
    let lock = std::fs::File::open(&files_of(&name)[3]).expect("the lock file");
    lock.lock().expect("once it is gone");
    drop(lock);
    for mut successor in [inside(&name), second] {
        successor.expect("create 0 4096", "created");
        writer.expect("connect", "connected");
        writer.expect("write 1000", "wrote 1");
        successor.expect("read 10000", "frame 1 1000 whole");
        successor.kill();
        writer.expect("pump 1000", "pumped 4 ReaderDead");
    }
    Actor::reader(&name, 0, 64).end();
    assert_nothing_left(&name);
}
