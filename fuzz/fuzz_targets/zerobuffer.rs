//! A ZeroBuffer peer that writes whatever it likes, whenever it likes: nothing outside the payload
//! is read, written, lent or given back, and everything comes to an end.
#![no_main]

use std::cell::RefCell;
use std::sync::atomic::Ordering;

use libfuzzer_sys::fuzz_target;
use zerobuffer::SequenceCheck;
use zerobuffer::ring::{
    Header, Held, ReaderRing, Span, Words, WriterRing, finish_first, next_sequence, unread,
};
use zerobuffer::wire::{Geometry, OIEB_SIZE, Oieb, field};
use zerocopy::FromBytes;

/// The segment's first block, and its payload behind it. An access outside is a panic.
struct Memory {
    fields: RefCell<[u64; OIEB_SIZE / 8]>,
    payload: RefCell<Vec<u8>>,
}

impl Words for Memory {
    fn load(&self, field: usize, _: Ordering) -> u64 {
        self.fields.borrow()[field / 8]
    }

    fn store(&self, field: usize, value: u64, _: Ordering) {
        self.fields.borrow_mut()[field / 8] = value;
    }

    fn add(&self, field: usize, value: u64, order: Ordering) -> u64 {
        let before = self.load(field, order);
        self.store(field, before.wrapping_add(value), order);
        before
    }

    fn subtract(&self, field: usize, value: u64, order: Ordering) -> u64 {
        self.add(field, value.wrapping_neg(), order)
    }

    fn replace(&self, field: usize, old: u64, new: u64) -> bool {
        let same = self.load(field, Ordering::SeqCst) == old;
        if same {
            self.store(field, new, Ordering::SeqCst);
        }
        same
    }

    fn header(&self, position: u64) -> Header {
        let payload = self.payload.borrow();
        let bytes = &payload[position as usize..position as usize + 16];
        let word = |at: usize| u64::from_le_bytes(std::array::from_fn(|index| bytes[at + index]));
        Header {
            size: word(0),
            sequence: word(8),
        }
    }

    fn set_header(&self, position: u64, header: Header) {
        let mut payload = self.payload.borrow_mut();
        let bytes = &mut payload[position as usize..position as usize + 16];
        bytes[..8].copy_from_slice(&header.size.to_le_bytes());
        bytes[8..].copy_from_slice(&header.sequence.to_le_bytes());
    }
}

/// Takes numbers from the front of the input.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    /// A number: small, near a bound of the payload, or any.
    fn number(&mut self, payload: u64) -> Option<u64> {
        Some(match self.byte()? {
            0 => u64::MAX,
            1 => {
                let (bytes, rest) = self.0.split_first_chunk()?;
                self.0 = rest;
                u64::from_le_bytes(*bytes)
            }
            2 => payload,
            3 => payload.wrapping_sub(self.byte()?.into()),
            4 => payload.wrapping_add(self.byte()?.into()),
            5 => u64::from(self.byte()?) * 16,
            other => other.into(),
        })
    }
}

fn check(span: &Span, payload: u64) {
    assert!(span.position >= 16 && span.size > 0);
    assert!(span.position + span.size <= payload);
}

fuzz_target!(|bytes: &[u8]| {
    look_at_first_block(bytes);
    let mut input = Input(bytes);
    let Some(blocks) = input.byte() else { return };
    let payload = 64 * (1 + u64::from(blocks % 8));
    let memory = Memory {
        fields: RefCell::new([0; OIEB_SIZE / 8]),
        payload: RefCell::new(vec![0; payload as usize]),
    };
    memory.store(field::FREE, payload, Ordering::SeqCst);
    run(&mut input, &memory, payload);
});

/// Steps of both sides, and of somebody who scribbles, until the input ends.
fn run(input: &mut Input, memory: &Memory, payload: u64) -> Option<()> {
    let mut reader = ReaderRing::new(payload, SequenceCheck::Continuous);
    let mut writer = WriterRing::new(payload, 0, 0, 1);
    let held = Held::new(payload);
    let mut lent: Vec<Span> = Vec::new();
    loop {
        match input.byte()? % 8 {
            0 => memory.store(
                usize::from(input.byte()? % 16) * 8,
                input.number(payload)?,
                Ordering::SeqCst,
            ),
            1 => {
                let position = input.number(payload)? % (payload - 15);
                let header = Header {
                    size: input.number(payload)?,
                    sequence: input.number(payload)?,
                };
                memory.set_header(position, header);
            }
            2 if held.has_room() => {
                if let Ok(span) = reader.next(memory, &held) {
                    check(&span, payload);
                    lent.push(span);
                }
            }
            3 if !lent.is_empty() => {
                let span = lent.swap_remove(usize::from(input.byte()?) % lent.len());
                held.release(span.held);
            }
            4 => drop(reader.take_marker(memory, &held)),
            5 => {
                let dead = input.byte()? % 4 != 0;
                reader.mend(memory, &held, || dead);
            }
            6 => write(&mut writer, memory, input.number(payload)?),
            7 => writer = take_over(memory, payload),
            _ => {}
        }
        held.take(|returned| ReaderRing::give_back(memory, returned));
    }
}

fn write(writer: &mut WriterRing, memory: &Memory, size: u64) {
    let Ok(placement) = writer.place(size) else {
        return;
    };
    if writer.free(memory).is_none_or(|free| free < placement.need) {
        return;
    }
    if placement.tail > 0 {
        writer.wrap(memory);
    }
    writer.begin(memory, &placement);
    let end = (placement.at + 16 + size) as usize;
    memory.payload.borrow_mut()[placement.at as usize + 16..end].fill(7);
    writer.commit(memory, &placement, writer.next());
}

fn take_over(memory: &Memory, payload: u64) -> WriterRing {
    let load = |field| memory.load(field, Ordering::SeqCst);
    let write = load(field::WRITE_POS).min(payload);
    finish_first(memory, payload, write);
    let read = load(field::READ_POS);
    let left = unread(memory, payload, read.min(payload), write, read % 2 == 0);
    let left = left.unwrap_or_default();
    let next = next_sequence(memory, payload, write, &left).unwrap_or(1);
    WriterRing::new(payload, write, load(field::WRITTEN_COUNT), next)
}

/// What the first block says is never larger than the file.
fn look_at_first_block(bytes: &[u8]) {
    let Some((block, rest)) = bytes.split_first_chunk::<OIEB_SIZE>() else {
        return;
    };
    let oieb = Oieb::read_from_bytes(block).expect("128 bytes are a block");
    let size = rest.first().map_or(0, |&byte| u64::from(byte) * 64);
    if let Ok(geometry) = Geometry::of_oieb(&oieb, size) {
        assert!(geometry.total() as u64 <= size && geometry.payload_size >= 64);
    }
}
