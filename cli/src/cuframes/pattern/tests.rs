use super::number::Cells;
use super::*;
use cuframes::Format;

/// What a slot holds before: nothing of it may be left over in the picture.
const OLD: u8 = 0xA5;

fn picture(format: Format, width: u32, height: u32, number: u64) -> (FrameLayout, Vec<Vec<u8>>) {
    let layout = FrameLayout::new(format, width, height).expect("a layout");
    let pattern = Pattern::new(&layout).expect("a pattern for every format");
    let scene = pattern.scene(number);
    let planes = (0..layout.plane_count).map(|plane| {
        let mut bytes = vec![OLD; layout.plane_bytes(plane)];
        pattern.draw_plane(&mut bytes, plane, &scene);
        bytes
    });
    (layout, planes.collect())
}

/// A pixel as the first samples of its format: luma, or green where there is none.
fn brightness(layout: &FrameLayout, planes: &[Vec<u8>], x: u32, y: u32) -> u8 {
    let (x, row) = (x as usize, &planes[0][layout.pitch(0) * y as usize..]);
    match layout.format {
        Format::Nv12 | Format::Yu12 | Format::R8 => row[x],
        Format::P010 => row[2 * x + 1],
        Format::Yuyv => row[2 * x],
        Format::Uyvy => row[2 * x + 1],
        Format::Rg24 | Format::Bg24 => row[3 * x + 1],
        _ => row[4 * x + 1],
    }
}

/// Reads the number back as a test of somebody else would: the middle of each cell, and
/// `None` if top and bottom differ.
fn read_number(layout: &FrameLayout, planes: &[Vec<u8>]) -> Option<u64> {
    let Cells { side, bits } = Cells::of(layout.width, layout.height);
    let line = |y: u32| {
        (0..bits).fold(0, |number, place| {
            let bright = brightness(layout, planes, place * side + side / 2, y) >= 128;
            number << 1 | u64::from(bright)
        })
    };
    let (top, bottom) = (line(side / 2), line(layout.height - side + side / 2));
    (top == bottom).then_some(top)
}

#[test]
fn the_number_can_be_read_in_every_format_and_size() {
    let sizes = [
        (1, 1),
        (2, 2),
        (3, 3),
        (7, 5),
        (33, 9),
        (64, 48),
        (65, 47),
        (321, 241),
        (640, 480),
    ];
    let mut read = 0;
    for format in Format::ALL {
        for (width, height) in sizes {
            let bits = Cells::of(width, height).bits;
            for number in [0, 1, 2, 0x5555_5555, 0xAAAA_AAAA, 123_456_789, u64::MAX] {
                let (layout, planes) = picture(format, width, height, number);
                let shown = number & ((1 << bits) - 1);
                let found = read_number(&layout, &planes);
                assert_eq!(found, Some(shown), "{format} {width}x{height} {number}");
                read += 1;
            }
        }
    }
    assert_eq!(read, 12 * 9 * 7);
}

#[test]
fn a_torn_frame_shows() {
    let (layout, mut planes) = picture(Format::R8, 640, 480, 6);
    let (_, next) = picture(Format::R8, 640, 480, 7);
    let half = planes[0].len() / 2;
    planes[0][half..].copy_from_slice(&next[0][half..]);
    assert_eq!(read_number(&layout, &planes), None);
}

#[test]
fn every_byte_of_the_picture_is_drawn() {
    for format in Format::ALL {
        for (width, height) in [(1, 1), (3, 3), (17, 33), (640, 480)] {
            let layout = FrameLayout::new(format, width, height).expect("a layout");
            let pattern = Pattern::new(&layout).expect("a pattern");
            let scene = pattern.scene(9);
            let draw = |old: u8, plane: usize| {
                let mut bytes = vec![old; layout.plane_bytes(plane)];
                pattern.draw_plane(&mut bytes, plane, &scene);
                let pitch = layout.pitch(plane);
                let used = layout.plane_row_bytes(plane) as usize;
                let rows = bytes.chunks(pitch).map(|row| row[..used].to_vec());
                rows.collect::<Vec<_>>()
            };
            for plane in 0..layout.plane_count {
                let what = format!("{format} {width}x{height} plane {plane}");
                assert_eq!(draw(0, plane), draw(255, plane), "{what}");
            }
        }
    }
}

#[test]
fn padding_is_left_alone() {
    let (layout, planes) = picture(Format::Yuyv, 5, 4, 1);
    let used = layout.plane_row_bytes(0) as usize;
    assert_eq!(used, 12);
    let rows: Vec<_> = planes[0].chunks(layout.pitch(0)).collect();
    assert_eq!(rows.len(), 4);
    for row in rows {
        assert!(row[used..].iter().all(|&byte| byte == OLD));
    }
}

/// The middle of the red bar, as its format has it.
fn red_bar(format: Format, width: u32, height: u32) -> Vec<u16> {
    let (layout, planes) = picture(format, width, height, 0);
    let (x, y) = (width as usize * 11 / 16, height as usize / 4);
    let components = components::of(format).expect("components");
    components
        .iter()
        .map(|c| {
            let row = layout.pitch(c.plane) * (y >> c.shift_y);
            let at = row + (x >> c.shift_x) * c.step + c.offset;
            let bytes = &planes[c.plane][at..];
            match c.ten_bits {
                true => u16::from_le_bytes([bytes[0], bytes[1]]) >> 6,
                false => u16::from(bytes[0]),
            }
        })
        .collect()
}

#[test]
fn red_is_red() {
    // 75 % red in BT.601 is Y 65.05, Cb 99.70, Cr 211.89, and in 10 bits four times that.
    for format in [Format::Nv12, Format::Yu12, Format::Yuyv, Format::Uyvy] {
        assert_eq!(red_bar(format, 320, 240), [65, 100, 212], "{format}");
    }
    assert_eq!(red_bar(Format::P010, 320, 240), [260, 399, 848]);
    assert_eq!(red_bar(Format::Rg24, 320, 240), [0, 0, 191]);
    assert_eq!(red_bar(Format::Bg24, 320, 240), [191, 0, 0]);
    for format in [Format::Ar24, Format::Xr24] {
        assert_eq!(red_bar(format, 320, 240), [0, 0, 191, 255], "{format}");
    }
    for format in [Format::Ab24, Format::Xb24] {
        assert_eq!(red_bar(format, 320, 240), [191, 0, 0, 255], "{format}");
    }
    // Full range.
    assert_eq!(red_bar(Format::R8, 320, 240), [57]);
    // BT.709.
    assert_eq!(red_bar(Format::Nv12, 1280, 720), [51, 109, 212]);
}

#[test]
fn consecutive_frames_differ() {
    for (width, height) in [(1, 1), (64, 48), (640, 480)] {
        let frames: Vec<_> = (0..4)
            .map(|n| picture(Format::Nv12, width, height, n).1)
            .collect();
        assert!(frames.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
