//! Feature file 11: a thousand lives, and a long one.

use std::sync::atomic::{AtomicBool, Ordering};

use zerobuffer::{ErrorKind, Writer};

use crate::support::actor::Actor;
use crate::support::raw::{Raw, field};
use crate::support::space::Space;
use crate::support::{assert_nothing_left, campaign, hasty_writer, next, reader, unique, write};

/// 11.1, in a process of its own, as others open files beside it.
#[test]
fn a_thousand_buffers_one_after_another() {
    let name = unique("cycles");
    let mut actor = Actor::start(&name);
    let grown = |actor: &mut Actor| actor.ask("belongings");
    let cycle = |actor: &mut Actor| {
        actor.expect("create 1024 65536", "created");
        actor.expect("close", "closed");
    };
    cycle(&mut actor);
    let before = grown(&mut actor);
    for _ in 0..campaign(10_000) {
        cycle(&mut actor);
    }
    assert_eq!(grown(&mut actor), before, "files and mappings");
    assert_nothing_left(&name);
}

/// 11.3, for as many frames as there is patience for.
#[test]
fn nothing_grows_in_a_long_run() {
    let name = unique("endurance");
    let mut reader = Actor::reader(&name, 0, 10240);
    let mut writer = Actor::writer(&name);
    let rounds = campaign(500);
    let mut before = None;
    for _ in 0..rounds {
        writer.tell("write-many 100 10000");
        reader.expect("drain 10000 0", "read 10000 frames of 1000000 bytes");
        assert_eq!(writer.answer(), "wrote 10000");
        let now = (reader.ask("belongings"), writer.ask("belongings"));
        // The first round has what is made once.
        assert_eq!(&now, before.get_or_insert(now.clone()));
    }
    let raw = Raw::open(&name);
    assert_eq!(raw.get(field::PAYLOAD_FREE), 10240);
    assert_eq!(raw.get(field::WRITTEN), raw.get(field::READ));
    assert!(raw.get(field::READ) > u64::from(rounds) * 10000);
    assert_eq!(raw.unread(), 0);
    // Tokens of space that nobody waited for are gone when somebody waits: they wake nobody in vain.
    let filled = writer.ask("fill 100");
    assert!(filled.starts_with("filled "), "{filled}");
    assert_eq!(raw.tokens('r'), 0);
}

/// 11.4
#[test]
fn as_many_buffers_as_there_is_space_for() {
    let Some(space) = Space::new("as_many_buffers_as_there_is_space_for", "size=4m") else {
        return;
    };
    for _ in 0..2 {
        let mut actors = Vec::new();
        let last = loop {
            let mut actor = space.start(&unique("crowd"));
            let answer = actor.ask("create 0 262144");
            if answer != "created" {
                break answer;
            }
            actors.push(actor);
        };
        assert!(last.starts_with("error NoSpace "), "{last}");
        // 66 pages each, and one for each semaphore.
        assert_eq!(actors.len(), 1024 / 67);
        assert_eq!(
            space.files().len(),
            3 * actors.len(),
            "of the last one nothing"
        );
        actors.into_iter().for_each(Actor::end);
        assert_eq!(space.files(), [] as [String; 0]);
    }
}

/// 11.5
#[test]
fn buffers_come_and_go_while_a_writer_knocks() {
    let name = unique("storm");
    let stop = AtomicBool::new(false);
    let (connected, refused) = std::thread::scope(|scope| {
        let knocking = scope.spawn(|| knock(&name, &stop));
        for _ in 0..campaign(10_000) {
            drop(reader(&name, 64, 4096));
        }
        stop.store(true, Ordering::Relaxed);
        knocking
            .join()
            .expect("the writer only meets errors that it may")
    });
    assert!(connected + refused > 0);
    assert_nothing_left(&name);
    // Neither did it wear out.
    let mut reader = reader(&name, 64, 4096);
    write(&mut hasty_writer(&name), 100).expect("a frame");
    next(&mut reader);
}

/// Connects over and over; how often it could, and could not.
fn knock(name: &str, stop: &AtomicBool) -> (u32, u32) {
    let (mut connected, mut refused) = (0, 0);
    while !stop.load(Ordering::Relaxed) {
        match Writer::connect(name) {
            Ok(mut writer) => {
                connected += 1;
                writer.set_write_timeout(crate::support::AT_ONCE);
                if let Err(error) = writer.write(&[1]) {
                    assert_eq!(error.kind(), ErrorKind::ReaderDead, "{error}");
                }
            }
            Err(error) => {
                refused += 1;
                let kinds = [
                    ErrorKind::BufferNotFound,
                    ErrorKind::NotReady,
                    ErrorKind::ReaderDead,
                ];
                assert!(kinds.contains(&error.kind()), "{error}");
            }
        }
    }
    (connected, refused)
}
