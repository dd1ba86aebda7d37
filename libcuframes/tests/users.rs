//! Other users: who may subscribe to whom, and how much of a publisher one of them may take.

mod common;

use std::path::Path;

use common::actor::{self, ACTOR, Actor, NOBODY, assert_said, directory};
use common::{WATCHDOG, child, key, next, publisher, send, shared, strict, until};
use cuframes::{ErrorCode, FrameMeta, Mode, Policy};

/// Not a test: the children of the tests.
#[test]
fn actor() {
    actor::play();
}

/// Everything here needs a second user to become.
fn is_root() -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        eprintln!("\n*** SKIPPED: becoming another user needs root ***\n");
    }
    root
}

/// What `nobody` hears who subscribes to a publisher with this socket mode and allow-list.
fn nobody_subscribes(name: &str, mode: u32, allow: &[u32]) -> String {
    let key = key(name);
    let builder = publisher(&key).socket_mode(mode).allow_uids(allow);
    let mut source = builder.build().expect("publisher");
    let mut honest = strict(&key, "honest").connect().expect("our own user");
    let mut actor = Actor::start("subscribe", &key, NOBODY, "0", "-");
    let said = actor.says();
    if said == "ok" {
        source.wait_subscribers(2, Some(WATCHDOG)).expect("both");
        let uids: Vec<u32> = source
            .stats()
            .subscribers
            .iter()
            .map(|row| row.uid)
            .collect();
        assert_eq!(uids, [0, NOBODY]);
        send(&mut source);
        assert_eq!(actor.says(), "ok", "and it reads a whole frame");
    } else {
        send(&mut source);
    }
    assert_eq!(next(&mut honest).seq(), 1);
    actor.end();
    said
}

#[test]
fn the_socket_decides_and_then_the_list() {
    let _guard = shared();
    if !is_root() {
        return;
    }
    let said = nobody_subscribes("closed", 0o660, &[]);
    assert_said(&said, "PERMISSION", &["socket_mode"]);
    assert_eq!(nobody_subscribes("open", 0o666, &[]), "ok");
    assert_eq!(nobody_subscribes("listed", 0o666, &[1, NOBODY]), "ok");
    let said = nobody_subscribes("unlisted", 0o666, &[1]);
    assert_said(&said, "PERMISSION", &["65534", "allow_uids"]);
    let said = nobody_subscribes("both", 0o660, &[NOBODY]);
    assert_said(&said, "PERMISSION", &["socket_mode"]);
}

#[test]
fn a_publisher_of_another_user_is_not_trusted() {
    let _guard = shared();
    if !is_root() {
        return;
    }
    let dir = directory("everyone", 0o777);
    let play = |what: &str, uid: u32, allow: &str| {
        let key = key("theirs");
        let mut command = child(ACTOR, &format!("{what} {key} {uid} 666 {allow}"));
        command.env("CUFRAMES_RUNTIME_DIR", &dir);
        Actor::spawn(command)
    };
    let mut theirs = play("publish", NOBODY, "-");
    assert_eq!(theirs.says(), "ok");
    for (uid, allow, expected) in [
        (0, "-", "PERMISSION"),
        (0, "1", "PERMISSION"),
        (1, "-", "PERMISSION"),
    ] {
        let mut reader = play("subscribe", uid, allow);
        assert_said(&reader.says(), expected, &["user 65534", "allow_uids"]);
        reader.end();
    }
    for (uid, allow) in [(0, "65534"), (1, "2,65534"), (NOBODY, "-")] {
        let mut reader = play("subscribe", uid, allow);
        assert_eq!(
            (reader.says(), reader.says()),
            ("ok".into(), "ok".into()),
            "user {uid}"
        );
        reader.end();
    }
    theirs.end();
    let mut roots = play("publish", 0, "-");
    assert_eq!(roots.says(), "ok");
    let mut reader = play("subscribe", NOBODY, "-");
    assert_eq!(reader.says(), "ok", "root is trusted by everybody");
    reader.end();
    roots.end();
}

#[test]
fn a_segment_of_another_user_is_not_replaced() {
    let _guard = shared();
    if !is_root() {
        return;
    }
    let dir = directory("foreign", 0o777);
    let key = key("segment");
    let segment = Path::new("/dev/shm").join(format!("cuframes-{key}"));
    std::fs::write(&segment, "root's").expect("file");
    let play = || {
        let mut command = child(ACTOR, &format!("publish {key} {NOBODY} 660 -"));
        command.env("CUFRAMES_RUNTIME_DIR", &dir);
        let mut actor = Actor::spawn(command);
        let said = actor.says();
        actor.end();
        said
    };
    assert_said(&play(), "PERMISSION", &[&key, "another user"]);
    assert_eq!(std::fs::read(&segment).expect("file"), b"root's");
    std::fs::remove_file(&segment).expect("file");
    assert_eq!(play(), "ok", "without it the key is free");
}

#[test]
fn another_user_is_not_waited_for() {
    let _guard = shared();
    if !is_root() {
        return;
    }
    // Of those who are waited for nothing unread is overwritten: beside the frame that was read
    // there is room for four.
    for (name, allow, expected) in [("unlisted", vec![], 20), ("listed", vec![NOBODY], 5)] {
        let key = key(&format!("wait-{name}"));
        let builder = publisher(&key).slots(4).policy(Policy::StrictWait);
        let builder = builder.socket_mode(0o666).allow_uids(&allow);
        let mut source = builder.build().expect("publisher");
        let mut theirs = Actor::start("subscribe", &key, NOBODY, "0", "-");
        assert_eq!(theirs.says(), "ok");
        source.wait_subscribers(1, Some(WATCHDOG)).expect("it");
        assert_eq!(source.stats().subscribers[0].mode, Mode::StrictOrder);
        // It reads one frame, and then nothing any more.
        send(&mut source);
        assert_eq!(theirs.says(), "ok");
        let mut published = 1;
        while let Some(frame) = source.try_acquire().filter(|_| published < 20) {
            source
                .publish(frame, &FrameMeta::default())
                .expect("publish");
            published += 1;
        }
        assert_eq!(published, expected, "{name}");
        theirs.end();
    }
}

#[test]
fn another_user_may_take_sixteen_places() {
    let _guard = shared();
    if !is_root() {
        return;
    }
    let key = key("places");
    let builder = publisher(&key).socket_mode(0o666);
    let mut source = builder.build().expect("publisher");
    let mut honest = strict(&key, "honest").connect().expect("our own user");
    for (role, limit) in [("silent", 4), ("crowd", 16)] {
        let mut theirs = Actor::start(role, &key, NOBODY, "0", "-");
        let expected = format!("TOO_MANY_SUBSCRIBERS after {limit}");
        assert_said(&theirs.says(), &expected, &["65534", "16", "4"]);
        // For everybody else there is room.
        drop(strict(&key, "another").connect().expect("our own user"));
        send(&mut source);
        next(&mut honest);
        theirs.end();
        until("they are gone", || source.stats().subscribers.len() == 1);
    }
}

#[test]
fn the_library_tells_why_there_is_no_room() {
    let _guard = shared();
    let key = key("room");
    let source = publisher(&key)
        .max_subscribers(1)
        .build()
        .expect("publisher");
    let one = strict(&key, "one").connect().expect("the first");
    for round in 0..100 {
        let error = strict(&key, "two").connect().expect_err("no room");
        assert_eq!(
            error.code(),
            ErrorCode::TooManySubscribers,
            "{round}: {error}"
        );
    }
    drop(one);
    until("it is gone", || source.stats().subscribers.is_empty());
    strict(&key, "two").connect().expect("room");
}
