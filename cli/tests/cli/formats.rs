//! The formats of keys, by the names under which they are lent.

use frame_lending::format::{FORMATS, Format};

#[test]
fn every_format_of_a_key_has_a_name_and_the_same_planes() {
    assert_eq!(FORMATS.len(), cuframes::Format::ALL.len());
    for format in cuframes::Format::ALL {
        let named = Format::with_fourcc(format.fourcc()).expect("it has a name");
        for (width, height) in [(1, 1), (5, 3), (638, 358), (1919, 1079), (32_768, 1)] {
            let planes = 0..format.plane_count();
            let rows = planes.clone().map(|plane| format.plane_rows(plane, height));
            assert!(named.rows(height).eq(rows), "{format} {width}x{height}");
            let bytes = planes.map(|plane| format.plane_row_bytes(plane, width));
            assert!(
                named.row_bytes(width).eq(bytes),
                "{format} {width}x{height}"
            );
            let tight = named.tight(width, height).expect("a size");
            let end = tight.last().map(|plane| plane.offset + plane.size);
            assert_eq!(end, Some(format.packed_size(width, height)));
        }
    }
}
