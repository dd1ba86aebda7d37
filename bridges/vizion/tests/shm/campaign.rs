//! Many frames, followed by all readers at once: none is torn, and those that are missed are
//! counted.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::readers::{ALL, Reader};
use crate::support::{Name, count};
use crate::writer::Writer;

/// A reader of each language.
fn readers(name: &Name) -> Vec<Reader> {
    ALL.map(|language| Reader::start(language, name)).into()
}

/// Follows a writer of `total` frames; or says what was torn.
pub fn follow(
    name: &Name,
    mut writer: Writer,
    mut readers: Vec<Reader>,
    total: u32,
    apart_us: u32,
    pauses: bool,
) -> Result<Vec<usize>, String> {
    let pids: Vec<_> = readers.iter().map(|one| one.process.pid()).collect();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let _done = Done(&done);
        if pauses {
            scope.spawn(|| interrupt(&pids, &done));
        }
        writer.0.tell(&format!("write {total} {apart_us}"));
        let follow = |reader: &mut Reader| reader.follow(total);
        readers.iter_mut().try_for_each(follow)
    })?;
    let answer = writer.answer();
    assert_eq!(answer, format!("{total} frames, 0 dropped, 0 replaced"));
    writer.close();
    let settle = |reader: Reader| reader.settle(total);
    let seen = readers.into_iter().map(settle).collect();
    name.assert_gone();
    Ok(seen)
}

/// Tells another thread that it is over, also where the test fails.
pub struct Done<'a>(pub &'a AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Stops one reader after the other, wherever it is, for a while.
fn interrupt(pids: &[Pid], done: &AtomicBool) {
    let mut state = 1u64;
    let mut chance = |below: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) % below
    };
    while !done.load(Ordering::SeqCst) {
        let pid = pids[chance(pids.len() as u64) as usize];
        kill_process(pid, Signal::STOP).expect("our child");
        std::thread::sleep(Duration::from_millis(chance(20)));
        kill_process(pid, Signal::CONT).expect("our child");
        std::thread::sleep(Duration::from_millis(chance(20)));
    }
}

#[test]
fn at_240_frames_a_second_with_pauses_nothing_is_torn_and_drops_are_counted() {
    let name = Name::new("paced");
    let total = count(10_000);
    let writer = Writer::start(&name);
    let seen = follow(&name, writer, readers(&name), total, 4_167, true).expect("no torn frame");
    // However busy the machine is.
    assert!(
        seen.iter().all(|&seen| seen >= total as usize / 100),
        "{seen:?}"
    );
}

#[test]
fn as_fast_as_can_be_nothing_is_torn_and_drops_are_counted() {
    let name = Name::new("fast");
    let total = count(10_000);
    let writer = Writer::start(&name);
    let seen = follow(&name, writer, readers(&name), total, 0, false).expect("no torn frame");
    assert!(seen.iter().all(|&seen| seen >= 1), "{seen:?}");
}
