//! The ring against a model that knows which bytes are whose: whatever is written, read, held,
//! given back and taken over, in whatever order, nothing that anybody still needs is written over.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::Ordering;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::lap::WRITING;
use super::*;
use crate::config::SequenceCheck;
use crate::wire::{HEADER_SIZE, field};

/// Fields and payload in memory of this process.
pub struct Memory {
    fields: RefCell<HashMap<usize, u64>>,
    payload: RefCell<Vec<u8>>,
}

impl Memory {
    fn new(payload: u64) -> Self {
        let memory = Memory {
            fields: RefCell::default(),
            payload: RefCell::new(vec![0; payload as usize]),
        };
        memory.store(field::FREE, payload, Ordering::SeqCst);
        memory
    }

    fn fill(&self, at: u64, bytes: &[u8]) {
        let at = at as usize;
        self.payload.borrow_mut()[at..at + bytes.len()].copy_from_slice(bytes);
    }

    fn bytes(&self, at: u64, len: u64) -> Vec<u8> {
        self.payload.borrow()[at as usize..(at + len) as usize].to_vec()
    }
}

impl Words for Memory {
    fn load(&self, field: usize, _: Ordering) -> u64 {
        self.fields.borrow().get(&field).copied().unwrap_or(0)
    }

    fn store(&self, field: usize, value: u64, _: Ordering) {
        self.fields.borrow_mut().insert(field, value);
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
        let bytes = self.bytes(position, HEADER_SIZE as u64);
        let word = |at: usize| u64::from_le_bytes(std::array::from_fn(|index| bytes[at + index]));
        Header {
            size: word(0),
            sequence: word(8),
        }
    }

    fn set_header(&self, position: u64, header: Header) {
        self.fill(position, &header.size.to_le_bytes());
        self.fill(position + 8, &header.sequence.to_le_bytes());
    }
}

#[derive(Clone, Debug)]
enum Step {
    /// Writes a frame of so many bytes, if there is space.
    Write(u64),
    /// Begins to write a frame, scribbles into its place, and leaves it.
    Abandon(u64),
    /// Writes a frame and dies at a point of the announcement: what is told of it is undone.
    Die(u64, Death),
    /// Reads a frame, if there is one.
    Read,
    /// Gives back one of those that are held.
    Release(usize),
    /// Gives back all.
    Drain,
    /// Another writer takes over.
    Reconnect,
}

/// How far a writer came that was killed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Death {
    PlaceBegun,
    SpaceTaken,
    PositionStored,
    NotAnnounced,
}

fn steps(payload: u64) -> impl Strategy<Value = Vec<Step>> {
    let size = prop_oneof![
        4 => 1..payload / 4,
        2 => 1..=payload,
        1 => (payload - 40)..=payload,
        1 => (payload / 2 - 20)..=(payload / 2 + 4),
    ];
    let deaths = prop_oneof![
        Just(Death::PlaceBegun),
        Just(Death::SpaceTaken),
        Just(Death::PositionStored),
        Just(Death::NotAnnounced),
    ];
    let step = prop_oneof![
        8 => size.clone().prop_map(Step::Write),
        1 => size.clone().prop_map(Step::Abandon),
        1 => (size, deaths).prop_map(|(size, death)| Step::Die(size, death)),
        8 => Just(Step::Read),
        6 => any::<usize>().prop_map(Step::Release),
        1 => Just(Step::Drain),
        1 => Just(Step::Reconnect),
    ];
    prop::collection::vec(step, 1..=STEPS)
}

/// Steps of a case.
const STEPS: usize = 500;

/// A frame as the model knows it.
#[derive(Debug)]
struct Known {
    sequence: u64,
    bytes: Vec<u8>,
}

struct Model {
    memory: Memory,
    payload: u64,
    writer: WriterRing,
    reader: ReaderRing,
    held: Held,
    tokens: u64,
    unread: VecDeque<Known>,
    lent: Vec<(Span, Known)>,
    written: u64,
}

impl Model {
    fn new(payload: u64) -> Self {
        Model {
            memory: Memory::new(payload),
            payload,
            writer: WriterRing::new(payload, 0, 0, 1),
            reader: ReaderRing::new(payload, SequenceCheck::Continuous),
            held: Held::new(payload),
            tokens: 0,
            unread: VecDeque::new(),
            lent: Vec::new(),
            written: 0,
        }
    }

    fn free(&self) -> u64 {
        self.writer
            .free(&self.memory)
            .expect("never more than the payload")
    }

    /// A place for a frame, if it can be and there is space; as the writer does it.
    fn place(&mut self, size: u64) -> Option<Placement> {
        let mut placement = match self.writer.place(size) {
            Ok(placement) => placement,
            Err(Refused::TooLarge) => {
                assert!(size + 16 > self.payload);
                return None;
            }
            Err(refused) => {
                assert_eq!(refused, Refused::LeavesStub);
                assert!((1..16).contains(&(self.payload - size - 16)));
                return None;
            }
        };
        if placement.need > self.payload && self.free() == self.payload {
            self.writer.wrap(&self.memory);
            assert!(self.reader.take_marker(&self.memory, &self.held));
            self.give_back();
            placement = self.writer.place(size).expect("as before");
            assert!(
                placement.need <= self.free(),
                "an empty payload takes whatever fits"
            );
        }
        (placement.need <= self.free()).then_some(placement)
    }

    fn begin(&mut self, size: u64) -> Option<(Placement, Known)> {
        let placement = self.place(size)?;
        if placement.tail > 0 {
            self.writer.wrap(&self.memory);
        }
        self.writer.begin(&self.memory, &placement);
        let sequence = self.writer.next();
        let bytes: Vec<u8> = (0..size)
            .map(|index| (sequence * 31 + index) as u8)
            .collect();
        self.memory.fill(placement.at + 16, &bytes);
        Some((placement, Known { sequence, bytes }))
    }

    fn write(&mut self, size: u64) -> bool {
        let Some((placement, known)) = self.begin(size) else {
            return false;
        };
        self.writer.commit(&self.memory, &placement, known.sequence);
        self.unread.push_back(known);
        self.tokens += 1;
        self.written += 1;
        true
    }

    /// What a writer that is killed leaves; then the reader mends it, and another takes over.
    fn die(&mut self, size: u64, death: Death) {
        let Some((placement, known)) = self.begin(size) else {
            return;
        };
        if death == Death::PlaceBegun {
            return self.mend_and_take_over(0);
        }
        let fields = [field::FREE, field::WRITE_POS, field::WRITTEN_COUNT];
        let before = fields.map(|field| self.memory.load(field, Ordering::SeqCst));
        self.writer.commit(&self.memory, &placement, known.sequence);
        let undo = |index: usize| {
            self.memory
                .store(fields[index], before[index], Ordering::SeqCst)
        };
        match death {
            Death::SpaceTaken => [1, 2].map(undo).len(),
            Death::PositionStored => [2].map(undo).len(),
            _ => 0,
        };
        let announced_last = death == Death::NotAnnounced;
        if placement.at == 0 && !announced_last {
            let (size, sequence) = (WRITING, known.sequence);
            self.memory.set_header(0, Header { size, sequence });
        }
        // A frame that fills the payload leaves the position as it was.
        let left = announced_last || (death == Death::PositionStored && size + 16 < self.payload);
        if left {
            self.unread.push_back(known);
        }
        self.mend_and_take_over(left.into());
    }

    fn mend_and_take_over(&mut self, left: u64) {
        // The reader notices once it has read what was announced.
        while self.tokens > 0 {
            self.read();
        }
        let mended = self.reader.mend(&self.memory, &self.held, || true);
        assert_eq!(mended, left, "frames that were not announced");
        self.tokens += mended;
        self.take_over();
    }

    fn take_over(&mut self) {
        let load = |field| self.memory.load(field, Ordering::SeqCst);
        let (write, read) = (load(field::WRITE_POS), load(field::READ_POS));
        finish_first(&self.memory, self.payload, write);
        let left = unread(&self.memory, self.payload, read, write, self.tokens > 0);
        let left = left.expect("headers lead from one to the other");
        assert_eq!(left.frames, self.unread.len() as u64);
        let next = next_sequence(&self.memory, self.payload, write, &left);
        let expected = self
            .unread
            .back()
            .map_or(self.reader_next(), |known| known.sequence + 1);
        assert_eq!(next, Some(expected), "goes on with the numbers");
        self.writer = WriterRing::new(self.payload, write, load(field::WRITTEN_COUNT), expected);
    }

    fn reader_next(&self) -> u64 {
        self.reader.expected()
    }

    fn read(&mut self) {
        if self.tokens == 0 || !self.held.has_room() {
            return;
        }
        self.tokens -= 1;
        let span = self.reader.next(&self.memory, &self.held).expect("a frame");
        let known = self.unread.pop_front().expect("was written");
        assert_eq!(
            (span.sequence, span.size),
            (known.sequence, known.bytes.len() as u64)
        );
        self.give_back();
        self.lent.push((span, known));
    }

    fn release(&mut self, which: usize) {
        if !self.lent.is_empty() {
            let (span, _) = self.lent.swap_remove(which % self.lent.len());
            self.held.release(span.held);
            self.give_back();
        }
    }

    fn give_back(&mut self) {
        let memory = &self.memory;
        self.held
            .take(|returned| ReaderRing::give_back(memory, returned));
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Write(size) => drop(self.write(size)),
            Step::Abandon(size) => drop(self.begin(size)),
            Step::Die(size, death) => self.die(size, death),
            Step::Read => self.read(),
            Step::Release(which) => self.release(which),
            Step::Drain => {
                while !self.lent.is_empty() {
                    self.release(0);
                }
            }
            Step::Reconnect => self.take_over(),
        }
        self.check();
    }

    /// Everything that somebody still needs is as it was written.
    fn check(&self) {
        for (span, known) in &self.lent {
            assert_eq!(self.memory.bytes(span.position, span.size), known.bytes);
        }
        let load = |field| self.memory.load(field, Ordering::SeqCst);
        let found = unread(
            &self.memory,
            self.payload,
            load(field::READ_POS),
            load(field::WRITE_POS),
            self.tokens > 0,
        );
        let found = found.expect("headers lead from one to the other");
        let held = self.held.bytes().expect("nobody gives back now");
        assert_eq!(found.frames, self.tokens);
        assert_eq!(
            self.free(),
            self.payload - found.bytes - held,
            "all bytes are somebody's"
        );
    }
}

/// Runs cases of up to 500 steps; tells how many steps there were, and how many frames.
fn run(cases: u32) -> (u64, u64) {
    let config = ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let (taken, written) = (Cell::new(0), Cell::new(0));
    let payload = prop_oneof![Just(64u64), Just(128), Just(256), Just(1024), Just(4096)];
    let cases = payload.prop_flat_map(|payload| (Just(payload), steps(payload)));
    TestRunner::new(config)
        .run(&cases, |(payload, steps)| {
            let mut model = Model::new(payload);
            steps.iter().for_each(|step| model.step(step));
            taken.set(taken.get() + steps.len() as u64);
            written.set(written.get() + model.written);
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
    (taken.get(), written.get())
}

#[test]
fn nothing_that_is_needed_is_written_over() {
    let full = std::env::var_os("CUFRAMES_FULL").is_some();
    let least = if full { 1_000_000 } else { 100_000 };
    let (steps, frames) = run(least as u32 / 200);
    println!("{steps} steps, {frames} frames");
    assert!(
        steps >= least && frames > least / 10,
        "{steps} steps, {frames} frames"
    );
}

#[test]
fn the_payload_fills_and_drains_at_every_alignment() {
    for size in 1..=240u64 {
        let mut model = Model::new(256);
        for _ in 0..64 {
            while model.write(size) {
                model.check();
            }
            while model.tokens > 0 {
                model.read();
                model.check();
            }
            model.step(&Step::Drain);
            assert_eq!(model.free(), 256, "{size}");
        }
        let placeable = !(225..240).contains(&size);
        assert_eq!(model.written > 0, placeable, "{size}");
    }
}
