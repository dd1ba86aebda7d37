//! Feature file 01: what a channel of frames is for. Reader and writer are two processes.

use crate::support::actor::Actor;
use crate::support::{assert_nothing_left, unique};

/// A reader with a buffer of 1024 bytes of metadata, and a writer.
fn pair(name: &str, payload: u64) -> (Actor, Actor) {
    let reader = Actor::reader(name, 1024, payload);
    (reader, Actor::writer(name))
}

fn end(name: &str, (reader, writer): (Actor, Actor)) {
    writer.end();
    reader.end();
    assert_nothing_left(name);
}

/// 1.1
#[test]
fn metadata_and_one_frame() {
    let name = unique("basic");
    let (mut reader, mut writer) = pair(&name, 10240);
    reader.expect("metadata", "none");
    writer.expect("set-metadata 100", "ok");
    writer.expect("write 1024", "wrote 1");
    reader.expect("hold 10000", "frame 1 1024 whole");
    reader.expect("metadata", "whole 100");
    reader.expect("release 0", "frame 1 1024 whole");
    reader.expect("read 0", "none");
    end(&name, (reader, writer));
}

/// 1.2
#[test]
fn frames_in_their_order() {
    let name = unique("order");
    let (mut reader, mut writer) = pair(&name, 102_400);
    for sequence in 1..=3 {
        writer.expect("write 1024", &format!("wrote {sequence}"));
    }
    for sequence in 1..=3 {
        reader.expect("read 10000", &format!("frame {sequence} 1024 whole"));
    }
    reader.expect("read 0", "none");
    end(&name, (reader, writer));
}

/// 1.3
#[test]
fn a_full_buffer_takes_another_frame_after_a_release() {
    let name = unique("full");
    let (mut reader, mut writer) = pair(&name, 10240);
    // Nine frames of 1024 and their headers, and 880 bytes that are too few for a tenth.
    writer.expect("fill 1024", "filled 9");
    writer.expect("timeout 50", "ok");
    writer.refuse("write 1024", "BufferFull");
    reader.expect("read 10000", "frame 1 1024 whole");
    writer.expect("write 1024", "wrote 10");
    writer.refuse("write 1024", "BufferFull");
    reader.expect("drain 9 0", "read 9 frames of 9216 bytes");
    end(&name, (reader, writer));
}

/// 1.4
#[test]
fn a_frame_made_in_place() {
    let name = unique("place");
    let (mut reader, mut writer) = pair(&name, 102_400);
    writer.expect("in-place 4096", "wrote 1");
    reader.expect("read 10000", "frame 1 4096 whole");
    end(&name, (reader, writer));
}

/// 1.5
#[test]
fn frames_of_many_sizes() {
    let name = unique("sizes");
    let (mut reader, mut writer) = pair(&name, 102_400);
    let sizes = [100, 1024, 10240, 1];
    for size in sizes {
        writer.expect(&format!("write {size}"), &wrote(size, &sizes));
    }
    for (i, size) in sizes.iter().enumerate() {
        let frame = format!("frame {} {size} whole", i + 1);
        reader.expect("read 10000", &frame);
    }
    end(&name, (reader, writer));
}

fn wrote(size: u64, sizes: &[u64]) -> String {
    let place = sizes.iter().position(|&other| other == size);
    format!("wrote {}", place.expect("one of them") + 1)
}

/// Frames go to a reader that takes `pause` milliseconds for each, as fast as it lets them.
fn flow(stem: &str, count: u64, pause: u64) {
    let name = unique(stem);
    let (mut reader, mut writer) = pair(&name, 10240);
    writer.tell(&format!("write-many 1024 {count}"));
    let all = format!("read {count} frames of {} bytes", count * 1024);
    reader.expect(&format!("drain {count} {pause}"), &all);
    assert_eq!(writer.answer(), format!("wrote {count}"));
    reader.expect("read 0", "none");
    end(&name, (reader, writer));
}

/// 1.6
#[test]
fn a_slow_reader_loses_nothing() {
    flow("slow", 20, 100);
}

/// 1.7
#[test]
fn thousands_of_frames_through_a_small_ring() {
    flow("volume", 5000, 0);
}

/// Beside the list: those of other languages take the space of a frame that is still held.
#[test]
fn frames_given_back_in_any_order() {
    let name = unique("any-order");
    let (mut reader, mut writer) = pair(&name, 4096);
    // Four frames fill the payload.
    writer.expect("write-many 1008 4", "wrote 4");
    for sequence in 1..=4 {
        reader.expect("hold 10000", &format!("frame {sequence} 1008 whole"));
    }
    // The last ones first: nothing is free while the oldest is held.
    for sequence in [4, 3, 2] {
        let frame = format!("frame {sequence} 1008 whole");
        reader.expect(&format!("release {}", sequence - 1), &frame);
        writer.expect("fill 1008", "filled 0");
    }
    reader.expect("release 0", "frame 1 1008 whole");
    writer.expect("fill 1008", "filled 4");
    reader.expect("drain 4 0", "read 4 frames of 4032 bytes");
    end(&name, (reader, writer));
}
