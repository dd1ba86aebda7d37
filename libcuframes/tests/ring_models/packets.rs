//! The packet ring: a reader copies what the writer is about to overwrite.
//!
//! The slot and the data are overwritten at different moments, so each has a ring in which it
//! is the one that goes first: one slot for two packets, and data for one in two slots.

use std::sync::Arc;

use cuframes::ring::packets::{Next, PacketMeta, PacketReader, PacketShape, PacketWriter};
use cuframes::ring::{Words, WordsMut};
use cuframes::wire::{packet_flag, packets as at, page};
use loom::sync::Notify;
use loom::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use loom::thread;

use crate::explore::explore;

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

/// The words of a segment that a packet of 8 bytes needs; times are not among them.
#[derive(Debug, Default)]
struct Shared {
    head: AtomicU64,
    keyframe: AtomicU64,
    reserved: AtomicU64,
    seq: [AtomicU64; 2],
    pos: [AtomicU64; 2],
    size: [AtomicU64; 2],
    generation: [AtomicU64; 2],
    data: [AtomicU64; 2],
    extradata: AtomicU64,
    codec: AtomicU32,
    extradata_size: AtomicU32,
    extradata_gen: AtomicU32,
    futex: AtomicU32,
    waiting: AtomicU32,
}

#[derive(Clone, Debug)]
struct Segment(Arc<Shared>, PacketShape);

impl Segment {
    fn new(shape: PacketShape) -> Segment {
        Segment(Arc::default(), shape)
    }

    fn u64(&self, offset: usize) -> Option<&AtomicU64> {
        let shared = &*self.0;
        match offset {
            at::HEAD_SEQ => return Some(&shared.head),
            at::LAST_KEYFRAME_SEQ => return Some(&shared.keyframe),
            at::DATA_HEAD => return Some(&shared.reserved),
            at::EXTRADATA => return Some(&shared.extradata),
            _ => (),
        }
        if offset >= self.1.data {
            return Some(&shared.data[(offset - self.1.data) / 64]);
        }
        let slot = (offset - at::SLOTS) / 64;
        match offset % 64 {
            0x00 => Some(&shared.seq[slot]),
            0x08 => Some(&shared.pos[slot]),
            0x10 => Some(&shared.size[slot]),
            0x38 => Some(&shared.generation[slot]),
            _ => None,
        }
    }

    fn u32(&self, offset: usize) -> &AtomicU32 {
        match offset {
            at::CODEC => &self.0.codec,
            at::EXTRADATA_SIZE => &self.0.extradata_size,
            at::EXTRADATA_GEN => &self.0.extradata_gen,
            at::PACKET_FUTEX => &self.0.futex,
            page::PACKET_WAITING => &self.0.waiting,
            other => panic!("no word at {other:#x}"),
        }
    }
}

impl Words for Segment {
    fn load_u64(&self, offset: usize, order: Ordering) -> u64 {
        self.u64(offset).map_or(0, |word| word.load(order))
    }

    fn load_u32(&self, offset: usize, order: Ordering) -> u32 {
        match offset {
            at::STATE => 1,
            _ => self.u32(offset).load(order),
        }
    }

    fn load_u8(&self, offset: usize, _order: Ordering) -> u8 {
        panic!("no byte at {offset:#x}")
    }
}

impl WordsMut for Segment {
    fn store_u64(&self, offset: usize, value: u64, order: Ordering) {
        if let Some(word) = self.u64(offset) {
            word.store(value, order);
        }
    }

    fn store_u32(&self, offset: usize, value: u32, order: Ordering) {
        self.u32(offset).store(value, order);
    }

    fn store_u8(&self, offset: usize, _value: u8, _order: Ordering) {
        panic!("no byte at {offset:#x}")
    }

    fn add_u32(&self, offset: usize, value: u32, order: Ordering) -> u32 {
        self.u32(offset).fetch_add(value, order)
    }

    fn or_u32(&self, offset: usize, bits: u32, order: Ordering) -> u32 {
        self.u32(offset).fetch_or(bits, order)
    }

    fn and_u32(&self, offset: usize, bits: u32, order: Ordering) -> u32 {
        self.u32(offset).fetch_and(bits, order)
    }
}

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

#[test]
fn just_published_is_whole_and_found() {
    explore(None, || {
        let shape = PacketShape {
            bytes: 128,
            ..ONE_PLACE
        };
        let shape = PacketShape {
            data: at::SLOTS + 128,
            ..shape
        };
        let segment = Segment::new(shape);
        let mut writer = PacketWriter::new(segment.clone(), shape, 8);
        let reading = thread::spawn(move || {
            let mut reader = PacketReader::new(segment, shape, 1);
            let mut bytes = [0; 8];
            match reader.next(&mut bytes).unwrap() {
                Next::Packet(_) => assert_eq!(u64::from_le_bytes(bytes), 1, "torn packet"),
                other => assert_eq!(other, Next::Nothing, "published packet not found"),
            }
        });
        write(&mut writer);
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
