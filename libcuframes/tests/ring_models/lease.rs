//! A subscriber leases the oldest frame while the writer wants its slot.

use cuframes::ring::{Found, Reader};
use cuframes::wire::SyncKind;
use loom::sync::atomic::{AtomicU32, Ordering};
use loom::thread;
use std::sync::Arc;

use crate::explore::explore;
use crate::shared::{Control, Own};
use crate::stage::{OLDEST, Stage};

/// The core of it: one lease, one claim. Whoever gets the slot has it alone, and a claim that
/// is taken back costs nobody the frame.
#[test]
fn against_a_claim() {
    explore(None, || {
        let stage = Stage::joined(SyncKind::Cpu, 2);
        let reading = thread::spawn({
            let stage = stage.clone();
            move || lease_oldest(&stage, 1)
        });
        let claimed = stage.claim().map(|slot| stage.draw(slot, 3));
        let leased = reading.join().unwrap();
        assert!(
            leased || claimed.is_ok(),
            "frame lost to a claim taken back"
        );
    });
}

/// The same with all that surrounds it: the frame is found, and its slot published again.
#[test]
fn of_a_found_frame() {
    explore(None, || {
        let stage = Stage::joined(SyncKind::Cpu, 2);
        let reading = thread::spawn({
            let stage = stage.clone();
            move || {
                let reader = stage.reader(1);
                let latest = reader.latest();
                let Some(found) = reader.find(1, latest) else {
                    return;
                };
                if reader.lease(found) {
                    stage.read_leased(found);
                    assert!(reader.release(found.slot, found.seq).is_ok());
                }
            }
        });
        if let Ok(slot) = stage.claim() {
            stage.show(slot, 3);
        }
        reading.join().unwrap();
    });
}

/// Two subscribers, one claim: one gives the frame back, the other leases it meanwhile.
#[test]
fn beside_one_given_back() {
    explore(None, || {
        let stage = Stage::joined(SyncKind::Cpu, 2);
        stage.ring.list.insert(2);
        let holder = stage.reader(2);
        assert!(holder.lease(OLDEST));
        let holding = thread::spawn({
            let stage = stage.clone();
            move || give_back_oldest(&stage, &holder)
        });
        let reading = thread::spawn({
            let stage = stage.clone();
            move || lease_oldest(&stage, 1)
        });
        let claimed = stage.claim().map(|slot| stage.draw(slot, 3));
        holding.join().unwrap();
        let leased = reading.join().unwrap();
        assert!(
            leased || claimed.is_ok(),
            "frame lost to a claim taken back"
        );
    });
}

/// A subscriber joins while the writer claims: listed first, then answered, then it leases.
#[test]
fn of_a_joiner() {
    explore(None, || {
        let stage = Stage::new(SyncKind::Cpu, 2);
        // Stands for HELLO_RESP: what was done before it was sent is seen by who has it.
        let answered = Arc::new(AtomicU32::new(0));
        let control = thread::spawn({
            let (stage, answered) = (stage.clone(), Arc::clone(&answered));
            move || {
                stage.ring.list.insert(1);
                answered.store(1, Ordering::Release);
            }
        });
        let reading = thread::spawn({
            let stage = stage.clone();
            move || answered.load(Ordering::Acquire) == 1 && lease_oldest(&stage, 1)
        });
        if let Ok(slot) = stage.claim() {
            stage.draw(slot, 3);
        }
        control.join().unwrap();
        reading.join().unwrap();
    });
}

/// A frame is seen before its number: nothing but its own sequence vouches for the pixels.
/// An observer comes to a frame this way; who came by `latest_seq` has a second edge.
#[test]
fn of_a_frame_just_published() {
    explore(None, || {
        let stage = Stage::joined(SyncKind::Cpu, 1);
        let reading = thread::spawn({
            let stage = stage.clone();
            move || {
                let reader = stage.reader(1);
                if let Some(found) = reader.find(2, 2)
                    && reader.lease(found)
                {
                    stage.read_leased(found);
                }
            }
        });
        let slot = stage.claim().expect("slot 1 is empty");
        stage.show(slot, 2);
        reading.join().unwrap();
    });
}

/// A frame held from the start is given back: no write before the last read is over.
#[test]
fn given_back_and_reused() {
    explore(None, || {
        let stage = Stage::joined(SyncKind::Cpu, 2);
        let reader = stage.reader(1);
        assert!(reader.lease(OLDEST));
        let reading = thread::spawn({
            let stage = stage.clone();
            move || give_back_oldest(&stage, &reader)
        });
        if let Ok(slot) = stage.claim() {
            stage.draw(slot, 3);
        }
        reading.join().unwrap();
    });
}

/// The publisher's own process keeps a published frame: its slot is not written meanwhile.
#[test]
fn by_the_publisher_itself() {
    explore(None, || {
        let stage = Stage::new(SyncKind::Cpu, 1);
        let kept = stage.claim().expect("slot 1 is empty");
        stage.show(kept, 2);
        let keeping = thread::spawn({
            let stage = stage.clone();
            move || {
                stage.read_leased(Found { slot: kept, seq: 2 });
                stage.ring.give_back(kept);
            }
        });
        let next = stage.ring.claim(2, u64::MAX).expect("nobody holds slot 0");
        stage.show(next, 3);
        if let Ok(slot) = stage.ring.claim(3, u64::MAX) {
            assert_eq!(slot, kept);
            stage.draw(slot, 4);
        }
        keeping.join().unwrap();
    });
}

/// Leases, reads and gives back the oldest frame; false if it was lost.
fn lease_oldest(stage: &Stage, index: usize) -> bool {
    let reader = stage.reader(index);
    let leased = reader.lease(OLDEST);
    if leased {
        give_back_oldest(stage, &reader);
    }
    leased
}

/// The last read of the oldest frame, and the end of its lease.
fn give_back_oldest(stage: &Stage, reader: &Reader<Control, Own>) {
    stage.read_leased(OLDEST);
    assert!(reader.release(OLDEST.slot, OLDEST.seq).is_ok());
}
