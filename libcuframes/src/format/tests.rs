use super::*;

#[test]
fn every_format_is_known_by_its_names_and_its_number() {
    let ffmpeg = "nv12 p010le yuv420p yuyv422 uyvy422 bgr24 rgb24 bgra rgba bgr0 rgb0 gray";
    assert_eq!(Format::ALL.map(Format::ffmpeg_name).join(" "), ffmpeg);
    assert_eq!(Format::ALL.map(Format::fourcc), fourcc::ALL);
    for format in Format::ALL {
        assert_eq!(Format::from_fourcc(format.fourcc()), Ok(format));
        assert_eq!(format.ffmpeg_name().parse(), Ok(format));
        assert_eq!(format.fourcc_name().parse(), Ok(format));
        assert_eq!(format.to_string(), format.ffmpeg_name());
        let padded = format!("{:4}", format.fourcc_name());
        assert_eq!(padded.as_bytes(), format.fourcc().to_le_bytes());
        assert!(format.plane_count() >= 1, "{format} is in the table");
    }
}

#[test]
fn names_that_are_none_are_refused_with_the_list() {
    for name in [
        "",
        "NV13",
        "Nv12",
        "YUV420P",
        "nv12 ",
        "R8  ",
        "bgr24\u{1B}",
    ] {
        let error = name.parse::<Format>().expect_err(name);
        assert_eq!(error.code(), ErrorCode::InvalidArgument);
        let text = error.to_string();
        assert!(
            text.contains("nv12, p010le") && text.contains("gray"),
            "{text}"
        );
        assert!(!text.chars().any(char::is_control), "{text:?}");
    }
    assert!(
        "x".repeat(1 << 20)
            .parse::<Format>()
            .expect_err("long")
            .to_string()
            .len()
            < 400
    );
    let unknown = Format::from_fourcc(0x3031_5659).expect_err("YV10");
    assert_eq!(unknown.code(), ErrorCode::Unsupported);
}

#[test]
fn rows_begin_at_multiples_of_the_alignment_and_planes_follow_each_other() {
    let layout = FrameLayout::new(Format::Yu12, 257, 5).expect("possible");
    assert_eq!(layout.plane_count, 3);
    assert_eq!(layout.plane_pitch, [512, 256, 256, 0]);
    assert_eq!(layout.plane_offset, [0, 2560, 3328, 0]);
    assert_eq!(layout.frame_size, 4096);
    assert_eq!((layout.plane_rows(1), layout.plane_row_bytes(1)), (3, 129));
    assert_eq!(layout.plane_bytes(0), 4 * 512 + 257);
    assert_eq!((layout.offset(2), layout.pitch(2)), (3328, 256));
}

#[test]
fn a_plane_that_is_not_there_has_nothing() {
    let layout = FrameLayout::new(Format::Nv12, 64, 64).expect("possible");
    for plane in [2, 3, 4, usize::MAX] {
        assert_eq!(
            (
                layout.offset(plane),
                layout.pitch(plane),
                layout.plane_bytes(plane)
            ),
            (0, 0, 0)
        );
        assert_eq!(
            (layout.plane_rows(plane), layout.plane_row_bytes(plane)),
            (0, 0)
        );
    }
}

#[test]
fn sizes_that_no_picture_has_are_refused() {
    for (width, height) in [(0, 1), (1, 0), (32769, 1), (1, 65536), (u32::MAX, u32::MAX)] {
        let error = FrameLayout::new(Format::R8, width, height);
        assert_eq!(error, Err(FormatError::Size { width, height }));
    }
}

#[test]
fn the_layout_of_every_format_and_extreme_size_passes_the_readers_checks() {
    let sizes = [
        (1, 1),
        (2, 1),
        (3, 3),
        (255, 257),
        (1920, 1080),
        (32768, 1),
        (1, 32768),
        (32768, 32768),
    ];
    for format in Format::ALL {
        for (width, height) in sizes {
            let layout = FrameLayout::new(format, width, height).expect("possible");
            let geometry = layout.host_geometry(4, layout.frame_size * 4, 7);
            assert_eq!(geometry.check(), Ok(()), "{format} {width}x{height}");
            assert_eq!(FrameLayout::from_geometry(&geometry), Ok(layout));
            assert!(layout.packed_size() <= layout.frame_size);
        }
    }
    let largest = FrameLayout::new(Format::Ab24, 32768, 32768).expect("possible");
    assert_eq!(largest.frame_size, 1 << 32);
}

#[test]
fn a_publisher_of_packets_alone_has_planes_of_nothing() {
    let layout = FrameLayout::without_frames(64, 48).expect("possible");
    let mut geometry = layout.host_geometry(2, 0, 7);
    geometry.flags = crate::wire::header_flag::PACKETS_ONLY;
    assert_eq!(geometry.check(), Ok(()));
    assert_eq!(FrameLayout::from_geometry(&geometry), Ok(layout));
    assert_eq!((layout.width, layout.height), (64, 48));
    assert_eq!((layout.frame_size, layout.plane_bytes(0)), (0, 0));
}

#[test]
fn room_beside_the_picture_changes_where_planes_begin_and_nothing_else() {
    for format in Format::ALL {
        let plain = FrameLayout::new(format, 40, 30).expect("possible");
        let same = FrameLayout::with_room(format, 40, 30, (1, 30));
        assert_eq!(same, Ok(plain), "{format}");
        let roomy = FrameLayout::with_room(format, 40, 30, (600, 34)).expect("possible");
        let larger = FrameLayout::new(format, 600, 34).expect("possible");
        assert_eq!(roomy.plane_offset, larger.plane_offset, "{format}");
        assert_eq!(roomy.plane_pitch, larger.plane_pitch, "{format}");
        assert_eq!(roomy.frame_size, larger.frame_size, "{format}");
        assert_eq!((roomy.width, roomy.height), (40, 30));
        assert_eq!(roomy.packed_size(), plain.packed_size(), "{format}");
        let geometry = roomy.host_geometry(4, roomy.frame_size * 4, 7);
        assert_eq!(FrameLayout::from_geometry(&geometry), Ok(roomy));
        assert_eq!(geometry.check(), Ok(()), "{format}");
    }
    let most = FrameLayout::with_room(Format::R8, 1, 1, (u32::MAX, u32::MAX)).expect("possible");
    assert_eq!(most.frame_size, 1 << 32);
}
