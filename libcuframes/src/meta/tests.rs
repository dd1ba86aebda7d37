use super::*;
use crate::format::Format;
use zerocopy::FromZeros;

fn layout() -> FrameLayout {
    FrameLayout::new(Format::Nv12, 64, 48).expect("possible")
}

fn full() -> FrameMeta {
    FrameMeta {
        pts: Some(-5),
        duration: 40,
        flags: FrameFlags::KEY | FrameFlags::INTERLACED | FrameFlags::TOP_FIELD_FIRST,
        color: Color {
            primaries: 9,
            transfer: 16,
            matrix: 9,
            range: ColorRange::Full,
        },
        crop: Crop {
            left: 1,
            top: 2,
            right: 3,
            bottom: 4,
        },
        packet_seq: 99,
    }
}

#[test]
fn everything_goes_through_the_slot_and_back() {
    let slot = full().to_wire(7);
    assert_eq!((slot.seq, slot.publish_ns, slot.data_offset), (7, 0, 0));
    assert_eq!(
        (slot.flags, slot.color, slot.crop),
        (25, [9, 16, 9, 2], [1, 2, 3, 4])
    );
    assert_eq!(FrameMeta::from_wire(&slot, &layout()), full());
}

#[test]
fn no_time_and_no_colour_stay_unknown() {
    let slot = FrameMeta::default().to_wire(1);
    assert_eq!((slot.pts_ns, slot.color), (i64::MIN, [2, 2, 2, 0]));
    assert_eq!(FrameMeta::from_wire(&slot, &layout()), FrameMeta::default());
    let zeroed = FrameMeta::from_wire(&SlotMeta::new_zeroed(), &layout());
    assert_eq!(
        zeroed,
        FrameMeta {
            pts: Some(0),
            ..FrameMeta::default()
        }
    );
}

#[test]
fn what_makes_no_sense_is_read_as_unknown() {
    let slot = SlotMeta {
        flags: u32::MAX,
        duration_ns: -1,
        color: [255, 0, 1, 3],
        crop: [32, 0, 32, 0],
        ..SlotMeta::new_zeroed()
    };
    let meta = FrameMeta::from_wire(&slot, &layout());
    assert_eq!(meta.flags, FrameFlags::all());
    assert_eq!((meta.duration, meta.crop), (0, Crop::default()));
    let color = Color {
        primaries: 255,
        transfer: 2,
        matrix: 1,
        range: ColorRange::Unknown,
    };
    assert_eq!(meta.color, color);
}

#[test]
fn a_crop_must_leave_a_pixel() {
    let crop = |left, top, right, bottom| FrameMeta {
        crop: Crop {
            left,
            top,
            right,
            bottom,
        },
        ..FrameMeta::default()
    };
    assert_eq!(crop(32, 24, 31, 23).validate(&layout()), Ok(()));
    for meta in [
        crop(32, 0, 32, 0),
        crop(0, 48, 0, 0),
        crop(u16::MAX, 0, u16::MAX, 0),
    ] {
        let error = meta.validate(&layout()).expect_err("nothing left");
        assert!(error.to_string().contains("64x48"), "{error}");
    }
}

#[test]
fn the_stream_goes_through_the_header_and_back() {
    let info = StreamInfo {
        fps: (30_000, 1001),
        sar: (4, 3),
        mastering: Mastering {
            primaries: [1, 2, 3, 4, 5, 6, 7, 8],
            max_luminance: 10_000_000,
            min_luminance: 50,
        },
        max_cll: 1000,
        max_fall: 400,
    };
    assert_eq!(StreamInfo::from(StreamFields::from(info)), info);
}
