//! The packet ring: a reader copies what the writer is about to overwrite.
//!
//! The slot and the data are overwritten at different moments, so each has a ring in which it
//! is the one that goes first: one slot for two packets, and data for one in two slots.

mod segment;

use std::sync::Arc;

use cuframes::ring::Words;
use cuframes::ring::packets::{
    Next, PacketMeta, PacketReader, PacketShape, PacketWriter, read_params,
};
use cuframes::wire::{packet_flag, packets as at, page};
use loom::sync::Notify;
use loom::sync::atomic::Ordering;
use loom::thread;

use crate::explore::explore;
use segment::Segment;

const ONE_SLOT: PacketShape = PacketShape {
    slots: 1,
    data: at::SLOTS + 64,
    bytes: 128,
};
const ONE_PLACE: PacketShape = PacketShape {
    slots: 2,
    data: at::SLOTS + 128,
    bytes: 64,
};
const TWO_PLACES: PacketShape = PacketShape {
    bytes: 128,
    ..ONE_PLACE
};

fn write(writer: &mut PacketWriter<Segment>) {
    let meta = PacketMeta {
        flags: packet_flag::KEY,
        ..PacketMeta::default()
    };
    let seq = writer.last() + 1;
    assert_eq!(writer.publish(&meta, &seq.to_le_bytes()), Ok(seq));
}

/// A reader copies packet 1 while the writer goes on to packet 2.
fn overwritten(shape: PacketShape) {
    let segment = Segment::new(shape);
    let mut writer = PacketWriter::new(segment.clone(), shape, 8);
    write(&mut writer);
    let reading = thread::spawn(move || {
        let mut reader = PacketReader::new(segment, shape, 1);
        let mut bytes = [0; 8];
        if let Next::Packet(slot) = reader.next(&mut bytes).unwrap() {
            assert_eq!(u64::from_le_bytes(bytes), slot.seq, "torn packet");
        }
    });
    write(&mut writer);
    reading.join().unwrap();
}

#[test]
fn copied_while_its_slot_is_overwritten() {
    explore(None, || overwritten(ONE_SLOT));
}

#[test]
fn copied_while_its_data_is_overwritten() {
    explore(None, || overwritten(ONE_PLACE));
}

/// What a reader of the first packet gets while it is published.
fn just_published(check: fn(Next, u64)) {
    let segment = Segment::new(TWO_PLACES);
    let mut writer = PacketWriter::new(segment.clone(), TWO_PLACES, 8);
    let reading = thread::spawn(move || {
        let mut reader = PacketReader::new(segment, TWO_PLACES, 1);
        let mut bytes = [0; 8];
        let next = reader.next(&mut bytes).unwrap();
        check(next, u64::from_le_bytes(bytes));
    });
    write(&mut writer);
    reading.join().unwrap();
}

#[test]
fn just_published_is_found() {
    explore(None, || {
        just_published(|next, _| {
            let found = matches!(next, Next::Nothing | Next::Packet(_));
            assert!(found, "published packet not found");
        });
    });
}

#[test]
fn just_published_is_whole() {
    explore(None, || {
        just_published(|next, bytes| {
            assert!(
                !matches!(next, Next::Packet(_)) || bytes == 1,
                "torn packet"
            );
        });
    });
}

/// A reader that has nothing yet, and to which only a key packet will do.
#[test]
fn a_key_packet_is_not_passed_over() {
    explore(None, || {
        let segment = Segment::new(TWO_PLACES);
        let mut writer = PacketWriter::new(segment.clone(), TWO_PLACES, 8);
        let mut reader = PacketReader::new(segment, TWO_PLACES, 0);
        let reading = thread::spawn(move || {
            let next = reader.next(&mut [0; 8]).unwrap();
            (reader, next)
        });
        write(&mut writer);
        let (mut reader, mut next) = reading.join().unwrap();
        if next == Next::Nothing {
            next = reader.next(&mut [0; 8]).unwrap();
        }
        assert!(matches!(next, Next::Packet(_)), "key packet passed over");
    });
}

#[test]
fn the_end_comes_after_the_last_packet() {
    explore(None, || {
        let segment = Segment::new(TWO_PLACES);
        let mut writer = PacketWriter::new(segment.clone(), TWO_PLACES, 8);
        let reading = thread::spawn(move || {
            let mut reader = PacketReader::new(segment, TWO_PLACES, 1);
            let next = reader.next(&mut [0; 8]).unwrap();
            assert_ne!(next, Next::Ended, "ended before its last packet");
        });
        write(&mut writer);
        writer.close();
        reading.join().unwrap();
    });
}

#[test]
fn sleep_misses_no_packet() {
    explore(None, || {
        let segment = Segment::new(ONE_SLOT);
        let mut writer = PacketWriter::new(segment.clone(), ONE_SLOT, 8);
        let futex = Arc::new(Notify::new());
        let sleeping = thread::spawn({
            let (segment, futex) = (segment.clone(), Arc::clone(&futex));
            move || {
                let mut reader = PacketReader::new(segment.clone(), ONE_SLOT, 1);
                loop {
                    let seen = reader.futex_value();
                    if let Next::Packet(_) = reader.next(&mut [0; 8]).unwrap() {
                        break;
                    }
                    if reader.begin_sleep(&segment, seen) {
                        futex.wait();
                    }
                    reader.end_sleep(&segment);
                }
            }
        });
        write(&mut writer);
        if writer.announce(|| segment.load_u32(page::PACKET_WAITING, Ordering::Relaxed)) != 0 {
            futex.notify();
        }
        sleeping.join().unwrap();
    });
}

/// Packet 1 has extradata 2; packet 2 brings extradata 4.
#[test]
fn extradata_is_that_of_the_packet() {
    explore(Some(3), || {
        let segment = Segment::new(ONE_PLACE);
        let mut writer = PacketWriter::new(segment.clone(), ONE_PLACE, 8);
        writer.set_params(2, &2u64.to_le_bytes()).unwrap();
        write(&mut writer);
        let reading = thread::spawn(move || {
            let mut reader = PacketReader::new(segment, ONE_PLACE, 1);
            if let Next::Packet(slot) = reader.next(&mut [0; 8]).unwrap() {
                let params = reader.params().unwrap();
                let expected = u64::from(slot.extradata_gen).to_le_bytes();
                let same = params.extradata == expected && params.codec == slot.extradata_gen;
                assert!(same, "extradata of another packet");
            }
        });
        writer.set_params(4, &4u64.to_le_bytes()).unwrap();
        write(&mut writer);
        reading.join().unwrap();
    });
}

/// Who asks before the first packet has none that orders the parameters for him.
#[test]
fn parameters_of_the_ring_are_of_one_generation() {
    explore(Some(3), || {
        let segment = Segment::new(TWO_PLACES);
        let mut writer = PacketWriter::new(segment.clone(), TWO_PLACES, 8);
        let asking = thread::spawn(move || {
            let Ok(params) = read_params(&segment) else {
                return;
            };
            let expected = match params.generation {
                0 => Vec::new(),
                generation => u64::from(generation).to_le_bytes().to_vec(),
            };
            let same = params.extradata == expected && params.codec == params.generation;
            assert!(same, "extradata of two generations");
        });
        for generation in [2u32, 4] {
            let extradata = u64::from(generation).to_le_bytes();
            writer.set_params(generation, &extradata).unwrap();
            write(&mut writer);
        }
        asking.join().unwrap();
    });
}
