//! Frames of no byte, of all there are, and of one more.

use zerobuffer::{ErrorKind, Result, Writer};

use crate::support::raw::{Raw, field};
use crate::support::{
    AT_ONCE, assert_kind, hasty_writer, is_whole, next, pattern, reader, unique, write,
};

/// Copied into the ring, or made there.
type Way = fn(&mut Writer, usize) -> Result<u64>;

fn in_place(writer: &mut Writer, size: usize) -> Result<u64> {
    let mut frame = writer.buffer(size)?;
    let data = pattern(frame.sequence(), size);
    frame.copy_from(0, &data);
    Ok(frame.commit())
}

#[test]
fn the_smallest_and_the_largest() {
    let ways: [Way; 2] = [write, in_place];
    for payload in [64, 128, 4096, 65_536, 1 << 20] {
        for way in ways {
            let name = unique("sizes");
            let mut reader = reader(&name, 0, payload);
            let mut writer = hasty_writer(&name);
            let largest = payload as usize - 16;
            for round in 0..3 {
                assert_kind(way(&mut writer, 0), ErrorKind::InvalidFrameSize);
                for more in [1, 2, 15, 16, 17, payload as usize] {
                    let outcome = way(&mut writer, largest + more);
                    assert_kind(outcome, ErrorKind::FrameTooLarge);
                }
                let number = way(&mut writer, largest).expect("it fits");
                assert_eq!(number, round + 1, "what is refused has no number");
                assert_kind(way(&mut writer, 1), ErrorKind::BufferFull);
                assert_eq!(next(&mut reader).len(), largest);
            }
            assert_eq!(Raw::open(&name).get(field::PAYLOAD_FREE), payload);
        }
    }
}

/// Those that would leave a rest of 1 to 15 bytes at the start, where there is no other place.
#[test]
fn sizes_that_have_no_place() {
    let name = unique("unplaceable");
    let mut reader = reader(&name, 0, 4096);
    let mut writer = hasty_writer(&name);
    for rest in 1..=15 {
        let outcome = write(&mut writer, 4096 - 16 - rest);
        let error = assert_kind(outcome, ErrorKind::FrameUnplaceable);
        assert!(error.to_string().contains("4080"), "{error}");
    }
    write(&mut writer, 4096 - 32).expect("a header fits behind it");
    assert_eq!(next(&mut reader).len(), 4096 - 32);
    // As the error said; and once the reader has passed the rest of the lap.
    assert_kind(write(&mut writer, 4080), ErrorKind::BufferFull);
    assert!(reader.read(AT_ONCE).expect("no error").is_none());
    write(&mut writer, 4080).expect("there is space");
    assert_eq!(next(&mut reader).len(), 4080);
}

#[test]
fn a_frame_that_is_given_up_is_not_there() {
    let name = unique("given-up");
    let mut reader = reader(&name, 0, 4096);
    let mut writer = hasty_writer(&name);
    for number in 1..=50 {
        for size in [1000, 4080, 1] {
            if let Ok(mut frame) = writer.buffer(size) {
                frame.copy_from(0, &[0xFF]);
            }
        }
        assert_eq!(write(&mut writer, 900).expect("space"), number);
        let frame = next(&mut reader);
        assert!(is_whole(&frame));
        assert_eq!(frame.sequence(), number);
    }
    assert_eq!(Raw::open(&name).get(field::PAYLOAD_FREE), 4096);
}
