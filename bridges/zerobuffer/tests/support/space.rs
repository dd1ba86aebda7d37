//! A small /dev/shm of its own for a few processes, where it can run out.

use std::process::{Child, Command, Stdio};

use super::actor::Actor;
use super::tell_skipped;

/// It lasts as long as this.
pub struct Space {
    keeper: Child,
}

impl Space {
    /// True if this machine lets us have mounts of our own.
    pub fn can_be_had() -> bool {
        let trial = Command::new("unshare")
            .args(["-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"])
            .stderr(Stdio::null())
            .status();
        trial.is_ok_and(|status| status.success())
    }

    /// One of tmpfs with these mount options; `None` where namespaces cannot be had, which is
    /// said for `test`.
    pub fn new(test: &str, options: &str) -> Option<Space> {
        if !Space::can_be_had() {
            tell_skipped(test, "a /dev/shm of its own needs root, or user namespaces");
            return None;
        }
        let script = format!("mount -t tmpfs -o {options} tmpfs /dev/shm && echo ready && cat");
        let mut keeper = Command::new("unshare")
            .args(["-rm", "sh", "-c", &script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("unshare");
        let mut ready = [0; 6];
        let output = keeper.stdout.as_mut().expect("its output is a pipe");
        std::io::Read::read_exact(output, &mut ready).expect("a mount");
        Some(Space { keeper })
    }

    /// An actor for the buffer `name` in it.
    pub fn start(&self, name: &str) -> Actor {
        let plain = Actor::command(name);
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.keeper.id().to_string()]);
        command.args(["--user", "--preserve-credentials", "--mount"]);
        command.arg(plain.get_program()).args(plain.get_args());
        for (name, value) in plain.get_envs() {
            command.env(name, value.unwrap_or_default());
        }
        Actor::spawn(command)
    }

    /// What lies in it.
    pub fn files(&self) -> Vec<String> {
        let root = format!("/proc/{}/root/dev/shm", self.keeper.id());
        let files = std::fs::read_dir(root).expect("its /dev/shm");
        files
            .map(|file| {
                file.expect("a file")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect()
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        // It ends with its input; and the mount with it.
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}
