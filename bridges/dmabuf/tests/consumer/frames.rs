//! Frames as they come: where their planes are, and what is in them.

use serde_json::{Value, json};

use crate::support::{Engine, frame, memfd, noise, placed, plain};

/// Bytes of the planes of 5x3 pixels, by hand from the formats' definitions.
const TIGHT: [(&str, &[usize]); 12] = [
    ("NV12", &[15, 12]),
    ("P010", &[30, 24]),
    ("YUV420P", &[15, 6, 6]),
    ("YUYV", &[36]),
    ("UYVY", &[36]),
    ("BGR24", &[45]),
    ("RGB24", &[45]),
    ("BGRA", &[60]),
    ("RGBA", &[60]),
    ("BGR0", &[60]),
    ("RGB0", &[60]),
    ("GRAY8", &[15]),
];

fn copied(frame: &frame_lending::consumer::LentFrame, plane: usize) -> Vec<u8> {
    let mut bytes = vec![7; 3];
    frame.copy_plane(plane, &mut bytes).expect("copied");
    bytes
}

#[test]
fn plain_frames_of_every_format_have_their_bytes() {
    let mut engine = Engine::new();
    let mut consumer = engine.consumer(false);
    for (sequence, (name, sizes)) in (0..).zip(TIGHT) {
        let bytes = noise(sizes.iter().sum(), sequence);
        let mut message = plain(sequence as i64);
        message["format"] = name.into();
        message["width"] = 5.into();
        message["height"] = 3.into();
        engine.lend(&message, &[memfd(&bytes)]);
        let frame = frame(&mut consumer);
        assert_eq!(frame.send().format, name);
        let planes: Vec<Vec<u8>> = (0..sizes.len()).map(|at| copied(&frame, at)).collect();
        let found: Vec<usize> = planes.iter().map(Vec::len).collect();
        assert_eq!(found, sizes, "{name}");
        assert_eq!(planes.concat(), bytes, "{name}");
        let mut whole = Vec::new();
        frame.copy(&mut whole).expect("copied");
        assert_eq!(whole, bytes, "{name}");
        assert!(frame.copy_plane(sizes.len(), &mut whole).is_err());
        frame
            .return_error("none", "only looked at")
            .expect("returned");
        assert_eq!(engine.hear()["sequence"], sequence);
    }
    assert_eq!(consumer.refused(), 0);
}

#[test]
fn frames_are_where_their_planes_say() {
    let mut engine = Engine::new();
    let mut consumer = engine.consumer(true);
    let ring = noise(4096, 1);
    engine.lend(&placed(1, 0), &[memfd(&ring)]);
    engine.lend(&placed(2, 1024), &[]);
    let frames = [frame(&mut consumer), frame(&mut consumer)];
    for (frame, offset) in frames.iter().zip([0, 1024]) {
        let rows = [&ring[offset..offset + 4], &ring[offset + 16..offset + 20]];
        assert_eq!(copied(frame, 0), rows.concat());
        assert_eq!(copied(frame, 1), ring[offset + 64..offset + 68]);
        assert_eq!(frame.planes().count(), 2);
        let seen = frame.look(|planes| {
            let luma = planes[0];
            assert_eq!((luma.stride, luma.rows, luma.row_bytes), (16, 2, 4));
            planes[1].pixels as usize - luma.pixels as usize
        });
        assert_eq!(seen.expect("looked at"), 64);
        assert!(!frame.is_dma_buf());
    }
    let extras = frames[0].send().extras.as_ref().expect("extensions");
    assert_eq!((extras.pts_ns, extras.deadline_ns), (Some(-5), i64::MAX));
}

#[test]
fn a_number_may_become_other_memory() {
    let mut engine = Engine::new();
    let mut consumer = engine.consumer(true);
    let rings = [noise(4096, 1), noise(4096, 2)];
    engine.lend(&placed(1, 0), &[memfd(&rings[0])]);
    let first = frame(&mut consumer);
    engine.lend(&placed(2, 0), &[memfd(&rings[1])]);
    let second = frame(&mut consumer);
    engine.lend(&placed(3, 64), &[]);
    let third = frame(&mut consumer);
    assert_eq!(copied(&first, 1), rings[0][64..68]);
    assert_eq!(copied(&second, 1), rings[1][64..68]);
    assert_eq!(copied(&third, 1), rings[1][128..132]);
}

#[test]
fn a_format_of_tomorrow_has_the_planes_that_are_told() {
    let mut engine = Engine::new();
    let mut consumer = engine.consumer(true);
    let ring = noise(4096, 1);
    let mut message = placed(1, 0);
    message["format"] = "AV99".into();
    message["planes"] = json!([{"offset": 5, "stride": 16, "size": 32}]);
    engine.lend(&message, &[memfd(&ring)]);
    assert_eq!(copied(&frame(&mut consumer), 0), ring[5..37]);
}

#[test]
fn planes_that_are_not_in_their_memory_are_refused() {
    let mut engine = Engine::new();
    let mut consumer = engine.consumer(true);
    engine.lend(&placed(1, 0), &[memfd(&noise(4096, 1))]);
    drop(frame(&mut consumer));
    engine.hear();
    let wrong: [(&str, &str, Value); 14] = [
        ("memory", "/planes/1/offset", json!(4093)),
        ("memory", "/planes/1/offset", json!(u64::MAX)),
        ("memory", "/planes/0/size", json!(1u64 << 40)),
        ("planes", "/planes/0/stride", json!(u32::MAX)),
        ("planes", "/planes/1/stride", json!(3)),
        ("planes", "/planes/0/size", json!(19)),
        ("planes", "/planes", json!([])),
        ("planes", "/width", json!(u32::MAX)),
        ("planes", "/height", json!(u32::MAX)),
        ("modifier", "/modifier", json!(1)),
        ("unknown_buffer", "/buffer_id", json!(4)),
        ("malformed", "/planes/0/offset", json!(-1)),
        ("malformed", "/planes/0", json!([0, 16, 20])),
        ("malformed", "/planes", json!({})),
    ];
    for (sequence, (code, pointer, value)) in (2..).zip(wrong) {
        let mut message = placed(sequence, 0);
        *message.pointer_mut(pointer).expect("is there") = value;
        engine.lend(&message, &[]);
        let heard = engine.hear_refusal(&mut consumer, code);
        assert_eq!(heard["sequence"], sequence, "{pointer}");
    }
    engine.lend(&placed(99, 0), &[]);
    assert_eq!(frame(&mut consumer).send().sequence, 99);
}
