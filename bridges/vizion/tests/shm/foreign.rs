//! Segments of writers that know nothing of this crate: other layouts, other habits, wrong values.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use vizion::{FrameReader, PixelFormat, ShmError};

use crate::support::{Name, PATIENCE};

/// A header as a writer would fill it.
#[derive(Clone, Copy)]
struct Fields {
    is_packed: bool,
    is_swapped: bool,
    magic: u32,
    size: [u32; 2],
    number: u32,
    name: &'static [u8],
    data_size: u32,
    frame: u32,
    counter: u32,
}

const YUY2: Fields = Fields {
    is_packed: false,
    is_swapped: false,
    magic: 0x5649_5A4E,
    size: [4, 2],
    number: 1,
    name: b"YUY2",
    data_size: 16,
    frame: 1,
    counter: 2,
};
/// When it was taken; its halves differ, so that they are not confused.
const TAKEN: u64 = 0x18E0_5671_1234_5678;
const DATA: [u8; 16] = *b"abcdefghijklmnop";

impl Fields {
    fn bytes(&self) -> Vec<u8> {
        let number = |value: u32| match self.is_swapped {
            true => value.to_be_bytes(),
            false => value.to_le_bytes(),
        };
        let mut bytes = Vec::new();
        let [width, height] = self.size;
        for value in [self.magic, width, height, self.number, self.data_size] {
            bytes.extend(number(value));
        }
        if !self.is_packed {
            bytes.extend([0; 4]);
        }
        match self.is_swapped {
            true => bytes.extend(TAKEN.to_be_bytes()),
            false => bytes.extend(TAKEN.to_le_bytes()),
        }
        bytes.extend(number(self.frame));
        bytes.extend(number(self.counter));
        bytes.extend(self.name);
        let header = if self.is_packed { 124 } else { 128 };
        bytes.resize(header, 0);
        bytes
    }

    fn segment(&self, name: &Name, data: &[u8]) -> File {
        let mut bytes = self.bytes();
        bytes.extend_from_slice(data);
        bytes.resize(bytes.len().max(4096), 0);
        std::fs::write(name.path(), bytes).expect("a segment");
        File::options()
            .write(true)
            .open(name.path())
            .expect("is there")
    }
}

fn read(fields: Fields, data: &[u8]) -> Result<Option<(vizion::FrameHeader, Vec<u8>)>, ShmError> {
    let name = Name::new("layout");
    let _file = fields.segment(&name, data);
    let mut bytes = Vec::new();
    let header = FrameReader::open(&name.0)?.read(&mut bytes, Duration::from_millis(1))?;
    Ok(header.map(|header| (header, bytes)))
}

#[test]
fn headers_of_every_layout_and_byte_order_are_read() {
    for (is_packed, is_swapped) in [(false, false), (true, false), (false, true), (true, true)] {
        let fields = Fields {
            is_packed,
            is_swapped,
            ..YUY2
        };
        let (header, bytes) = read(fields, &DATA).expect("reads").expect("a frame");
        let told = (
            header.width,
            header.height,
            header.format,
            header.timestamp_ns,
        );
        assert_eq!(
            told,
            (4, 2, PixelFormat::Yuy2, TAKEN),
            "{is_packed} {is_swapped}"
        );
        assert_eq!((header.frame_sequence, header.extras), (1, None));
        assert_eq!(bytes, DATA, "{is_packed} {is_swapped}");
    }
}

#[test]
fn the_data_of_a_packed_header_is_found_where_its_jpeg_begins() {
    let jpeg = b"\xFF\xD8 picture  \xFF\xD9\0\0";
    let fields = Fields {
        is_packed: true,
        name: b"MJPG",
        number: 4,
        ..YUY2
    };
    for gap in [&[][..], &[0; 4]] {
        let (_, bytes) = read(fields, &[gap, jpeg].concat())
            .expect("reads")
            .expect("a frame");
        assert_eq!(bytes, jpeg, "{} bytes behind", gap.len());
    }
}

#[test]
fn a_number_tells_the_format_where_there_is_no_name() {
    let fields = Fields {
        name: b"",
        number: 2,
        ..YUY2
    };
    let (header, _) = read(fields, &DATA).expect("reads").expect("a frame");
    assert_eq!(header.format, PixelFormat::Uyvy);
}

#[test]
fn headers_that_cannot_be_are_refused_by_what_is_wrong() {
    let cases: [(Fields, &str); 8] = [
        (Fields { magic: 7, ..YUY2 }, "begins with"),
        (
            Fields {
                name: b"RGBA",
                ..YUY2
            },
            "RGBA",
        ),
        (
            Fields {
                name: b"",
                number: 77,
                ..YUY2
            },
            "77",
        ),
        (
            Fields {
                size: [0, 2],
                ..YUY2
            },
            "0x2",
        ),
        (
            Fields {
                size: [u32::MAX; 2],
                ..YUY2
            },
            "4294967295",
        ),
        (
            Fields {
                data_size: 15,
                ..YUY2
            },
            "takes 16 bytes",
        ),
        (
            Fields {
                data_size: 4096 - 127,
                ..YUY2
            },
            "room for 3968",
        ),
        (
            Fields {
                data_size: u32::MAX,
                ..YUY2
            },
            "room for",
        ),
    ];
    for (fields, why) in cases {
        let error = read(fields, &DATA).expect_err(why);
        assert!(matches!(error, ShmError::Invalid { .. }), "{error}");
        assert!(error.to_string().contains(why), "{why}: {error}");
    }
    for short in [0, 1, 127] {
        let name = Name::new("short");
        std::fs::write(name.path(), vec![0; short]).expect("a file");
        let error = FrameReader::open(&name.0).expect_err("it is too short");
        assert!(matches!(error, ShmError::Invalid { .. }), "{error}");
    }
}

#[test]
fn a_first_frame_that_is_numbered_0_is_read() {
    let (header, _) = read(Fields { frame: 0, ..YUY2 }, &DATA)
        .expect("reads")
        .expect("a frame");
    assert_eq!(header.frame_sequence, 0);
}

#[test]
fn a_writer_that_wakes_nobody_and_begins_again_in_place_is_followed() {
    let name = Name::new("silent");
    let file = Fields {
        data_size: 0,
        frame: 0,
        counter: 0,
        ..YUY2
    }
    .segment(&name, &DATA);
    let mut reader = FrameReader::open(&name.0).expect("is there");
    let mut bytes = Vec::new();
    assert!(matches!(
        reader.read(&mut bytes, Duration::from_millis(5)),
        Ok(None)
    ));
    // Numbers, and what is missed before each.
    for (counter, (frame, missed)) in [(1, 0), (2, 0), (5, 2), (1, 2), (3, 3)]
        .into_iter()
        .enumerate()
    {
        let own = file.try_clone().expect("a descriptor");
        let fields = Fields {
            frame,
            counter: counter as u32 * 2 + 2,
            ..YUY2
        };
        let writing = std::thread::spawn(move || {
            let bytes = fields.bytes();
            own.write_all_at(&bytes[..36], 0).expect("writes");
            own.write_all_at(&bytes[36..40], 36).expect("writes");
        });
        let header = reader
            .read(&mut bytes, PATIENCE)
            .expect("reads")
            .expect("a frame");
        writing.join().expect("writes");
        assert_eq!((header.frame_sequence, reader.missed()), (frame, missed));
        assert_eq!(bytes, DATA);
    }
    // A new file of the name is another writer's.
    std::fs::remove_file(name.path()).expect("is removed");
    Fields { frame: 2, ..YUY2 }.segment(&name, &DATA);
    let header = match reader.read(&mut bytes, PATIENCE) {
        Err(ShmError::WriterClosed { .. }) => reader.read(&mut bytes, PATIENCE),
        read => read,
    };
    let header = header.expect("reads").expect("a frame");
    assert_eq!(
        (header.frame_sequence, reader.missed(), reader.reopened()),
        (2, 4, 1)
    );
}

#[test]
fn one_that_dies_in_the_middle_of_a_frame_has_stalled() {
    for is_swapped in [false, true] {
        let name = Name::new("odd");
        let _file = Fields {
            counter: 3,
            is_swapped,
            ..YUY2
        }
        .segment(&name, &DATA);
        let mut reader = FrameReader::open(&name.0).expect("is there");
        let begun = Instant::now();
        let error = reader.next(PATIENCE).expect_err("it is not finished");
        assert!(matches!(error, ShmError::WriterStalled { .. }), "{error}");
        assert!(begun.elapsed() < PATIENCE / 2);
    }
}
