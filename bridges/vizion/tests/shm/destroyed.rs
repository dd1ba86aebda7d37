//! What others do to a segment: remove it, cut it short, put something else in its place.

use std::fs::File;
use std::os::unix::fs::symlink;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use vizion::{FrameReader, FrameWriter, Rows, ShmError, Written};

use crate::campaign::Done;
use crate::pictures::{info, picture};
use crate::support::{Name, PATIENCE, count};
use crate::writer::SIZE;

fn create(name: &Name) -> FrameWriter {
    FrameWriter::create(&name.0, SIZE).expect("is made")
}

#[track_caller]
fn write(writer: &mut FrameWriter) -> u32 {
    let number = writer.frames() as u32 + 1;
    let written = writer.write(&info(number), &[Rows::packed(picture(number))]);
    assert_eq!(written.expect("is written"), Written::Frame(number));
    number
}

#[track_caller]
fn read(reader: &mut FrameReader) -> u32 {
    let mut bytes = Vec::new();
    let header = reader.read(&mut bytes, PATIENCE).expect("reads");
    let number = header.expect("a frame in time").frame_sequence;
    assert_eq!(bytes, picture(number));
    number
}

fn cut(name: &Name, size: u64) {
    let file = File::options().write(true).open(name.path());
    file.expect("is there").set_len(size).expect("is cut");
}

#[test]
fn a_segment_that_was_removed_is_made_anew_and_followed() {
    let name = Name::new("removed");
    let mut writer = create(&name);
    let mut reader = FrameReader::open(&name.0).expect("is there");
    assert_eq!(write(&mut writer), read(&mut reader));
    std::fs::remove_file(name.path()).expect("is removed");
    // Its writer lives, so that this is no end.
    assert!(matches!(reader.next(Duration::from_millis(100)), Ok(None)));
    assert_eq!((write(&mut writer), writer.replaced()), (2, 1));
    assert_eq!(
        (read(&mut reader), reader.reopened(), reader.missed()),
        (2, 1, 0)
    );
    drop(writer);
    name.assert_gone();
}

#[test]
fn a_process_that_makes_its_segment_again_is_followed_from_the_first_frame() {
    let name = Name::new("again");
    let mut writer = create(&name);
    let mut reader = FrameReader::open(&name.0).expect("is there");
    for round in 0..3 {
        assert_eq!((write(&mut writer), read(&mut reader)), (1, 1), "{round}");
        // No look of the reader's in between: it only sees that there is another segment.
        drop(writer);
        writer = create(&name);
    }
    assert_eq!((reader.reopened(), reader.missed()), (2, 0));
    drop(writer);
    name.assert_gone();
}

#[test]
fn a_segment_that_was_cut_short_is_made_anew_and_followed() {
    for size in [0, 20, 127, 128, 4096, SIZE - 1] {
        let name = Name::new("cut");
        let mut writer = create(&name);
        let mut reader = FrameReader::open(&name.0).expect("is there");
        assert_eq!(write(&mut writer), read(&mut reader));
        cut(&name, size);
        assert!(
            matches!(reader.next(Duration::from_millis(50)), Ok(None)),
            "{size}"
        );
        assert_eq!((write(&mut writer), writer.replaced()), (2, 1), "{size}");
        assert_eq!((read(&mut reader), reader.missed()), (2, 0), "{size}");
        // Cut and grown again, its memory is not what it was.
        cut(&name, size);
        cut(&name, SIZE);
        // But a byte less takes no memory away.
        let replaced = if size == SIZE - 1 { 1 } else { 2 };
        let written = write(&mut writer);
        assert_eq!((written, writer.replaced()), (3, replaced), "{size}");
        assert_eq!((read(&mut reader), reader.missed()), (3, 0), "{size}");
    }
}

#[test]
fn whoever_destroys_it_all_the_time_harms_neither_side() {
    let name = Name::new("pest");
    let mut writer = create(&name);
    let mut reader = FrameReader::open(&name.0).expect("is there");
    let total = count(5_000);
    let done = AtomicBool::new(false);
    let (delivered, mut torn) = (AtomicU32::new(0), 0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0u64.. {
                if done.load(Ordering::SeqCst) {
                    break;
                }
                match round % 3 {
                    0 => drop(std::fs::remove_file(name.path())),
                    _ => {
                        let file = File::options().write(true).open(name.path());
                        // It may have no name at the moment.
                        drop(file.and_then(|file| file.set_len(round % SIZE)));
                    }
                }
                std::thread::sleep(Duration::from_micros(300));
            }
        });
        let writing = scope.spawn(|| {
            let _done = Done(&done);
            let mut frames = 0;
            // On a busy machine all of them may be written before the reader looks once.
            let until = Instant::now() + PATIENCE;
            let goes_on = |number| {
                let unread = delivered.load(Ordering::SeqCst) == 0 && Instant::now() < until;
                number <= total || unread
            };
            for number in (1..).take_while(|&number| goes_on(number)) {
                match writer.write(&info(number), &[Rows::packed(picture(number))]) {
                    Ok(Written::Frame(_)) => frames += 1,
                    Ok(other) => panic!("{other:?}"),
                    Err(ShmError::Destroyed { .. }) => {}
                    Err(error) => panic!("{error}"),
                }
            }
            frames
        });
        let mut bytes = Vec::new();
        while !writing.is_finished() {
            match reader.read(&mut bytes, Duration::from_millis(10)) {
                Ok(None) => {}
                Ok(Some(header)) => {
                    delivered.fetch_add(1, Ordering::SeqCst);
                    torn += u32::from(bytes != picture(header.frame_sequence));
                }
                // The new one was removed, or cut short, as soon as it was there.
                Err(
                    ShmError::WriterClosed { .. }
                    | ShmError::WriterStalled { .. }
                    | ShmError::Invalid { .. },
                ) => {}
                Err(error) => panic!("{error}"),
            }
        }
        let frames = writing.join().expect("writes");
        let delivered = delivered.load(Ordering::SeqCst);
        assert!(
            frames > 0 && delivered > 0,
            "{frames} written, {delivered} read"
        );
        assert_eq!(torn, 0);
    });
    assert!(writer.replaced() > 0);
    drop(writer);
    name.assert_gone();
}

#[test]
fn what_is_no_segment_is_neither_read_nor_removed() {
    let name = Name::new("foreign");
    std::fs::write(name.path(), [7; 4096]).expect("a file");
    let error = FrameWriter::create(&name.0, SIZE).expect_err("it is somebody else's");
    assert!(matches!(error, ShmError::Foreign { .. }), "{error}");
    assert_eq!(std::fs::read(name.path()).expect("still there"), [7; 4096]);
    let error = FrameReader::open(&name.0).expect_err("it is none");
    assert!(matches!(error, ShmError::Invalid { .. }), "{error}");

    std::fs::remove_file(name.path()).expect("is removed");
    symlink("/etc/passwd", name.path()).expect("a link");
    let error = FrameWriter::create(&name.0, SIZE).expect_err("it is a link");
    assert!(matches!(error, ShmError::Foreign { .. }), "{error}");
    let error = FrameReader::open(&name.0).expect_err("it is a link");
    assert!(matches!(error, ShmError::Invalid { .. }), "{error}");
    assert!(name.path().is_symlink());
}

#[test]
fn something_else_in_its_place_is_told_to_the_writer_and_left_alone() {
    let name = Name::new("usurped");
    let mut writer = create(&name);
    write(&mut writer);
    std::fs::remove_file(name.path()).expect("is removed");
    std::fs::write(name.path(), [7; 4096]).expect("a file");
    let error = writer.write(&info(2), &[Rows::packed(picture(2))]);
    let error = error.expect_err("its name is taken");
    assert!(matches!(error, ShmError::Foreign { .. }), "{error}");
    drop(writer);
    assert_eq!(std::fs::read(name.path()).expect("still there"), [7; 4096]);
}

#[test]
fn what_a_dead_writer_left_in_pieces_is_replaced() {
    for left in [&[][..], &[0; 60], &[0; 4096]] {
        let name = Name::new("pieces");
        std::fs::write(name.path(), left).expect("a file");
        let mut writer = create(&name);
        assert_eq!((write(&mut writer), writer.replaced()), (1, 0));
        let mut reader = FrameReader::open(&name.0).expect("is there");
        assert_eq!(read(&mut reader), 1);
    }
}
