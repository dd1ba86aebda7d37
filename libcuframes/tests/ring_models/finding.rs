//! A subscriber looks for a frame while the writer publishes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cuframes::wire::SyncKind;
use loom::thread;

use crate::explore::explore;
use crate::stage::Stage;

/// Two frames are published into an empty ring; who wants the first in order gets the first.
#[test]
fn in_order_passes_over_nothing() {
    explore(None, || {
        let stage = Stage::joined(SyncKind::Cpu, 0);
        let reading = thread::spawn({
            let stage = stage.clone();
            move || {
                let reader = stage.reader(1);
                let latest = reader.latest();
                let found = reader.find(1, latest);
                assert!(found.is_some() || latest < 1, "published frame not found");
                assert!(
                    found.is_none_or(|found| found.seq == 1),
                    "frame passed over"
                );
            }
        });
        stage.show(0, 1);
        stage.show(1, 2);
        reading.join().unwrap();
    });
}

/// Who wants the newest gets no older one, and pixels that are its own.
#[test]
fn the_newest_is_that_or_newer() {
    explore(None, || {
        let stage = Stage::joined(SyncKind::Cpu, 1);
        let reading = thread::spawn({
            let stage = stage.clone();
            move || {
                let reader = stage.reader(1);
                let latest = reader.latest();
                let found = reader.find(latest, latest);
                assert!(found.is_none_or(|found| found.seq >= latest), "older frame");
                if let Some(found) = found
                    && reader.lease(found)
                {
                    stage.read_leased(found);
                }
            }
        });
        stage.show(1, 2);
        if let Ok(slot) = stage.ring.claim(2, u64::MAX) {
            stage.show(slot, 3);
        }
        reading.join().unwrap();
    });
}

/// While the writer wraps, a frame is passed over only if its slot is being taken, and what is
/// found is whole.
#[test]
fn in_order_while_the_writer_wraps() {
    explore(Some(3), || {
        let stage = Stage::joined(SyncKind::Cpu, 2);
        // Not part of the modelled memory: the newest frame that the writer is about to lose.
        let leaving = Arc::new(AtomicU64::new(0));
        let reading = thread::spawn({
            let (stage, leaving) = (stage.clone(), Arc::clone(&leaving));
            move || {
                let reader = stage.reader(1);
                let latest = reader.latest();
                let found = reader.find(1, latest);
                let passed = found.map_or(latest, |found| found.seq - 1);
                assert!(
                    passed <= leaving.load(Ordering::Relaxed),
                    "frame passed over"
                );
                if let Some(found) = found
                    && reader.lease(found)
                {
                    stage.read_leased(found);
                    assert!(reader.release(found.slot, found.seq).is_ok());
                }
            }
        });
        for old in 1..=2 {
            leaving.store(old, Ordering::Relaxed);
            if let Ok(slot) = stage.ring.claim(old + 1, u64::MAX) {
                stage.show(slot, old + 2);
            }
        }
        reading.join().unwrap();
    });
}
