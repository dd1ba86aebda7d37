//! Everything that is said about a frame and about the stream arrives with it.

mod common;

use common::{key, next, shared, strict};
use cuframes::{Color, ColorRange, Crop, FrameFlags, FrameMeta, Mastering, StreamInfo};

#[test]
fn what_is_said_about_a_frame_arrives() {
    let _guard = shared();
    let key = key("meta");
    let mut publisher = common::publisher(&key).build().expect("publisher");
    let mut subscriber = strict(&key, "reader").connect().expect("subscriber");
    let full = FrameMeta {
        pts: Some(-1),
        duration: 40_000_000,
        flags: FrameFlags::all(),
        color: Color {
            primaries: 9,
            transfer: 16,
            matrix: 10,
            range: ColorRange::Full,
        },
        crop: Crop {
            left: 1,
            top: 2,
            right: 3,
            bottom: 4,
        },
        packet_seq: 1 << 40,
    };
    let each = FrameFlags::all().iter().map(|flags| FrameMeta {
        flags,
        ..FrameMeta::default()
    });
    let zero = FrameMeta {
        pts: Some(0),
        ..FrameMeta::default()
    };
    let metas: Vec<FrameMeta> = [full, FrameMeta::default(), zero]
        .into_iter()
        .chain(each)
        .collect();
    assert_eq!(metas.len(), 8);
    for meta in metas {
        let before = cuframes::now_ns();
        let frame = publisher.acquire().expect("acquire").expect("a slot");
        publisher.publish(frame, &meta).expect("publish");
        let frame = next(&mut subscriber);
        assert_eq!(frame.meta(), meta);
        assert_eq!((frame.pts(), frame.flags()), (meta.pts, meta.flags));
        assert!((before..=cuframes::now_ns()).contains(&frame.publish_ns()));
    }
    let nothing_left = FrameMeta {
        crop: Crop {
            left: 32,
            right: 32,
            ..Crop::default()
        },
        ..FrameMeta::default()
    };
    let frame = publisher.acquire().expect("acquire").expect("slot");
    let error = publisher
        .publish(frame, &nothing_left)
        .expect_err("no picture is left");
    assert_eq!(error.code(), cuframes::ErrorCode::InvalidArgument);
    assert_eq!(publisher.stats().published, 8);
}

#[test]
fn what_is_said_about_the_stream_arrives() {
    let _guard = shared();
    let key = key("stream");
    let info = StreamInfo {
        fps: (30000, 1001),
        sar: (4, 3),
        mastering: Mastering {
            primaries: [1, 2, 3, 4, 5, 6, 7, 8],
            max_luminance: 10_000_000,
            min_luminance: 50,
        },
        max_cll: 1000,
        max_fall: 400,
    };
    let builder = common::publisher(&key).stream_info(info);
    let mut publisher = builder.build().expect("publisher");
    let mut subscriber = strict(&key, "reader").connect().expect("subscriber");
    assert_eq!(subscriber.stream_info(), info);
    let unknown = StreamInfo::default();
    publisher.set_stream_info(unknown).expect("news");
    common::send(&mut publisher);
    let frame = next(&mut subscriber);
    assert_eq!(subscriber.stream_info(), unknown);
    assert!(frame.flags().contains(FrameFlags::DISCONTINUITY));
}
