//! The packet reader over memory that says anything, and something else at every look.
#![no_main]

use std::cell::Cell;
use std::sync::atomic::Ordering;

use cuframes::ring::Words;
use cuframes::ring::packets::{Next, PacketReader, PacketShape};
use cuframes::wire::packets::{
    DATA_HEAD, EXTRADATA_GEN, HEAD_SEQ, LAST_KEYFRAME_SEQ, SLOTS, STATE,
};
use cuframes::wire::{SEQ_LIMIT, packet_flag};
use libfuzzer_sys::fuzz_target;

const SHAPE: PacketShape = PacketShape {
    slots: 8,
    data: SLOTS + 8 * 64,
    bytes: 4096,
};
const END: usize = SHAPE.data + SHAPE.bytes as usize;

/// Memory of which each load takes the next byte of the input as an answer: a value near the
/// one that the reader hopes for, or eight bytes of whatever.
struct Lying<'input> {
    bytes: &'input [u8],
    next: Cell<usize>,
}

impl Lying<'_> {
    fn byte(&self) -> u8 {
        let at = self.next.get();
        self.next.set(at + 1);
        self.bytes.get(at).copied().unwrap_or(0)
    }

    fn word(&self, hoped: u64) -> u64 {
        match self.byte() {
            near @ 0..=191 => hoped
                .wrapping_add(u64::from(near % 6))
                .wrapping_sub(u64::from(near / 96)),
            _ => u64::from_le_bytes(std::array::from_fn(|_| self.byte())),
        }
    }
}

impl Words for Lying<'_> {
    fn load_u64(&self, offset: usize, _: Ordering) -> u64 {
        assert!(
            offset.is_multiple_of(8) && offset + 8 <= END,
            "outside the segment"
        );
        self.word(match offset {
            HEAD_SEQ | LAST_KEYFRAME_SEQ => 4,
            DATA_HEAD => 1024,
            // The sequence of a slot is that of its place, or a turn of the ring later.
            _ if offset >= SLOTS && offset < SHAPE.data => ((offset - SLOTS) / 64) as u64,
            _ => 0,
        })
    }

    fn load_u32(&self, offset: usize, _: Ordering) -> u32 {
        assert!(
            offset.is_multiple_of(4) && offset + 4 <= END,
            "outside the segment"
        );
        match offset {
            STATE => self.word(1) as u32,
            EXTRADATA_GEN => self.word(2) as u32 & !1 | u32::from(self.byte() == 255),
            _ => self.word(8) as u32,
        }
    }

    fn load_u8(&self, offset: usize, _: Ordering) -> u8 {
        panic!("no byte at {offset:#x}")
    }

    fn load_bytes(&self, offset: usize, to: &mut [u8]) {
        let end = offset + to.len().next_multiple_of(8);
        assert!(
            offset.is_multiple_of(8) && end <= END,
            "outside the segment"
        );
        // The fields of a slot, which decide what is done; other bytes are only passed on.
        if to.len() != 56 {
            return;
        }
        to.fill(0);
        to[..8].copy_from_slice(&self.word(0).wrapping_mul(64).to_le_bytes());
        to[8..12].copy_from_slice(&(self.word(8) as u32).to_le_bytes());
        to[12] = self.byte();
        to[48..52].copy_from_slice(&(self.word(2) as u32 & !1).to_le_bytes());
    }
}

fuzz_target!(|bytes: &[u8]| {
    let memory = Lying {
        bytes,
        next: Cell::new(1),
    };
    let initial = bytes.first().map_or(0, |byte| u64::from(byte % 4));
    let mut reader = PacketReader::new(memory, SHAPE, initial);
    let mut buffer = [0; 1024];
    // What a packet must say for itself where it does not simply follow.
    let resumed = packet_flag::KEY | packet_flag::DISCONTINUITY;
    let (mut last, mut expected) = (0, packet_flag::KEY);
    while reader.segment.next.get() < bytes.len() {
        match reader.next(&mut buffer) {
            Ok(Next::Packet(slot)) => {
                assert!(
                    slot.seq > last && slot.seq < SEQ_LIMIT,
                    "{} after {last}",
                    slot.seq
                );
                assert!(slot.size != 0 && u64::from(slot.size) <= SHAPE.bytes / 4);
                assert!(slot.data_pos.is_multiple_of(64));
                assert_eq!(slot.flags & expected, expected, "begins inside");
                let params = reader.params().expect("delivered with them");
                assert_eq!(params.generation, slot.extradata_gen);
                (last, expected) = (slot.seq, 0);
            }
            Ok(Next::Overrun(_)) => expected = resumed,
            Ok(Next::TooSmall(_)) => panic!("the buffer has room for the largest packet"),
            Ok(Next::Nothing | Next::Ended | Next::Unsettled) | Err(_) => (),
        }
    }
});
