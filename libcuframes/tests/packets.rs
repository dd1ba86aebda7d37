//! Packets beside frames: whole, in their order, from a key packet on, and every loss is told.

mod common;

use std::path::Path;
use std::time::Duration;

use common::encoded::{SMALL, packets_only, put, take};
use common::{WATCHDOG, key, publisher, shared, strict};
use cuframes::{Codec, Error, ErrorCode, Format, PacketFlags, PacketMeta, PacketRing, PacketStart};

const SHORT: Option<Duration> = Some(Duration::from_millis(50));

#[test]
fn a_late_reader_begins_with_the_newest_key_packet() {
    let _guard = shared();
    let key = key("late");
    let builder = publisher(&key).enable_packets(PacketRing::default());
    let mut source = builder.build().expect("publisher");
    source.set_codec_params(Codec::H264, b"one").expect("small");
    for number in 1..=7 {
        put(&mut source, number % 3 == 1);
    }
    let mut late = packets_only(&key);
    let next_one = strict(&key, "later").packets_only(PacketStart::Next);
    let mut later = next_one.connect().expect("reader");
    put(&mut source, false);
    put(&mut source, true);
    let info = cuframes::keys::info(&key, &[]).expect("info");
    let packets = info.packets.expect("a ring");
    assert_eq!((packets.codec, packets.slots), (Some(Codec::H264), 64));
    assert_eq!((packets.latest_seq, packets.latest_key), (9, 9));
    assert!(info.has_frames && info.subscribers.len() == 2);
    source.finish().expect("finish");
    let seen: Vec<_> = (0..3).map(|_| take(&mut late)).collect();
    assert_eq!(
        seen.iter().map(|info| info.seq).collect::<Vec<_>>(),
        [7, 8, 9]
    );
    assert_eq!(seen[0].flags, PacketFlags::KEY);
    assert_eq!(seen[1].flags, PacketFlags::empty());
    assert_eq!(take(&mut later).seq, 9);
    for reader in [&mut late, &mut later] {
        for _ in 0..2 {
            let error = reader.next_packet(Some(WATCHDOG)).expect_err("the end");
            assert_eq!(error.code(), ErrorCode::EndOfStream);
        }
        let params = reader.codec_params().expect("delivered with them");
        assert_eq!(
            (params.codec, &params.extradata[..]),
            (Codec::H264, &b"one"[..])
        );
    }
    let stats = late.stats();
    assert_eq!(
        (stats.packets, stats.packets_missed, stats.last_packet_seq),
        (3, 0, 9)
    );
}

#[test]
fn a_loss_is_told_once_and_the_next_one_is_a_key_packet() {
    let _guard = shared();
    let key = key("overrun");
    let mut source = publisher(&key)
        .enable_packets(SMALL)
        .build()
        .expect("publisher");
    put(&mut source, true);
    let mut reader = packets_only(&key);
    assert_eq!(take(&mut reader).seq, 1);
    for number in 2..=40 {
        put(&mut source, number == 38);
    }
    let error = reader.next_packet(SHORT).expect_err("a loss");
    assert!(
        matches!(error, Error::PacketOverrun { seq: 2, .. }),
        "{error}"
    );
    assert_eq!(error.code(), ErrorCode::PacketOverrun);
    let info = take(&mut reader);
    assert_eq!(
        (info.seq, info.flags),
        (38, PacketFlags::KEY | PacketFlags::DISCONTINUITY)
    );
    assert_eq!((take(&mut reader).seq, take(&mut reader).seq), (39, 40));
    let error = reader.next_packet(SHORT).expect_err("nothing");
    assert_eq!(error.code(), ErrorCode::Timeout);
    let stats = reader.stats();
    assert_eq!(
        (stats.packets, stats.packet_overruns, stats.packets_missed),
        (4, 1, 36)
    );
}

#[test]
fn what_a_ring_does_not_take() {
    let _guard = shared();
    let key = key("sizes");
    let mut source = publisher(&key)
        .enable_packets(SMALL)
        .build()
        .expect("publisher");
    assert_eq!(source.largest_packet(), 1024);
    source
        .set_codec_params(Codec::HEVC, b"kept")
        .expect("small");
    let key_packet = PacketMeta {
        flags: PacketFlags::KEY,
        ..PacketMeta::default()
    };
    for size in [0, 1025] {
        let error = source
            .publish_packet(&vec![0; size], &key_packet)
            .expect_err("its size");
        assert_eq!(error.code(), ErrorCode::PacketOversized);
        assert!(
            error.to_string().contains(&format!("{size} bytes")),
            "{error}"
        );
    }
    let error = source
        .set_codec_params(Codec::HEVC, &[0; 4033])
        .expect_err("its size");
    assert_eq!(error.code(), ErrorCode::InvalidArgument);
    let mut reader = packets_only(&key);
    let error = reader.codec_params().expect_err("not set yet");
    assert_eq!(error.code(), ErrorCode::NoCodecParams);
    assert_eq!(
        source
            .publish_packet(&[7; 1024], &key_packet)
            .expect("largest"),
        1
    );
    assert_eq!(reader.codec_params().expect("set").extradata, b"kept");
    // A buffer that is too small loses nothing.
    let mut buffer = [0; 1024];
    let error = reader
        .next_packet_into(&mut buffer[..1023], SHORT)
        .expect_err("too small");
    assert!(
        matches!(
            error,
            Error::PacketOversized {
                size: 1024,
                largest: 1023,
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(reader.largest_packet(), 1024);
    let info = reader
        .next_packet_into(&mut buffer, SHORT)
        .expect("it fits");
    assert_eq!((info.seq, info.size, buffer), (1, 1024, [7; 1024]));
    assert_eq!((info.pts, info.dts, info.duration), (None, None, 0));
    assert_eq!(info.flags, PacketFlags::KEY | PacketFlags::NEW_EXTRADATA);
}

#[test]
fn times_that_run_backwards_are_passed_on_and_flagged() {
    let _guard = shared();
    let key = key("dts");
    let builder = publisher(&key).enable_packets(PacketRing::default());
    let mut source = builder.build().expect("publisher");
    let mut reader = packets_only(&key);
    let times = [Some(10), Some(20), Some(20), None, Some(15), Some(16)];
    for dts in times {
        let meta = PacketMeta {
            dts,
            flags: PacketFlags::KEY,
            ..PacketMeta::default()
        };
        source.publish_packet(b"x", &meta).expect("a packet");
    }
    let backwards = [false, false, false, false, true, false];
    for (dts, backwards) in times.into_iter().zip(backwards) {
        let info = *reader.next_packet(SHORT).expect("a packet").info();
        assert_eq!(info.dts, dts);
        assert_eq!(
            info.flags.contains(PacketFlags::DISCONTINUITY),
            backwards,
            "{dts:?}"
        );
    }
}

#[test]
fn a_publisher_without_packets_says_so() {
    let _guard = shared();
    let key = key("none");
    let mut source = publisher(&key).build().expect("publisher");
    let error = source
        .publish_packet(b"x", &PacketMeta::default())
        .expect_err("no ring");
    assert_eq!(error.code(), ErrorCode::NoPacketRing);
    let error = source
        .set_codec_params(Codec::AV1, b"")
        .expect_err("no ring");
    assert_eq!(error.code(), ErrorCode::NoPacketRing);
    for builder in [
        strict(&key, "both").packets(PacketStart::Next),
        strict(&key, "only").packets_only(PacketStart::Keyframe),
    ] {
        let error = builder.connect().expect_err("no ring");
        assert_eq!(error.code(), ErrorCode::NoPacketRing, "{error}");
    }
    let mut reader = strict(&key, "frames").connect().expect("reader");
    let error = reader.next_packet(SHORT).expect_err("not asked for");
    assert_eq!(error.code(), ErrorCode::InvalidArgument);
}

#[test]
fn a_publisher_without_frames_says_so() {
    let _guard = shared();
    let key = key("nothing-else");
    let mut source = publisher(&key).packets_only().build().expect("publisher");
    let error = source.acquire().expect_err("no frames");
    assert_eq!(error.code(), ErrorCode::Unsupported);
    assert!(source.try_acquire().is_none());
    let error = strict(&key, "frames").connect().expect_err("no frames");
    assert!(
        error.to_string().contains("only encoded packets"),
        "{error}"
    );
    let mut reader = packets_only(&key);
    assert_eq!((reader.layout().width, reader.layout().height), (64, 48));
    let error = reader.next(SHORT).expect_err("no frames");
    assert_eq!(error.code(), ErrorCode::Unsupported);
    put(&mut source, true);
    assert_eq!(take(&mut reader).seq, 1);
    source
        .reconfigure(Format::Nv12, 128, 72)
        .expect("a new size");
    put(&mut source, false);
    assert_eq!(take(&mut reader).seq, 2);
    let error = reader.next_packet(SHORT).expect_err("nothing");
    assert_eq!(
        (error.code(), reader.layout().width),
        (ErrorCode::Timeout, 128)
    );
    let info = cuframes::keys::info(&key, &[]).expect("info");
    assert_eq!((info.layout.height, info.has_frames), (72, false));
    let error = cuframes::Observer::connect(&key, &[]).expect_err("no frames");
    assert_eq!(error.code(), ErrorCode::Unsupported);
}

#[test]
fn the_segment_goes_with_its_publisher() {
    let _guard = shared();
    for anonymous in [false, true] {
        let key = key(&format!("name{anonymous}"));
        let path = format!("/dev/shm/cuframes-{key}-packets");
        let builder = publisher(&key).enable_packets(SMALL).anonymous(anonymous);
        let mut source = builder.build().expect("publisher");
        assert_eq!(Path::new(&path).exists(), !anonymous);
        let mut reader = packets_only(&key);
        put(&mut source, true);
        assert_eq!(take(&mut reader).seq, 1);
        drop(source);
        assert!(!Path::new(&path).exists());
    }
    // One that a killed publisher left is taken away by the next, which has none.
    let key = key("stale");
    let path = format!("/dev/shm/cuframes-{key}-packets");
    std::fs::write(&path, b"stale").expect("a file");
    let source = publisher(&key).build().expect("publisher");
    assert!(!Path::new(&path).exists());
    drop(source);
}

#[test]
fn rings_that_cannot_be() {
    let _guard = shared();
    let key = key("rings");
    for (slots, bytes) in [(0, 4096), (4097, 4096), (8, 0), (8, u64::MAX)] {
        let ring = PacketRing {
            slots,
            bytes,
            largest: None,
        };
        let error = publisher(&key)
            .enable_packets(ring)
            .build()
            .expect_err("its size");
        assert_eq!(error.code(), ErrorCode::InvalidArgument, "{error}");
    }
    let ring = PacketRing {
        slots: 9,
        bytes: 5000,
        largest: Some(100),
    };
    let source = publisher(&key)
        .enable_packets(ring)
        .build()
        .expect("rounded up");
    assert_eq!(source.largest_packet(), 100);
    assert_eq!(packets_only(&key).largest_packet(), 2048);
}
