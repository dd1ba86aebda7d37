//! Somebody who leases nothing copies a frame while its slot is used again.

use cuframes::wire::SyncKind;
use loom::thread;

use crate::explore::explore;
use crate::stage::{OLDEST, Stage};

/// The observer may copy new pixels, but then it is told so. The pixels are racing by design
/// here: that is what the check is for.
#[test]
fn knows_what_was_overwritten() {
    explore(None, || {
        let stage = Stage::new(SyncKind::Cpu, 2);
        let observing = thread::spawn({
            let stage = stage.clone();
            move || {
                let observer = stage.observer();
                if observer.find(OLDEST.seq, OLDEST.seq) == Some(OLDEST) {
                    let shown = stage.peek(OLDEST.slot);
                    let whole = observer.was_whole(OLDEST);
                    assert!(shown == OLDEST.seq || !whole, "torn frame passes as whole");
                }
            }
        });
        let slot = stage.claim().expect("nobody holds a slot");
        stage.draw_under_readers(slot, 3);
        stage.ring.publish(slot, 3, &[0; 7]);
        observing.join().unwrap();
    });
}
