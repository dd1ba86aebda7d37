//! The packet ring agrees with the committed vectors: golden segments, and traces of what a
//! reader finds while a writer of another implementation goes on.

#[path = "common/vectors.rs"]
mod files;

use std::cell::RefCell;
use std::sync::atomic::Ordering;

use cuframes::ring::Words;
use cuframes::ring::packets::{Next, PacketReader, PacketShape, newest_key, read_params};
use cuframes::wire::packets::{EXTRADATA, PACKET_SLOT_SIZE, SLOTS};
use cuframes::wire::{PacketGeometry, PacketHeader, PacketSlot};
use files::{bytes, number, text, vectors};
use serde_json::{Value, json};
use zerocopy::{FromBytes, IntoBytes};

/// Bytes that the steps of a trace write and a reader reads.
struct Segment(RefCell<Vec<u8>>);

impl Segment {
    fn at<const N: usize>(&self, offset: usize) -> [u8; N] {
        assert!(offset.is_multiple_of(N), "unaligned");
        self.0.borrow()[offset..offset + N]
            .try_into()
            .expect("so many bytes")
    }

    fn store(&self, step: &Value) {
        for entry in step.as_array().expect("stores") {
            let (at, bytes) = (number(&entry["at"]) as usize, bytes(text(entry, "hex")));
            self.0.borrow_mut()[at..at + bytes.len()].copy_from_slice(&bytes);
        }
    }
}

impl Words for &Segment {
    fn load_u64(&self, offset: usize, _: Ordering) -> u64 {
        u64::from_le_bytes(self.at(offset))
    }

    fn load_u32(&self, offset: usize, _: Ordering) -> u32 {
        u32::from_le_bytes(self.at(offset))
    }

    fn load_u8(&self, offset: usize, _: Ordering) -> u8 {
        self.at::<1>(offset)[0]
    }
}

/// The bytes of an entry, filled up with zeros to its size.
fn payload(entry: &Value) -> Vec<u8> {
    let mut bytes = bytes(text(entry, "hex"));
    if let Some(size) = entry["size"].as_u64() {
        bytes.resize(size as usize, 0);
    }
    bytes
}

fn geometry(raw: &[u8]) -> PacketGeometry {
    let (header, _) = PacketHeader::read_from_prefix(raw).expect("128 bytes");
    header.validate(raw.len() as u64).expect("a good segment")
}

/// Every field of a struct of `layout.json` that is not reserved, read from its bytes.
fn fields(layout: &Value, raw: &[u8]) -> Vec<(String, u64)> {
    let fields = layout["fields"].as_array().expect("fields").iter();
    let told = fields.filter(|field| field["reserved"] == false);
    told.map(|field| {
        let (offset, size) = (number(&field["offset"]), number(&field["size"]));
        let mut word = [0; 8];
        let place = offset as usize..(offset + size) as usize;
        word[..size as usize].copy_from_slice(&raw[place]);
        let value = u64::from_le_bytes(word);
        (text(field, "field").to_owned(), value)
    })
    .collect()
}

#[test]
fn golden_segments_are_taken_and_mean_the_same() {
    let layouts = vectors("layout.json");
    let layout = |name: &str| {
        let found = layouts.iter().find(|layout| text(layout, "struct") == name);
        found.expect(name)
    };
    let segments = vectors("packet_segment.json");
    assert_eq!(segments.len(), 7);
    for entry in &segments {
        let (name, raw, told) = (text(entry, "name"), payload(entry), &entry["fields"]);
        let geometry = geometry(&raw);
        let (header, _) = PacketHeader::read_from_prefix(&raw).expect("128 bytes");
        for (field, value) in fields(layout("packet_header"), header.as_bytes()) {
            assert_eq!(value, number(&told["header"][&field]), "{name}: {field}");
        }
        for (index, slot) in told["slots"].as_array().expect("slots").iter().enumerate() {
            let at = SLOTS + index * PACKET_SLOT_SIZE;
            let (ours, _) = PacketSlot::read_from_prefix(&raw[at..]).expect("64 bytes");
            for (field, value) in fields(layout("packet_slot"), ours.as_bytes()) {
                let told = slot[&field].as_i64().map(|signed| signed as u64);
                let told = told.unwrap_or_else(|| number(&slot[&field]));
                assert_eq!(value, told, "{name}: slot {index}, {field}");
            }
        }
        let extradata = bytes(text(told, "extradata"));
        assert_eq!(raw[EXTRADATA..EXTRADATA + extradata.len()], extradata);
        let segment = Segment(RefCell::new(raw));
        match read_params(&&segment) {
            Ok(params) => assert_eq!(params.extradata, extradata, "{name}"),
            Err(_) => assert_eq!(name, "extradata_half_written"),
        }
        // Of packets that are all key packets, a late reader gets the newest; in `writing` it is
        // the one before that is being written.
        let key = newest_key(&&segment, &PacketShape::from(&geometry));
        let expected = match name {
            "empty" | "extradata_half_written" => 0,
            "three_packets" => 1,
            "full" => 12,
            "wrapped" => 4,
            "writing" => 8,
            "closed" => 2,
            other => panic!("no such segment: {other}"),
        };
        assert_eq!(key, expected, "{name}");
    }
}

/// What one look finds, as a trace says it.
fn look(reader: &mut PacketReader<&Segment>) -> Value {
    let mut buffer = [0; 1024];
    match reader.next(&mut buffer).expect("no reason to refuse it") {
        Next::Nothing => json!({"nothing": true}),
        Next::Ended => json!({"ended": true}),
        Next::Unsettled => json!({"unsettled": true}),
        Next::Overrun(seq) => json!({"overrun": seq}),
        Next::TooSmall(size) => panic!("{size} bytes are more than a quarter of the data"),
        Next::Packet(slot) => {
            let data = &buffer[..slot.size as usize];
            let hex: String = data.iter().map(|byte| format!("{byte:02x}")).collect();
            let generation = reader.params().expect("delivered with them").generation;
            assert_eq!(generation, slot.extradata_gen);
            let (seq, flags) = (slot.seq, slot.flags);
            json!({"packet": {
                "seq": seq, "flags": flags, "extradata_gen": generation, "hex": hex,
            }})
        }
    }
}

/// The steps of a trace in which something else was found.
fn replay(trace: &Value) -> Vec<String> {
    let slot_count = number(&trace["slot_count"]) as usize;
    let shape = PacketShape {
        slots: slot_count as u64,
        data: SLOTS + slot_count * PACKET_SLOT_SIZE,
        bytes: number(&trace["data_size"]),
    };
    let empty = &vectors("packet_segment.json")[0];
    let segment = Segment(RefCell::new(payload(empty)));
    let mut reader = PacketReader::new(&segment, shape, 0);
    let mut wrong = Vec::new();
    for (number, step) in trace["steps"].as_array().expect("steps").iter().enumerate() {
        if let Some(initial) = step["join"].as_u64() {
            reader = PacketReader::new(&segment, shape, initial);
        } else if step["store"].is_array() {
            segment.store(&step["store"]);
        } else {
            let found = look(&mut reader);
            if found != *step {
                wrong.push(format!("{}, {number}: {found}", text(trace, "name")));
            }
        }
    }
    wrong
}

#[test]
fn every_trace_is_found() {
    let traces = vectors("packet_ring.json");
    assert_eq!(traces.len(), 27);
    let wrong: Vec<String> = traces.iter().flat_map(replay).collect();
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn a_trace_that_expects_something_else_is_noticed() {
    let mut trace = vectors("packet_ring.json").swap_remove(0);
    let steps = trace["steps"].as_array_mut().expect("steps");
    steps.last_mut().expect("a packet")["packet"]["flags"] = json!(1);
    assert_eq!(replay(&trace).len(), 1);
}
