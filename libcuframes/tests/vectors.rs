//! The library agrees with the committed conformance vectors, which an independent
//! implementation wrote from the document.

#[path = "common/vectors.rs"]
mod files;

use cuframes::format::{Format, FrameLayout};
use cuframes::ring::{Reader, Shape, Words, WordsMut};
use cuframes::wire::{
    Attached, Close, ControlHeader, Detach, ErrorMessage, Geometry, HelloGrant, HelloRequest,
    HelloResponse, MemoryKind, Message, MessageHeader, PacketGrant, PacketHeader, Reconfigure,
    SlotMeta, SyncKind, WireError, capability, control, fds, parse_stats,
};
use files::{bytes, number, text, vectors};
use serde_json::Value;
use std::sync::atomic::Ordering;
use zerocopy::{FromBytes, FromZeros};

/// The bytes of an entry, filled up with zeros to its size.
fn payload(entry: &Value) -> Vec<u8> {
    let mut bytes = bytes(text(entry, "hex"));
    if let Some(size) = entry["size"].as_u64() {
        bytes.resize(size as usize, 0);
    }
    bytes
}

/// What a host subscriber or publisher that knows `context` says to these bytes.
fn judge(entry: &Value) -> Result<(), WireError> {
    let (payload, context) = (payload(entry), &entry["context"]);
    match text(entry, "struct") {
        "tlv_header" => {
            MessageHeader::parse(payload.as_slice().try_into().expect("8 bytes")).map(|_| ())
        }
        "hello_req" => {
            let hello = HelloRequest::parse(&payload)?.validate()?;
            let versions = (
                number(&context["highest"]) as u32,
                number(&context["lowest"]) as u32,
            );
            hello.agree(versions.0, versions.1)?;
            hello.grant(&host_ring()).map(|_| ())
        }
        "hello_resp" => {
            let answer = HelloResponse::parse(&payload)?;
            let grant = answer.validate(answer.fd_mask.count_ones() as usize)?;
            let mut request = HelloRequest::new_zeroed();
            request.highest = number(&context["highest"]) as u32;
            request.lowest = number(&context["lowest"]) as u32;
            request.capabilities = number(&context["capabilities"]) as u32;
            request.packet_flags = context["packet_flags"].as_u64().unwrap_or(0) as u32;
            grant.answers(&request)
        }
        "packet_header" => {
            let header = PacketHeader::read_from_bytes(&payload).expect("128 bytes");
            let geometry = header.validate(number(&context["size"]))?;
            geometry.answers(&PacketGrant {
                flags: 1,
                codec: 0,
                initial_seq: 0,
                slot_count: number(&context["packet_slot_count"]) as u32,
                extradata_size: 0,
                data_size: number(&context["packet_data_size"]),
                epoch: number(&context["packet_epoch"]),
            })
        }
        "control_segment" => {
            let header = ControlHeader::read_from_prefix(&payload)
                .expect("256 bytes")
                .0;
            let geometry =
                header.validate(number(&context["agreed"]) as u32, payload.len() as u64)?;
            geometry.answers(&grant_of(context))
        }
        "frame_meta" => SlotMeta::read_from_bytes(&payload)
            .expect("64 bytes")
            .validate_in(
                number(&context["frame_size"]),
                number(&context["pool_size"]),
            ),
        "attached" => Attached::parse(&payload).map(|_| ()),
        "detach" => Detach::parse(&payload).map(|_| ()),
        "reconfigure" => Reconfigure::parse(&payload).map(|_| ()),
        "close" => Close::parse(&payload)?.validate().map(|_| ()),
        "error" => ErrorMessage::parse(&payload).map(|_| ()),
        "stats" => parse_stats(&payload).map(|_| ()),
        other => panic!("no judge for {other}"),
    }
}

/// The ring of a host publisher that a subscriber asks to join.
fn host_ring() -> Geometry {
    let layout = FrameLayout::new(Format::Nv12, 640, 360).expect("possible");
    layout.host_geometry(4, 4 * layout.frame_size, 1)
}

/// The answer that came before the segment was read.
fn grant_of(context: &Value) -> HelloGrant {
    HelloGrant {
        version: 1,
        index: 1,
        capabilities: capability::FD_PASSING | capability::HOST,
        epoch: number(&context["epoch"]),
        fd_mask: fds::CONTROL | fds::PAGE | fds::POOL,
        sync: SyncKind::Cpu,
        memory: MemoryKind::Host,
        max_leases: 1,
        latest_seq: 0,
        pool_size: number(&context["pool_size"]),
        lease_timeout_ms: 0,
        lib_version: 0,
        packets: None,
    }
}

#[test]
fn every_refusal_is_refused_with_its_code() {
    let refusals = vectors("refusals.json");
    assert!(refusals.len() >= 105, "{}", refusals.len());
    let mut wrong = Vec::new();
    for entry in &refusals {
        let name = text(entry, "name");
        let expected = text(entry, "error");
        match judge(entry) {
            Err(error) if error.code().name() == expected => {}
            other => wrong.push(format!("{name}: expected {expected}, got {other:?}")),
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

/// What must be true of an accepted message beyond that it can be taken apart.
fn accept(message: &Message) -> Result<(), WireError> {
    match message {
        Message::HelloRequest(hello) => hello.validate().map(|_| ()),
        Message::HelloResponse(answer) => answer
            .validate(answer.fd_mask.count_ones() as usize)
            .map(|_| ()),
        Message::Close(close) => close.validate().map(|_| ()),
        _ => Ok(()),
    }
}

#[test]
fn every_message_is_accepted() {
    let messages = vectors("messages.json");
    assert!(messages.len() >= 26, "{}", messages.len());
    for entry in &messages {
        let name = text(entry, "name");
        let header = bytes(text(&entry["header"], "hex"));
        let header = header.as_slice().try_into().expect(name);
        let incoming = MessageHeader::parse(header).expect(name);
        let payload = payload(entry);
        assert_eq!(incoming.length, payload.len(), "{name}");
        let message = Message::decode(incoming.kind.expect(name), &payload).expect(name);
        assert_eq!(accept(&message), Ok(()), "{name}");
    }
}

#[test]
fn every_segment_is_accepted_with_its_numbers() {
    let segments = vectors("control_segment.json");
    assert!(segments.len() >= 8, "{}", segments.len());
    for entry in &segments {
        let (name, payload) = (text(entry, "name"), payload(entry));
        let (header, _) = ControlHeader::read_from_prefix(&payload).expect(name);
        let geometry = header.validate(1, payload.len() as u64).expect(name);
        let fields = &entry["fields"]["header"];
        let ours = [
            ("width", u64::from(geometry.width)),
            ("height", geometry.height.into()),
            ("format", geometry.fourcc.into()),
            ("slot_count", geometry.slot_count.into()),
            ("slot_size", geometry.slot_size.into()),
            ("frame_size", geometry.frame_size),
            ("pool_size", geometry.pool_size),
            ("epoch", geometry.epoch),
            ("latest_seq", header.latest_seq),
            ("max_cll", header.max_cll.into()),
        ];
        for (field, value) in ours {
            assert_eq!(value, number(&fields[field]), "{name}.{field}");
        }
        let slots = entry["fields"]["slots"].as_array().expect(name);
        for (slot, fields) in slots.iter().enumerate() {
            let (meta, _) =
                SlotMeta::read_from_prefix(&payload[geometry.slot_offset(slot)..]).expect(name);
            assert_eq!(meta.seq, number(&fields["seq"]), "{name} slot {slot}");
            assert_eq!(
                meta.data_offset,
                number(&fields["data_offset"]),
                "{name} slot {slot}"
            );
        }
    }
}

/// A control segment without a publisher; nothing is ever written to it.
struct Still {
    slots: Vec<u64>,
    slot_of: Vec<u8>,
    latest: u64,
}

impl Words for Still {
    fn load_u64(&self, offset: usize, _: Ordering) -> u64 {
        match offset {
            control::LATEST_SEQ => self.latest,
            slot => self.slots[slot / 8],
        }
    }

    fn load_u32(&self, offset: usize, _: Ordering) -> u32 {
        panic!("finding has no business at {offset:#x}")
    }

    fn load_u8(&self, offset: usize, _: Ordering) -> u8 {
        self.slot_of[offset - control::SLOT_OF]
    }
}

/// A subscriber page that finding does not touch.
struct NoPage;

impl Words for NoPage {
    fn load_u64(&self, _: usize, _: Ordering) -> u64 {
        panic!("finding does not read the page")
    }
    fn load_u32(&self, _: usize, _: Ordering) -> u32 {
        panic!("finding does not read the page")
    }
    fn load_u8(&self, _: usize, _: Ordering) -> u8 {
        panic!("finding does not read the page")
    }
}

impl WordsMut for NoPage {
    fn store_u64(&self, _: usize, _: u64, _: Ordering) {
        panic!("finding does not write")
    }
    fn store_u32(&self, _: usize, _: u32, _: Ordering) {
        panic!("finding does not write")
    }
    fn store_u8(&self, _: usize, _: u8, _: Ordering) {
        panic!("finding does not write")
    }
    fn add_u32(&self, _: usize, _: u32, _: Ordering) -> u32 {
        panic!("finding does not write")
    }
    fn or_u32(&self, _: usize, _: u32, _: Ordering) -> u32 {
        panic!("finding does not write")
    }
    fn and_u32(&self, _: usize, _: u32, _: Ordering) -> u32 {
        panic!("finding does not write")
    }
}

#[test]
fn finding_finds_what_the_document_says() {
    let cases = vectors("finding.json");
    assert!(cases.len() >= 21, "{}", cases.len());
    for case in &cases {
        let list = |field: &str| case[field].as_array().expect(field).iter().map(number);
        let slots: Vec<u64> = list("slots").collect();
        let shape = Shape {
            slots: slots.len(),
            first: 0,
            stride: 8,
            sync: SyncKind::Cpu,
        };
        let still = Still {
            slots,
            slot_of: list("slot_of").map(|slot| slot as u8).collect(),
            latest: number(&case["latest_seq"]),
        };
        let reader = Reader::new(still, NoPage, shape);
        let found = reader.find(number(&case["wanted"]), reader.latest());
        let found = found.map(|found| (found.slot as u64, found.seq));
        let expected = case["found"].as_object();
        let expected = expected.map(|found| (number(&found["slot"]), number(&found["seq"])));
        assert_eq!(found, expected, "{}", text(case, "name"));
    }
}
