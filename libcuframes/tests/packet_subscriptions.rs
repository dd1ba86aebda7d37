//! Subscriptions to packets: beside frames, over restarts and reconfigurations, and polled.

mod common;

use std::time::Duration;

use common::encoded::{SMALL, packets_only, put, take};
use common::{WATCHDOG, is_whole, key, next, publisher, send, shared, strict};
use cuframes::{
    Codec, Error, ErrorCode, Format, Mode, PacketFlags, PacketRing, PacketStart, Subscriber,
};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

const SHORT: Option<Duration> = Some(Duration::from_millis(50));

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

/// Who asks while a publisher is just beginning with packets gets them, or is told that there are
/// none yet; never half of each.
#[test]
fn asking_while_packets_begin() {
    let _guard = shared();
    let mut granted = 0;
    for round in 0..40 {
        let key = key(&format!("begin{round}"));
        let mut source = publisher(&key).build().expect("publisher");
        let asking = std::thread::scope(|scope| {
            let asking = scope.spawn(|| {
                let ask = || {
                    Subscriber::builder(&key)
                        .packets_only(PacketStart::Next)
                        .connect()
                };
                loop {
                    match ask() {
                        Ok(_) => return 1,
                        Err(Error::NoPacketRing { .. }) => {}
                        Err(error) => panic!("round {round}: {error}"),
                    }
                }
            });
            source.enable_packets(SMALL).expect("the first time");
            asking.join().expect("the reader")
        });
        granted += asking;
    }
    assert_eq!(granted, 40);
}
