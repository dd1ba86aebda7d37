//! Processes that play a part in a test, as another user or in another place.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use cuframes::wire::MessageType;
use cuframes::{Mode, Result};
use rustix::thread::{Gid, Uid};

use super::raw::Raw;
use super::{WATCHDOG, child, is_whole, publisher, role, run_dir, send, strict};

/// `nobody` of every Linux.
pub const NOBODY: u32 = 65534;
/// The test that is no test.
pub const ACTOR: &str = "actor";

/// What a child does: it says how it went, then holds what it has until its standard input ends.
/// A parent's own test of the name `actor` calls this, and does nothing.
pub fn play() {
    let Some(role) = role() else {
        return;
    };
    let words: Vec<&str> = role.split(' ').collect();
    let [what, key, uid, mode, allow] = words[..] else {
        panic!("a role has five words: {role}");
    };
    become_user(uid.parse().expect("uid"));
    let allow: Vec<u32> = allow
        .split(',')
        .filter_map(|uid| uid.parse().ok())
        .collect();
    let mode = u32::from_str_radix(mode, 8).expect("mode");
    match what {
        "subscribe" => {
            let at_once = strict(key, "actor").connect_timeout(Some(Duration::ZERO));
            let mut subscriber = say(at_once.allow_uids(&allow).connect());
            if let Some(subscriber) = &mut subscriber {
                say(subscriber
                    .next(Some(WATCHDOG))
                    .map(|frame| assert!(is_whole(&frame))));
                wait_for_the_end();
            }
        }
        "publish" | "anonymous" => {
            let builder = publisher(key).allow_uids(&allow).socket_mode(mode);
            let mut publisher = say(builder.anonymous(what == "anonymous").build());
            if let Some(publisher) = &mut publisher {
                send(publisher);
                wait_for_the_end();
            }
        }
        "silent" => {
            let silent: Vec<Raw> = (0..4).map(|_| Raw::connect(key)).collect();
            say_refusal(&Raw::connect(key), silent.len());
        }
        "crowd" => {
            let mode = Mode::NewestOnly;
            let crowd: Vec<_> = (0..16)
                .map(|i| {
                    let joined = Raw::join(key, &format!("n{i}"), mode);
                    // The answer to STATS shows that ATTACHED was heard.
                    joined.raw.say(MessageType::Stats, &[]);
                    joined.raw.hear();
                    joined
                })
                .collect();
            say_refusal(&Raw::connect(key), crowd.len());
        }
        other => panic!("no role '{other}'"),
    }
}

fn become_user(uid: u32) {
    if uid != 0 {
        let (user, group) = (Uid::from_raw(uid), Gid::from_raw(uid));
        rustix::thread::set_thread_groups(&[]).expect("groups");
        rustix::thread::set_thread_res_gid(group, group, group).expect("group");
        rustix::thread::set_thread_res_uid(user, user, user).expect("user");
    }
}

fn say<T>(outcome: Result<T>) -> Option<T> {
    match outcome {
        Ok(value) => {
            println!("SAYS ok");
            Some(value)
        }
        Err(error) => {
            println!("SAYS {}: {error}", error.code().name());
            None
        }
    }
}

/// Says why `raw` was refused while so many connections were there.
fn say_refusal(raw: &Raw, others: usize) {
    let (code, text) = raw.expect_refusal();
    println!("SAYS {} after {others}: {text}", code.name());
    wait_for_the_end();
}

fn wait_for_the_end() {
    let mut nothing = Vec::new();
    std::io::stdin().read_to_end(&mut nothing).expect("stdin");
}

/// A child that plays a part.
pub struct Actor {
    pub child: Child,
    output: BufReader<ChildStdout>,
}

impl Actor {
    /// Starts a command.
    pub fn spawn(mut command: Command) -> Actor {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("a child");
        let output = BufReader::new(child.stdout.take().expect("stdout"));
        Actor { child, output }
    }

    /// Starts `what` for `key` as user `uid`.
    pub fn start(what: &str, key: &str, uid: u32, mode: &str, allow: &str) -> Actor {
        Actor::spawn(child(ACTOR, &format!("{what} {key} {uid} {mode} {allow}")))
    }

    /// What it says next.
    pub fn says(&mut self) -> String {
        let mut line = String::new();
        while self.output.read_line(&mut line).expect("a line") > 0 {
            if let Some((_, said)) = line.split_once("SAYS ") {
                return said.trim_end().to_owned();
            }
            line.clear();
        }
        panic!("it ended without a word: {:?}", self.child.wait());
    }

    /// Lets it end by itself, which it does in good order.
    pub fn end(mut self) {
        drop(self.child.stdin.take());
        std::io::copy(&mut self.output, &mut std::io::sink()).expect("rest");
        assert!(self.child.wait().expect("wait").success());
    }

    /// Kills it without a warning.
    pub fn kill(mut self) {
        self.child.kill().expect("kill");
        self.child.wait().expect("wait");
    }
}

/// A directory of its own below the run directory, with `mode`.
pub fn directory(name: &str, mode: u32) -> PathBuf {
    let path = run_dir().join(name);
    std::fs::create_dir(&path).expect("directory");
    std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).expect("mode");
    path
}

/// Checks code and words of what was said.
pub fn assert_said(said: &str, code: &str, words: &[&str]) {
    assert!(said.starts_with(code), "not {code}: {said}");
    for word in words {
        assert!(said.contains(word), "no '{word}' in: {said}");
    }
}
