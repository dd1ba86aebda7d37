//! Packets beside frames: whole, in their order, from a key packet on, and every loss is told.

mod common;

use std::path::Path;
use std::time::Duration;

use common::{WATCHDOG, is_whole, key, next, publisher, send, shared, strict};
use cuframes::{
    Codec, Error, ErrorCode, Format, Mode, PacketFlags, PacketInfo, PacketMeta, PacketRing,
    PacketStart, Publisher, Subscriber,
};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

const SMALL: PacketRing = PacketRing {
    slots: 8,
    bytes: 4096,
    largest: None,
};
const SHORT: Option<Duration> = Some(Duration::from_millis(50));

/// Bytes that only packet `number` has.
fn bytes(number: u64) -> Vec<u8> {
    (0..1 + number % 300)
        .map(|at| (number * 7 + at) as u8)
        .collect()
}

fn flags(is_key: bool) -> PacketFlags {
    match is_key {
        true => PacketFlags::KEY,
        false => PacketFlags::empty(),
    }
}

/// Publishes the next packet, with times that follow from its number.
fn put(source: &mut Publisher, is_key: bool) -> u64 {
    let number = source.stats().packets.expect("a ring").published + 1;
    let meta = PacketMeta {
        pts: Some(number as i64 * 40),
        dts: Some(number as i64 * 40 - 80),
        duration: 40,
        flags: flags(is_key),
        ..PacketMeta::default()
    };
    let seq = source
        .publish_packet(&bytes(number), &meta)
        .expect("a packet");
    assert_eq!(seq, number);
    seq
}

/// The next packet, which has to come, and to be whole.
fn take(reader: &mut Subscriber) -> PacketInfo {
    let packet = reader.next_packet(Some(WATCHDOG)).expect("a packet");
    let info = *packet.info();
    assert_eq!(packet.data(), bytes(info.seq), "packet {}", info.seq);
    let pts = info.seq as i64 * 40;
    assert_eq!(
        (info.pts, info.dts, info.duration),
        (Some(pts), Some(pts - 80), 40)
    );
    assert_eq!(info.size, packet.data().len());
    info
}

fn packets_only(key: &str) -> Subscriber {
    let builder = Subscriber::builder(key).packets_only(PacketStart::Keyframe);
    builder.connect().expect("a reader of packets")
}

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
fn who_was_waited_for_gets_the_first_packet() {
    let _guard = shared();
    for start in [PacketStart::Keyframe, PacketStart::Next].repeat(20) {
        let key = key("waited");
        let mut source = publisher(&key)
            .enable_packets(SMALL)
            .build()
            .expect("publisher");
        let connect = std::thread::spawn(move || {
            let builder = Subscriber::builder(&key).packets_only(start);
            builder.connect().expect("a reader of packets")
        });
        source
            .wait_subscribers(1, Some(WATCHDOG))
            .expect("a subscriber");
        for number in 1..=4 {
            put(&mut source, number == 1);
        }
        let mut reader = connect.join().expect("the reader's thread");
        for number in 1..=4 {
            assert_eq!(take(&mut reader).seq, number);
        }
    }
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
fn frames_and_packets_through_one_subscription() {
    let _guard = shared();
    let key = key("both");
    let builder = publisher(&key)
        .enable_packets(PacketRing::default())
        .slots(4);
    let mut source = builder.build().expect("publisher");
    let builder = strict(&key, "both").packets(PacketStart::Keyframe);
    let mut reader = builder.connect().expect("reader");
    put(&mut source, true);
    send(&mut source);
    put(&mut source, false);
    send(&mut source);
    // The old geometry's frames are not passed over by who reads packets first.
    source.reconfigure(Format::R8, 32, 16).expect("a new size");
    put(&mut source, false);
    send(&mut source);
    assert_eq!(
        (
            take(&mut reader).seq,
            take(&mut reader).seq,
            take(&mut reader).seq
        ),
        (1, 2, 3)
    );
    let error = reader.next_packet(SHORT).expect_err("nothing");
    assert_eq!(
        (error.code(), reader.layout().width),
        (ErrorCode::Timeout, 64)
    );
    for seq in 1..=3 {
        let frame = next(&mut reader);
        assert_eq!((frame.seq(), is_whole(&frame)), (seq, true));
    }
    assert_eq!(reader.layout().width, 32);
    put(&mut source, false);
    let info = take(&mut reader);
    assert_eq!(
        (info.seq, info.flags),
        (4, PacketFlags::empty()),
        "the same position"
    );
    source.finish().expect("finish");
    let error = reader.next_packet(Some(WATCHDOG)).expect_err("the end");
    assert_eq!(error.code(), ErrorCode::EndOfStream);
    let error = reader.next(Some(WATCHDOG)).expect_err("the end");
    assert_eq!(error.code(), ErrorCode::EndOfStream);
}

#[test]
fn the_next_publisher_begins_with_a_key_packet() {
    let _guard = shared();
    let key = key("restart");
    let start = |extradata: &[u8]| {
        let builder = publisher(&key).enable_packets(PacketRing::default());
        let mut source = builder.build().expect("publisher");
        source
            .set_codec_params(Codec::H264, extradata)
            .expect("small");
        source
    };
    let mut first = start(b"first");
    let mut reader = packets_only(&key);
    put(&mut first, true);
    put(&mut first, false);
    drop(first);
    // What it had published is read to the last packet.
    assert_eq!((take(&mut reader).seq, take(&mut reader).seq), (1, 2));
    let error = reader.next_packet(SHORT).expect_err("it is away");
    assert_eq!(error.code(), ErrorCode::Timeout);
    let mut second = start(b"second");
    put(&mut second, false);
    put(&mut second, true);
    let info = take(&mut reader);
    let resumed = PacketFlags::KEY | PacketFlags::NEW_EXTRADATA | PacketFlags::DISCONTINUITY;
    assert_eq!((info.seq, info.flags), (2, resumed));
    assert_eq!(reader.codec_params().expect("its own").extradata, b"second");
    assert_eq!(reader.stats().reattached, 1);
}

fn is_readable(reader: &mut Subscriber, limit: Duration) -> bool {
    let fd = reader.poll_fd().expect("a descriptor");
    let mut fds = [PollFd::new(&fd, PollFlags::IN)];
    let limit = Timespec {
        tv_sec: limit.as_secs() as i64,
        tv_nsec: limit.subsec_nanos().into(),
    };
    poll(&mut fds, Some(&limit)).expect("poll") == 1
}

/// Everything there is, frames first or packets first.
fn drain(reader: &mut Subscriber, frames_first: bool) -> (Vec<u64>, Vec<u64>) {
    let (mut frames, mut packets) = (Vec::new(), Vec::new());
    for is_frames in [frames_first, !frames_first] {
        loop {
            let outcome = match is_frames {
                true => reader
                    .next(Some(Duration::ZERO))
                    .map(|f| frames.push(f.seq())),
                false => {
                    let packet = reader.next_packet(Some(Duration::ZERO));
                    packet.map(|packet| packets.push(packet.info().seq))
                }
            };
            match outcome {
                Ok(()) => {}
                Err(Error::WouldBlock) => break,
                Err(error) => panic!("{error}"),
            }
        }
    }
    (frames, packets)
}

#[test]
fn one_descriptor_tells_of_both() {
    let _guard = shared();
    let key = key("poll");
    let builder = publisher(&key)
        .enable_packets(PacketRing::default())
        .slots(4);
    let mut source = builder.build().expect("publisher");
    let builder = Subscriber::builder(&key).mode(Mode::StrictOrder);
    let mut reader = builder
        .packets(PacketStart::Keyframe)
        .connect()
        .expect("reader");
    for frames_first in [true, false] {
        reader.poll_fd().expect("a descriptor");
        drain(&mut reader, frames_first);
        assert!(!is_readable(&mut reader, Duration::ZERO));
        for _ in 0..20 {
            let packet = put(&mut source, true);
            assert!(is_readable(&mut reader, WATCHDOG), "packet {packet}");
            assert_eq!(drain(&mut reader, frames_first), (vec![], vec![packet]));
            let frame = send(&mut source);
            assert!(is_readable(&mut reader, WATCHDOG), "frame {frame}");
            assert_eq!(drain(&mut reader, frames_first), (vec![frame], vec![]));
            assert!(!is_readable(&mut reader, Duration::ZERO));
        }
        // What comes between the two questions is not forgotten.
        assert!(matches!(
            reader.next(Some(Duration::ZERO)),
            Err(Error::WouldBlock)
        ));
        let frame = send(&mut source);
        let nothing = reader.next_packet(Some(Duration::ZERO));
        assert!(matches!(nothing, Err(Error::WouldBlock)));
        assert!(is_readable(&mut reader, WATCHDOG));
        assert_eq!(drain(&mut reader, frames_first), (vec![frame], vec![]));
        assert!(matches!(
            reader.next_packet(Some(Duration::ZERO)),
            Err(Error::WouldBlock)
        ));
        let packet = put(&mut source, true);
        assert!(matches!(
            reader.next(Some(Duration::ZERO)),
            Err(Error::WouldBlock)
        ));
        assert!(is_readable(&mut reader, WATCHDOG));
        assert_eq!(drain(&mut reader, frames_first), (vec![], vec![packet]));
    }
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
fn a_publisher_that_begins_with_packets_later_on() {
    let _guard = shared();
    let key = key("later");
    let mut source = publisher(&key).slots(4).build().expect("publisher");
    let mut frames = strict(&key, "frames").connect().expect("reader");
    send(&mut source);
    let before = source.epoch();
    source.enable_packets(SMALL).expect("the first time");
    let error = source.enable_packets(SMALL).expect_err("the second time");
    assert_eq!(error.code(), ErrorCode::InvalidArgument);
    send(&mut source);
    let mut reader = packets_only(&key);
    put(&mut source, true);
    assert_eq!(take(&mut reader).seq, 1);
    assert_eq!((next(&mut frames).seq(), next(&mut frames).seq()), (1, 2));
    assert_ne!(frames.epoch(), before);
    assert_eq!(frames.stats().missed, 0);
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
