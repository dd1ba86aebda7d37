//! `cuframes lend` as a process of its own.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use cuframes_tests::{Peer, Scene, WATCHDOG};
use serde_json::Value;

use crate::account::Account;

/// How long a consumer may have a frame. What is to time out has to wait for it.
const TIMEOUT_MS: &str = "150";

/// What is planted in an engine.
#[derive(Clone, Copy, Default)]
pub struct Planted<'a> {
    /// Where it kills itself.
    pub failpoint: Option<&'a str>,
    /// What it does wrong.
    pub fault: Option<&'a str>,
}

/// An engine that runs, and tells its account twenty times a second.
pub struct Engine {
    peer: Peer,
    /// How long it may take to close what it had for one who is gone.
    pub patience: Duration,
}

impl Engine {
    /// Starts one at `socket`, also where one was killed.
    pub fn start(scene: &Scene, socket: &Path, planted: Planted<'_>) -> Engine {
        let mut command = Command::new(Peer::program_named("cuframes"));
        command.args(["lend", &scene.key, "--no-gateway", "--socket"]);
        command.arg(socket);
        command.args(["--timeout-ms", TIMEOUT_MS]);
        command.args(["--stats", "--interval-ms", "50", "--json", "--quiet"]);
        command.env("CUFRAMES_RUNTIME_DIR", &scene.dir);
        for (name, value) in [
            ("LENDING_FAILPOINT", planted.failpoint),
            ("LENDING_FAULT", planted.fault),
        ] {
            if let Some(value) = value {
                command.env(name, value);
            }
        }
        command.stderr(Stdio::inherit());
        let what = format!("engine {:?} {:?}", planted.failpoint, planted.fault);
        Engine {
            peer: Peer::spawn(command, what),
            patience: WATCHDOG,
        }
    }

    /// Its process, to be killed and waited for.
    pub fn peer(&mut self) -> &mut Peer {
        &mut self.peer
    }

    /// Reports until one is as it should be. Each is balanced.
    pub fn until(&self, what: &str, is_so: impl Fn(&Account) -> bool) -> Account {
        let deadline = Instant::now() + WATCHDOG;
        loop {
            let line = self.peer.next();
            let line = line.unwrap_or_else(|| panic!("the engine ended, never {what}"));
            let account = Account::of(&parse(&line.to_string()));
            account.check();
            if is_so(&account) {
                return account;
            }
            assert!(Instant::now() < deadline, "never {what}: {account:?}");
        }
    }

    /// The accounts that it told and nobody read, to its end.
    pub fn rest(&self) -> Vec<Account> {
        let lines = self.peer.rest();
        // The last line of one that was killed may be half of one.
        let whole = lines.iter().map(ToString::to_string);
        let whole = whole.filter_map(|line| serde_json::from_str(&line).ok());
        whole.map(|report: Value| Account::of(&report)).collect()
    }

    /// What it has open: number and target of each descriptor.
    pub fn descriptors(&self) -> BTreeSet<(String, String)> {
        let folder = format!("/proc/{}/fd", self.peer.pid());
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let described = entries.filter_map(|entry| {
            let target = fs::read_link(entry.path()).ok()?;
            let number = entry.file_name().to_string_lossy().into_owned();
            Some((number, target.display().to_string()))
        });
        described.collect()
    }

    /// Waits until it has open what it had `before`: a thread that told of the end of a consumer
    /// closes what it had right after.
    pub fn wait_for_descriptors(&self, before: &BTreeSet<(String, String)>) {
        let deadline = Instant::now() + self.patience;
        loop {
            let now = self.descriptors();
            if now == *before {
                return;
            }
            let left: Vec<_> = now.difference(before).collect();
            assert!(Instant::now() < deadline, "left open: {left:?}");
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

fn parse(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
}
