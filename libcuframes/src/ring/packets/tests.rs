//! The ring on a real mapping: the smallest one there is, and readers of all kinds of speed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use rustix::fs::{MemfdFlags, ftruncate, memfd_create};

use super::{Next, PacketMeta, PacketReader, PacketShape, PacketWriter, Refused};
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

/// From 1 to LARGEST bytes, most of them few.
fn size_of_packet(seq: u64) -> usize {
    let mixed = seq.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
    match mixed % 4 {
        0 => 1 + (mixed / 4) as usize % LARGEST,
        _ => 1 + (mixed / 4) as usize % 100,
    }
}

fn write(writer: &mut PacketWriter<WriteMap>, flags: u32) -> u64 {
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
    assert_eq!(slot.size as usize, size_of_packet(slot.seq));
    let mut expected = vec![0; slot.size as usize];
    fill(slot.seq, &mut expected);
    assert_eq!(
        bytes[..expected.len()],
        expected,
        "torn packet {}",
        slot.seq
    );
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
    let (mut writer, mut maps) = ring(4);
    write(&mut writer, KEY);
    let mut bytes = [0; LARGEST];
    let at = SHAPE.slot(1);
    let segment = &writer.segment;
    let mut next =
        |maps: &mut Vec<ReadMap>| PacketReader::new(maps.remove(0), SHAPE, 1).next(&mut bytes);
    segment.store_u32(at + 0x10, u32::MAX, Ordering::Relaxed);
    assert_eq!(next(&mut maps), Ok(Next::Overrun(1)), "size");
    segment.store_u32(at + 0x10, 1, Ordering::Relaxed);
    segment.store_u64(at + 8, 1, Ordering::Relaxed);
    assert_eq!(next(&mut maps), Ok(Next::Overrun(1)), "position");
    segment.store_u64(at + 8, 0, Ordering::Relaxed);
    segment.store_u32(EXTRADATA_GEN, 1, Ordering::Relaxed);
    assert_eq!(next(&mut maps), Ok(Next::Unsettled), "generation");
    segment.store_u64(HEAD_SEQ, u64::MAX, Ordering::Relaxed);
    let error = next(&mut maps).expect_err("no such sequence");
    assert_eq!(error.code(), ErrorCode::Protocol);
}

/// What one reader saw: packets and overruns.
fn follow(map: ReadMap, pace: u64, gate: &AtomicU64) -> (u64, u64) {
    let mut reader = PacketReader::new(map, SHAPE, 1);
    let mut bytes = [0; LARGEST];
    let (mut last, mut packets, mut overruns, mut told) = (0, 0, 0, false);
    loop {
        match reader.next(&mut bytes).expect("honest") {
            Next::Ended => return (packets, overruns),
            Next::Nothing | Next::Unsettled => thread::yield_now(),
            Next::Overrun(_) => {
                assert!(!told, "one loss told twice, after {last}");
                (told, overruns) = (true, overruns + 1);
            }
            next => {
                let slot = packet(next, &bytes);
                assert_eq!(slot.seq == last + 1, !told || slot.seq == 1, "after {last}");
                assert!(slot.seq > last, "{} after {last}", slot.seq);
                let resumed = KEY | packet_flag::DISCONTINUITY;
                assert!(!told || slot.flags & resumed == resumed, "resumed inside");
                let params = reader.params().expect("delivered with them");
                assert_eq!(params.generation, slot.extradata_gen);
                assert_eq!(params.extradata, slot.extradata_gen.to_le_bytes());
                (last, packets, told) = (slot.seq, packets + 1, false);
            }
        }
        // A reader that stops does so until the writer has gone on for `pace` packets.
        let resume = gate.load(Ordering::Relaxed).saturating_add(pace);
        while pace != 0 && packets % 64 == 0 && gate.load(Ordering::Relaxed) < resume {
            thread::yield_now();
        }
    }
}

#[test]
fn nothing_is_torn_and_every_loss_is_told_once() {
    let all = match std::env::var("CUFRAMES_FULL").as_deref() {
        Ok("1") => 10_000_000,
        _ => 100_000,
    };
    let (mut writer, maps) = ring(3);
    let gate = AtomicU64::new(0);
    writer.set_params(7, &2u32.to_le_bytes()).expect("small");
    write(&mut writer, KEY);
    let seen: Vec<_> = thread::scope(|scope| {
        let gate = &gate;
        let readers = maps.into_iter().zip([0, 5, 1000]);
        let readers: Vec<_> = readers
            .map(|(map, pace)| scope.spawn(move || follow(map, pace, gate)))
            .collect();
        for seq in 2..=all {
            if seq % 500 == 0 {
                let generation = (2 + seq / 500 * 2) as u32;
                let new = generation.to_le_bytes();
                writer.set_params(7, &new).expect("small");
            }
            write(&mut writer, if seq % 10 == 0 { KEY } else { 0 });
            gate.store(seq, Ordering::Relaxed);
            if seq % 16 == 0 {
                thread::yield_now();
            }
        }
        // Nobody waits for a writer that has ended.
        gate.store(u64::MAX, Ordering::Relaxed);
        writer.close();
        readers
            .into_iter()
            .map(|reader| reader.join().expect("a reader"))
            .collect()
    });
    println!("packets and overruns of each reader: {seen:?}");
    assert!(seen.iter().all(|&(packets, _)| packets > 0), "{seen:?}");
    assert!(seen[2].1 > 0, "the one that stops is overrun: {seen:?}");
}
