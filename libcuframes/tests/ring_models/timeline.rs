//! A lease that outlives its bit: a stream reads on, and acknowledges when it is done.

use cuframes::ring::{Words, WordsMut};
use cuframes::wire::{HEADER_SIZE, SEQ_CLAIMED, SyncKind};
use loom::sync::atomic::Ordering;
use loom::thread;

use crate::explore::explore;
use crate::stage::{OLDEST, Stage};

/// The bit is cleared as soon as the work is in the stream; the slot is not written before
/// the stream has said that it is through.
#[test]
fn slot_waits_for_the_stream() {
    explore(None, || {
        let stage = Stage::joined(SyncKind::CudaTimeline, 2);
        let reading = thread::spawn({
            let stage = stage.clone();
            move || {
                let reader = stage.reader(1);
                let stream = reader.lease(OLDEST).then(|| enqueue_read(&stage));
                if stream.is_some() {
                    reader.release_to_stream(OLDEST.slot);
                }
                stream
            }
        });
        if let Ok(slot) = stage.claim() {
            stage.draw(slot, 3);
        }
        if let Some(stream) = reading.join().unwrap() {
            stream.join().unwrap();
        }
    });
}

/// Work of a stream: reads the pixels, then writes the acknowledgement.
fn enqueue_read(stage: &Stage) -> thread::JoinHandle<()> {
    let stage = stage.clone();
    thread::spawn(move || {
        stage.read_leased(OLDEST);
        stage.page(1).acknowledge(OLDEST.slot, OLDEST.seq);
    })
}

/// A publisher that stands still in the middle of a claim and takes it back later: who gave up
/// waiting for the verdict has left nothing behind.
#[test]
fn who_gave_up_holds_nothing() {
    explore(None, || {
        let stage = Stage::joined(SyncKind::CudaTimeline, 2);
        let control = &stage.ring.control;
        control.store_u64(HEADER_SIZE, SEQ_CLAIMED, Ordering::Relaxed);
        assert!(!stage.reader(1).lease(OLDEST));
        control.store_u64(HEADER_SIZE, OLDEST.seq, Ordering::Release);
        assert_eq!(control.load_u64(HEADER_SIZE, Ordering::Relaxed), OLDEST.seq);
        assert_eq!(stage.claim(), Ok(OLDEST.slot), "held without a lease");
    });
}
