//! Frames of a key, copied into DMA-BUFs that the engine makes.

use std::time::Duration;

use frame_lending::consumer::{Consumer, ConsumerOptions};

use crate::probe::{self, Probe, Sides};
use crate::processes::{PATIENCE, Place};

/// An odd size: no row and no plane ends where a word does.
const SIZE: (u32, u32) = (317, 179);
const BYTES: usize = 317 * 179 + 2 * 159 * 90;
const FRAMES: u8 = 6;
const NO_SYNC: Option<&str> = Some("/share/no_sync.so");

/// A picture that no other is like.
fn picture(number: u8) -> Vec<u8> {
    let byte = |at: usize| (at as u8).wrapping_mul(31) ^ (at >> 8) as u8 ^ number;
    (0..BYTES).map(byte).collect()
}

/// What the kernel saw while a plain consumer and both libraries' got all frames of a key, whose
/// bytes have to be the key's. The engine and the plain consumer may be without the calls.
fn lend(
    kind: &str,
    exporter: &str,
    engine: Option<&str>,
    plain: Option<&str>,
) -> Result<Sides, String> {
    let place = Place::new();
    let probe = Probe::start();
    let mut publisher = place.publish("key", SIZE);
    let mut engine = place.lend(&format!("key --timeout-ms 60000 --buffers {kind}"), engine);
    let mut plain = place.plain(BYTES, FRAMES.into(), plain);
    let mut library = place.library(BYTES, FRAMES.into());
    let options = ConsumerOptions::at(place.socket());
    let mut full = Consumer::connect(&options).expect("it listens");
    place.await_subscribers("key", 3);
    let mut bytes = Vec::new();
    for number in 1..=FRAMES {
        publisher.write(&picture(number));
        let (message, seen) = plain.next();
        assert_eq!(message["sequence"], number);
        assert!(message["planes"].is_null(), "more than was asked for");
        assert!(
            message["file"]
                .as_str()
                .is_some_and(|file| file.starts_with("/dmabuf:"))
        );
        assert!(
            seen == picture(number),
            "frame {number} of the plain consumer"
        );
        let (message, seen) = library.next();
        assert_eq!(message["sequence"], number);
        assert!(seen == picture(number), "frame {number} in Python");
        let frame = full
            .receive(Some(PATIENCE))
            .expect("it is there")
            .expect("a frame");
        assert_eq!(frame.send().sequence, i64::from(number));
        assert!(frame.is_dma_buf());
        frame.copy(&mut bytes).expect("it is mapped");
        assert!(
            bytes == picture(number),
            "frame {number} of the full consumer"
        );
        let returned = frame.return_success("full", Duration::ZERO, Vec::new());
        returned.expect("it listens");
        // Each gets those that it has again and again, and some have ended perhaps.
        let buffers = probe::buffers_of(exporter);
        assert!((1..=6).contains(&buffers), "{buffers} at frame {number}");
    }
    plain.done();
    library.done();
    drop(full);
    engine.counts("gone", 3);
    let report = engine.stop();
    let all = u64::from(FRAMES) * 3;
    for (count, expected) in [
        ("sent", all),
        ("returned", all),
        ("copied", all),
        ("dropped", 0),
    ] {
        assert_eq!(report[count], expected, "{count}: {report}");
    }
    probe::none_left();
    probe.accesses()
}

fn all() -> Result<Sides, String> {
    let all = u64::from(FRAMES) * 3;
    Ok(Sides {
        writes: all,
        reads: all,
    })
}

#[test]
fn udmabufs_have_the_keys_bytes_and_both_sides_synchronise() {
    assert_eq!(lend("udmabuf", "udmabuf", None, None), all());
}

#[test]
fn buffers_of_a_heap_have_the_keys_bytes_and_both_sides_synchronise() {
    assert_eq!(lend("heap:system", "system", None, None), all());
}

#[test]
fn an_engine_or_a_consumer_that_does_not_synchronise_is_seen() {
    let (two, all) = (u64::from(FRAMES) * 2, u64::from(FRAMES) * 3);
    let engine = lend("udmabuf", "udmabuf", NO_SYNC, None);
    assert_eq!(
        engine,
        Ok(Sides {
            writes: 0,
            reads: all
        })
    );
    let consumer = lend("udmabuf", "udmabuf", None, NO_SYNC);
    assert_eq!(
        consumer,
        Ok(Sides {
            writes: all,
            reads: two
        })
    );
}
