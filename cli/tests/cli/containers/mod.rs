//! What docs/containers.md says, with containers made by unshare: a publisher and its readers
//! have PID, IPC, mount and network namespaces of their own, a /dev/shm of their own, and one
//! shared directory, which each side mounts where it likes.

mod gpu;
mod host;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{Place, Running, assert_code, noise, parse};

/// What a container does before its program: a /dev/shm of its own, unless the test shares
/// that, and at /mnt what it shares with others, a directory or a socket.
const SETUP: &str = "set -e
source=$1 options=$2 shm=$3 first=$4 place=/mnt
shift 4
[ $shm = shared ] || mount -t tmpfs -o mode=1777 tmpfs /dev/shm
mount -t tmpfs tmpfs /mnt
if [ -S \"$source\" ]; then
    place=/mnt/${source##*/}
    : >\"$place\"
fi
if [ -n \"$source\" ]; then
    mount --bind \"$source\" \"$place\"
    mount -o \"remount,bind,$options\" \"$place\"
fi
[ $first = no ] || exec \"$@\"
\"$@\"
exit $?";

/// What a container shares with others of the run directory.
#[derive(Clone, Copy)]
enum Shared {
    Nothing,
    Directory,
    ReadOnlyDirectory,
    /// Only the socket in it.
    Socket,
}

/// A container.
#[derive(Clone, Copy)]
struct Container {
    shared: Shared,
    own_shm: bool,
    own_pids: bool,
    /// Whether its program is the first process, with pid 1, as in most containers.
    first: bool,
    /// Whether its driver looks in /proc for who exports an event, as some do.
    asks: bool,
}

/// One that shares the directory and nothing else.
const PLAIN: Container = Container {
    shared: Shared::Directory,
    own_shm: true,
    own_pids: true,
    first: true,
    asks: false,
};

impl Container {
    fn sharing(shared: Shared) -> Container {
        Container { shared, ..PLAIN }
    }

    /// The program in it.
    fn command(self, place: &Place, line: &str) -> Command {
        let directory = place.dir.path();
        let socket = directory.join(format!("{}.sock", place.key));
        let (source, options) = match self.shared {
            Shared::Nothing => (Path::new(""), "rw"),
            Shared::Directory => (directory, "rw"),
            Shared::ReadOnlyDirectory => (directory, "ro"),
            Shared::Socket => (socket.as_path(), "rw"),
        };
        let mut command = place.command(line);
        command.env("CUFRAMES_RUNTIME_DIR", "/mnt");
        command.env("FAKE_CUDA_EVENT_PROC", u8::from(self.asks).to_string());
        let mut command = self.unshare(&command, source, options);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Any command in it.
    fn unshare(self, command: &Command, source: &Path, options: &str) -> Command {
        let mut contained = Command::new("unshare");
        if !rustix::process::geteuid().is_root() {
            contained.arg("--map-root-user");
        }
        contained.args(["--ipc", "--mount", "--net", "--fork", "--kill-child"]);
        if self.own_pids {
            contained.args(["--pid", "--mount-proc"]);
        }
        contained
            .args(["--", "/bin/sh", "-c", SETUP, "sh"])
            .arg(source)
            .arg(options)
            .arg(if self.own_shm { "own" } else { "shared" })
            .arg(if self.first { "yes" } else { "no" })
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

    fn start(self, place: &Place, line: &str) -> Running {
        start(&mut self.command(place, line))
    }
}

/// False where unshare may not make namespaces, and then it says that `test` was skipped.
fn can_contain(test: &str) -> bool {
    let made = PLAIN.unshare(&Command::new("true"), Path::new(""), "rw");
    let can = { made }
        .output()
        .is_ok_and(|output| output.status.success());
    if !can {
        let line = format!("skipped: {test}: unshare needs root, or user namespaces\n");
        let _ = std::io::stderr().write_all(line.as_bytes());
    }
    can
}

fn start(command: &mut Command) -> Running {
    Running::of(command.spawn().expect("unshare starts"))
}

/// Frames of noise from one container to another; both must end well, and all must arrive.
fn deliver(options: &str, publisher: Container, reader: Container, reading: &str) {
    const FRAMES: usize = 50;
    let place = Place::new();
    let input = place.dir.path().join("input.raw");
    let frames = noise(64 * 48 * FRAMES, 7);
    std::fs::write(&input, &frames).expect("a file");
    let line = format!(
        "publish --key KEY --size 64x48 --format gray --fps 25 --json --policy strict_wait \
         --strict-timeout 9 --wait-subscribers 1 {options} -"
    );
    let mut publisher = publisher.command(&place, &line);
    let input = std::fs::File::open(&input).expect("the file");
    let publisher = start(publisher.stdin(input));
    let reader = reader.start(&place, &format!("sub KEY --strict -o - {reading}"));
    let read = reader.output();
    assert_code(&read, 0);
    let published = publisher.output();
    assert_code(&published, 0);
    assert_eq!(parse(&published.stdout)["published"], FRAMES);
    assert_eq!(read.stdout.len(), frames.len());
    assert!(read.stdout == frames, "other bytes");
}
