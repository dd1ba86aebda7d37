//! Readers of all kinds of speed, in threads of their own, while the ring is overwritten.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, ScopedJoinHandle};

use super::restless::Restless;
use super::{KEY, LARGEST, Next, PacketReader, PacketWriter, SHAPE, packet, ring, write};
use crate::ring::{Words, WordsMut, break_rules};
use crate::wire::{PacketSlot, packet_flag};

/// What one reader has seen.
#[derive(Debug, Default)]
struct Seen {
    last: u64,
    packets: u64,
    overruns: u64,
    /// The loss was told, and no packet has come since.
    told: bool,
}

impl Seen {
    fn overrun(&mut self, seq: u64) {
        assert!(!self.told, "one loss told twice, after {}", self.last);
        assert_eq!(
            seq,
            self.last + 1,
            "another loss than that of the next packet"
        );
        (self.told, self.overruns) = (true, self.overruns + 1);
    }

    fn packet(&mut self, slot: &PacketSlot) {
        let (seq, last) = (slot.seq, self.last);
        let resumed = KEY | packet_flag::DISCONTINUITY;
        match self.told {
            true => assert_eq!(slot.flags & resumed, resumed, "{seq} resumes inside"),
            false => assert_eq!(seq, last + 1, "a loss that was not told"),
        }
        assert!(seq > last, "{seq} after {last}");
        (self.last, self.packets, self.told) = (seq, self.packets + 1, false);
    }
}

/// Reads to the end. Every 64 packets the reader stops while `pace` more are written.
fn follow(segment: impl Words, pace: u64, written: &AtomicU64) -> Seen {
    let mut reader = PacketReader::new(segment, SHAPE, 1);
    let mut bytes = [0; LARGEST];
    let mut seen = Seen::default();
    loop {
        match reader.next(&mut bytes).expect("honest") {
            Next::Ended => return seen,
            Next::Nothing | Next::Unsettled => thread::yield_now(),
            Next::Overrun(seq) => seen.overrun(seq),
            next => {
                seen.packet(&packet(next, &bytes));
                let params = reader.params().expect("delivered with them");
                let Next::Packet(slot) = next else { continue };
                let expected = slot.extradata_gen.to_le_bytes();
                let same = params.generation == slot.extradata_gen && params.extradata == expected;
                assert!(same, "extradata of another packet at {}", slot.seq);
                let resume = written.load(Ordering::Relaxed).saturating_add(pace);
                while seen.packets % 64 == 0 && written.load(Ordering::Relaxed) < resume {
                    thread::yield_now();
                }
            }
        }
    }
}

/// Writes packets up to `all`. One of ten is a key packet, and of 25 two, side by side, have
/// extradata of their own: so a reader meets a packet whose extradata is gone already. Ends
/// early when a reader has, which failed then.
fn write_all(
    writer: &mut PacketWriter<impl WordsMut>,
    all: u64,
    written: &AtomicU64,
    readers: &[ScopedJoinHandle<Seen>],
) {
    let mut generation = 2u32;
    for seq in 2..=all {
        let renewed = matches!(seq % 25, 0 | 1);
        if renewed {
            generation += 2;
            let params = generation.to_le_bytes();
            writer.set_params(7, &params).expect("small");
        }
        write(writer, if renewed || seq % 10 == 0 { KEY } else { 0 });
        written.store(seq, Ordering::Relaxed);
        if seq % 32 == 0 {
            thread::yield_now();
            if readers.iter().any(ScopedJoinHandle::is_finished) {
                break;
            }
        }
    }
    // Nobody waits for a writer that has ended.
    written.store(u64::MAX, Ordering::Relaxed);
    writer.close();
}

#[test]
fn nothing_is_torn_and_every_loss_is_told_once() {
    break_rules();
    let all = match std::env::var("CUFRAMES_FULL").as_deref() {
        Ok("1") => 10_000_000,
        _ => 100_000,
    };
    let written = AtomicU64::new(1);
    let (writer, maps) = ring(4);
    let mut writer = PacketWriter::new(Restless::writer(writer.segment, &written), SHAPE, u64::MAX);
    writer.set_params(7, &2u32.to_le_bytes()).expect("small");
    write(&mut writer, KEY);
    let seen: Vec<Seen> = thread::scope(|scope| {
        let written = &written;
        let readers: Vec<_> = maps
            .into_iter()
            .zip([0, 0, 5, 1000])
            .enumerate()
            .map(|(index, (map, pace))| {
                scope.spawn(move || match index {
                    // One that is never interrupted but by the scheduler.
                    0 => follow(map, pace, written),
                    _ => follow(Restless::reader(map, written, index as u64), pace, written),
                })
            })
            .collect();
        write_all(&mut writer, all, written, &readers);
        readers
            .into_iter()
            .map(|reader| reader.join().expect("a reader"))
            .collect()
    });
    println!("of {all} packets: {seen:?}");
    for reader in &seen {
        assert!(reader.packets > 0, "{seen:?}");
    }
    assert!(
        seen[3].overruns > 0,
        "the one that stops is overrun: {seen:?}"
    );
}
