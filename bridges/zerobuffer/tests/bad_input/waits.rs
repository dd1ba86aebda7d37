//! Waits that are interrupted, and memory that runs out elsewhere.

use crate::support::actor::Actor;
use crate::support::space::Space;
use crate::support::unique;

#[test]
fn signals_do_not_end_a_wait() {
    let name = unique("signals");
    let mut reader = Actor::reader(&name, 0, 4096);
    let mut writer = Actor::writer(&name);
    // Each wait is interrupted a thousand times a second.
    reader.expect("pester", "ok");
    writer.expect("pester", "ok");
    reader.tell("read 25000");
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert_eq!(reader.has_answered(), None);
    writer.expect("write 1000", "wrote 1");
    assert_eq!(reader.answer(), "frame 1 1000 whole");
    writer.expect("fill 1000", "filled 4");
    writer.expect("timeout 25000", "ok");
    writer.tell("write 1000");
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert_eq!(writer.has_answered(), None);
    reader.expect("read 25000", "frame 2 1000 whole");
    assert_eq!(writer.answer(), "wrote 6");
    // And a time-out comes when it is due, not before and not never.
    reader.expect("take 4", "took 4 3 6");
    let (told, waited) = timed(|| reader.ask("read 300"));
    assert_eq!(told, "none");
    assert!(waited >= 300, "{waited} ms");
    writer.expect("fill 1000", "filled 4");
    writer.expect("timeout 300", "ok");
    let (told, waited) = timed(|| writer.ask("write 1000"));
    assert!(told.starts_with("error BufferFull "), "{told}");
    assert!(waited >= 300, "{waited} ms");
    writer.tell("write-many 1000 2000");
    reader.expect("take 2004", "took 2004 7 2010");
    let signals = reader.ask("pestered");
    let signals: u64 = signals.parse().expect("a number");
    assert!(signals > 100, "only {signals} signals came");
}

fn timed(ask: impl FnOnce() -> String) -> (String, u128) {
    let started = std::time::Instant::now();
    let answer = ask();
    (answer, started.elapsed().as_millis())
}

/// The memory of a buffer is taken when it is made: nobody fails for want of it later.
#[test]
fn a_full_dev_shm_does_not_hurt_buffers_that_are_there() {
    let Some(space) = Space::new("a_full_dev_shm_does_not_hurt", "size=1m") else {
        return;
    };
    let name = unique("full");
    let mut reader = space.start(&name);
    reader.expect("create 0 524288", "created");
    let mut hogs = Vec::new();
    let mut size = 1 << 19;
    while size >= 4096 {
        let mut hog = space.start(&unique("hog"));
        match hog.ask(&format!("create 0 {size}")) == "created" {
            true => hogs.push(hog),
            false => size /= 2,
        }
    }
    assert!(!hogs.is_empty());
    let mut writer = space.start(&name);
    writer.expect("connect", "connected");
    for lap in 0..3 {
        writer.tell("write-many 10000 52");
        let (first, last) = (lap * 52 + 1, lap * 52 + 52);
        reader.expect("take 52", &format!("took 52 {first} {last}"));
        assert_eq!(writer.answer(), "wrote 52");
    }
}
