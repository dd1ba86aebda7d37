//! A subscriber is evicted, its slot reused, while it is still reading.

use cuframes::wire::SyncKind;
use loom::thread;

use crate::explore::explore;
use crate::stage::{OLDEST, Stage};

/// Any code will do.
const CODE: i32 = -12;

/// The reader may see new pixels under its lease, but then `release` says so. The pixels are
/// racing by design here: that is what the check is for.
#[test]
fn is_seen_by_who_saw_new_pixels() {
    explore(None, || {
        let stage = Stage::joined(SyncKind::Cpu, 2);
        let reading = thread::spawn({
            let stage = stage.clone();
            move || {
                let reader = stage.reader(1);
                if reader.lease(OLDEST) {
                    let shown = stage.peek(OLDEST.slot);
                    let whole = reader.release(OLDEST.slot, OLDEST.seq).is_ok();
                    assert!(shown == OLDEST.seq || !whole, "torn frame passes as whole");
                }
            }
        });
        let evicting = thread::spawn({
            let stage = stage.clone();
            move || stage.ring.evict(1, CODE, || ())
        });
        if let Ok(slot) = stage.claim() {
            stage.draw_under_readers(slot, 3);
        }
        evicting.join().unwrap();
        reading.join().unwrap();
    });
}
