//! What each pair's order is good for, on any GPU and without chance: a stream is held up, so
//! that whoever leaves something out sees pixels of another frame, or of none.

use cuframes_tests::Peer;
use cuframes_tests::gpu::{self, PAIRS, Pair, Stage};

/// Each piece of work of a simulated stream begins up to so many microseconds late.
const DELAY_US: u64 = 50;
/// A ring that is soon used again.
const RING: [&str; 3] = ["slots=3", "max_leases=1", "policy=strict"];
/// Frames that use every slot of it which they may.
const ROUND: &str = "publish 12";

/// What the stream of `reader` has found wrong of all that it was given.
fn wrong(reader: &mut Peer) -> u64 {
    reader.ask("settle", "AT").get("wrong")
}

fn end(stage: &Stage, publisher: Peer, reader: Peer) {
    assert!(reader.wait().success());
    assert!(publisher.wait().success());
    stage.assert_balanced();
}

/// A frame is published whose painting is held up. What a reader finds wrong that looks before
/// it is painted, which only one that does not wait can, or after.
fn reading_early(pair: Pair, left_out: &str) -> Option<u64> {
    let stage = Stage::new(pair, DELAY_US, 11)?;
    let mut publisher = stage.publisher(&RING);
    let mut reader = stage.subscriber(&["mode=newest", &format!("leave_out={left_out}")]);
    publisher.ask("wait 1", "JOINED");
    publisher.ask("publish 1", "PUBLISHED");
    publisher.ask("synchronize", "DONE");
    reader.ask("take 9000", "TAKEN");
    reader.ask("read_on", "RELEASED");
    assert_eq!(wrong(&mut reader), 0, "{pair:?}: a frame that is painted");

    publisher.ask("block", "BLOCKED");
    publisher.ask("publish 1", "PUBLISHED");
    reader.ask("take 9000", "TAKEN");
    reader.ask("read_on", "RELEASED");
    let early = (left_out == "wait").then(|| wrong(&mut reader));
    publisher.ask("unblock", "UNBLOCKED");
    let wrong = early.unwrap_or_else(|| wrong(&mut reader));
    end(&stage, publisher, reader);
    Some(wrong)
}

/// The stream of a reader is held up with a frame, while the ring is used again and again. What
/// it finds wrong when it goes on.
fn reading_late(pair: Pair, left_out: &str) -> Option<u64> {
    let stage = Stage::new(pair, DELAY_US, 12)?;
    let mut publisher = stage.publisher(&RING);
    let mut reader = stage.subscriber(&["mode=newest", &format!("leave_out={left_out}")]);
    publisher.ask("wait 1", "JOINED");
    publisher.ask("publish 1", "PUBLISHED");
    reader.ask("take 9000", "TAKEN");
    reader.ask("wait_host 9000", "COMPLETE");
    reader.ask("block", "BLOCKED");
    reader.ask("read_on", "RELEASED");
    let published = publisher.ask(ROUND, "PUBLISHED");
    assert_eq!(published.get::<u64>("dropped"), 0, "{pair:?}");
    publisher.ask("synchronize", "DONE");
    reader.ask("unblock", "UNBLOCKED");
    let wrong = wrong(&mut reader);
    end(&stage, publisher, reader);
    Some(wrong)
}

/// With everything in place nothing is wrong; with one thing left out the one frame is.
fn control(left_out: &str, pairs: impl Iterator<Item = Pair>, look: fn(Pair, &str) -> Option<u64>) {
    for pair in pairs {
        let Some(whole) = look(pair, "nothing") else {
            continue;
        };
        assert_eq!(whole, 0, "{pair:?}: nothing left out");
        assert_eq!(look(pair, left_out), Some(1), "{pair:?}: {left_out}");
        let what = format!("without {left_out} 1 of 1 frames wrong, with it 0 of 1");
        gpu::tell(pair, &what);
    }
}

/// Pairs whose frames are seen before they are complete.
fn ordered_by_the_gpu() -> impl Iterator<Item = Pair> {
    PAIRS.into_iter().filter(|&(_, sync)| sync != "cpu")
}

#[test]
fn who_does_not_wait_sees_what_is_not_painted() {
    control("wait", ordered_by_the_gpu(), reading_early);
}

#[test]
fn who_gives_back_too_early_sees_what_is_painted_next() {
    control("ack", PAIRS.into_iter(), reading_late);
}

#[test]
fn who_does_not_say_which_frame_was_leased_sees_what_is_painted_next() {
    control("lease_seq", ordered_by_the_gpu(), reading_late);
}
