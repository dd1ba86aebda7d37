//! The ring on a real mapping, the smallest one there is.

mod campaign;
mod controls;
mod restless;

use std::sync::atomic::Ordering;

use rustix::fs::{MemfdFlags, ftruncate, memfd_create};

use super::{Next, PacketMeta, PacketReader, PacketShape, PacketWriter, Refused};
use crate::ring::{WordsMut, break_rules};
use crate::sys::{ReadMap, WriteMap};
use crate::wire::packets::{EXTRADATA_GEN, HEAD_SEQ, STATE, packet_flag};
use crate::wire::{ErrorCode, PacketSlot};

const SHAPE: PacketShape = PacketShape {
    slots: 8,
    data: 0x1240,
    bytes: 4096,
};
const LARGEST: usize = 1024;
const KEY: u32 = packet_flag::KEY;

/// A writer, and as many maps of its segment as readers need.
fn ring(readers: usize) -> (PacketWriter<WriteMap>, Vec<ReadMap>) {
    let len = SHAPE.data + SHAPE.bytes as usize;
    let fd = memfd_create("packets", MemfdFlags::CLOEXEC).expect("a memfd");
    ftruncate(&fd, len as u64).expect("its size");
    let map = WriteMap::new(&fd, len).expect("a map");
    map.store_u32(STATE, 1, Ordering::Relaxed);
    let maps = (0..readers).map(|_| ReadMap::new(&fd, len).expect("a map"));
    let maps = maps.collect();
    (PacketWriter::new(map, SHAPE, u64::MAX), maps)
}

fn meta(flags: u32) -> PacketMeta {
    PacketMeta {
        flags,
        ..PacketMeta::default()
    }
}

/// Bytes that only packet `seq` has: a torn one differs in some byte.
fn fill(seq: u64, bytes: &mut [u8]) {
    let mut state = seq.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    for chunk in bytes.chunks_mut(8) {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(seq);
        chunk.copy_from_slice(&state.to_le_bytes()[..chunk.len()]);
    }
}

/// From 1 to LARGEST bytes. Runs of few bytes, in which the slot of a packet is overwritten
/// before its data, take turns with runs of many, in which it is the other way round.
fn size_of_packet(seq: u64) -> usize {
    let mixed = (seq.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as usize;
    match seq / 32 % 2 {
        0 => 1 + mixed % 100,
        _ => LARGEST - mixed % 100,
    }
}

fn write(writer: &mut PacketWriter<impl WordsMut>, flags: u32) -> u64 {
    let seq = writer.last() + 1;
    let mut bytes = vec![0; size_of_packet(seq)];
    fill(seq, &mut bytes);
    assert_eq!(writer.publish(&meta(flags), &bytes), Ok(seq));
    writer.announce(|| 0);
    seq
}

fn packet(next: Next, bytes: &[u8]) -> PacketSlot {
    let Next::Packet(slot) = next else {
        panic!("{next:?} is no packet");
    };
    let mut expected = vec![0; size_of_packet(slot.seq)];
    fill(slot.seq, &mut expected);
    let same = bytes[..slot.size as usize] == expected;
    assert!(same, "torn packet {}", slot.seq);
    slot
}

#[test]
fn a_late_reader_begins_with_a_key_packet_and_misses_nothing() {
    let (mut writer, mut maps) = ring(2);
    for flags in [KEY, 0, 0] {
        write(&mut writer, flags);
    }
    let mut bytes = [0; LARGEST];
    let mut from_key = PacketReader::new(maps.remove(0), SHAPE, 1);
    for seq in 1..=3 {
        let next = from_key.next(&mut bytes).expect("honest");
        assert_eq!(packet(next, &bytes).seq, seq);
    }
    let mut from_now = PacketReader::new(maps.remove(0), SHAPE, 0);
    write(&mut writer, 0);
    assert_eq!(from_now.next(&mut bytes), Ok(Next::Nothing));
    write(&mut writer, KEY);
    let slot = packet(from_now.next(&mut bytes).expect("honest"), &bytes);
    assert_eq!((slot.seq, slot.flags), (5, KEY));
    writer.close();
    assert_eq!(from_now.next(&mut bytes), Ok(Next::Ended));
}

#[test]
fn an_overrun_is_told_once_and_ends_at_a_key_packet() {
    let (mut writer, mut maps) = ring(1);
    write(&mut writer, KEY);
    let mut reader = PacketReader::new(maps.remove(0), SHAPE, 1);
    let mut bytes = [0; LARGEST];
    packet(reader.next(&mut bytes).expect("honest"), &bytes);
    for _ in 2..=20 {
        write(&mut writer, 0);
    }
    assert_eq!(reader.next(&mut bytes), Ok(Next::Overrun(2)));
    assert_eq!(reader.next(&mut bytes), Ok(Next::Nothing));
    write(&mut writer, KEY);
    let slot = packet(reader.next(&mut bytes).expect("honest"), &bytes);
    let flags = KEY | packet_flag::DISCONTINUITY;
    assert_eq!((slot.seq, slot.flags), (21, flags));
}

#[test]
fn extradata_comes_with_the_next_key_packet() {
    let (mut writer, mut maps) = ring(1);
    let mut reader = PacketReader::new(maps.remove(0), SHAPE, 1);
    let mut bytes = [0; LARGEST];
    assert_eq!(
        writer.set_params(7, &[0; 4033]),
        Err(Refused::ExtradataSize)
    );
    assert_eq!(writer.set_params(7, b"first extradata"), Ok(()));
    let data = [0; 1025];
    for wrong in [&data[..0], &data[..]] {
        assert_eq!(writer.publish(&meta(KEY), wrong), Err(Refused::PacketSize));
    }
    assert_eq!(writer.segment.load_u32(EXTRADATA_GEN, Ordering::Relaxed), 0);
    write(&mut writer, KEY);
    let slot = packet(reader.next(&mut bytes).expect("honest"), &bytes);
    assert_eq!(slot.flags, KEY | packet_flag::NEW_EXTRADATA);
    let params = reader.params().expect("delivered with them").clone();
    assert_eq!((params.codec, params.generation), (7, 2));
    assert_eq!(params.extradata, b"first extradata");
}

#[test]
fn what_a_hostile_writer_leaves_is_borne() {
    break_rules();
    let (mut writer, mut maps) = ring(6);
    write(&mut writer, KEY);
    let mut bytes = [0; LARGEST];
    let at = SHAPE.slot(1);
    let segment = &writer.segment;
    let mut next =
        |maps: &mut Vec<ReadMap>| PacketReader::new(maps.remove(0), SHAPE, 1).next(&mut bytes);
    for size in [0, u32::MAX] {
        segment.store_u32(at + 0x10, size, Ordering::Relaxed);
        assert_eq!(next(&mut maps), Ok(Next::Overrun(1)), "size");
    }
    segment.store_u32(at + 0x10, 1, Ordering::Relaxed);
    segment.store_u32(at + 0x14, 0, Ordering::Relaxed);
    assert_eq!(next(&mut maps), Ok(Next::Overrun(1)), "begins inside");
    segment.store_u32(at + 0x14, KEY, Ordering::Relaxed);
    segment.store_u64(at + 8, 1, Ordering::Relaxed);
    assert_eq!(next(&mut maps), Ok(Next::Overrun(1)), "position");
    segment.store_u64(at + 8, 0, Ordering::Relaxed);
    segment.store_u32(EXTRADATA_GEN, 1, Ordering::Relaxed);
    assert_eq!(next(&mut maps), Ok(Next::Unsettled), "generation");
    segment.store_u64(HEAD_SEQ, u64::MAX, Ordering::Relaxed);
    let error = next(&mut maps).expect_err("no such sequence");
    assert_eq!(error.code(), ErrorCode::Protocol);
}
