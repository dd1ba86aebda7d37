//! Copies of the newest frame, made without a subscription.

mod common;

use std::sync::atomic::{AtomicBool, Ordering};

use common::{key, shared};
use cuframes::{Color, ColorRange, Crop, Error, Format, FrameMeta, Observer, Publisher};

/// A colour of each byte that depends on the frame, in every byte of the slot.
fn publish(publisher: &mut Publisher, meta: &FrameMeta) -> u64 {
    let mut frame = publisher.acquire().expect("a slot").expect("a free slot");
    let seq = publisher.stats().latest_seq + 1;
    for plane in 0..frame.layout().plane_count {
        frame.plane_mut(plane).fill(shade(seq));
    }
    publisher.publish(frame, meta).expect("published").seq()
}

fn shade(seq: u64) -> u8 {
    (seq % 251) as u8
}

fn builder(key: &str) -> cuframes::publisher::PublisherBuilder {
    Publisher::builder(key).format(Format::Nv12).size(64, 48)
}

#[test]
fn a_copy_has_rows_and_planes_without_padding_and_what_was_said_about_the_frame() {
    let _guard = shared();
    for format in Format::ALL {
        let key = key(format.ffmpeg_name());
        let builder = builder(&key).format(format).size(37, 11);
        let mut publisher = builder.build().expect("a publisher");
        let mut frame = publisher.acquire().expect("a slot").expect("a free slot");
        let layout = *frame.layout();
        let mut expected = Vec::new();
        for plane in 0..layout.plane_count {
            let (pitch, row) = (frame.pitch(plane), layout.plane_row_bytes(plane) as usize);
            for (y, bytes) in frame.plane_mut(plane).chunks_mut(pitch).enumerate() {
                bytes.fill(0xEE);
                for (x, byte) in bytes[..row].iter_mut().enumerate() {
                    *byte = (7 * x + 13 * y + plane) as u8;
                }
                expected.extend_from_slice(&bytes[..row]);
            }
        }
        let meta = FrameMeta {
            pts: Some(40),
            color: Color {
                matrix: 6,
                range: ColorRange::Full,
                ..Color::default()
            },
            crop: Crop {
                right: 1,
                ..Crop::default()
            },
            ..FrameMeta::default()
        };
        publisher.publish(frame, &meta).expect("published");

        let mut observer = Observer::connect(&key, &[]).expect("an observer");
        let mut pixels = Vec::new();
        let copied = observer.copy_newest(&mut pixels).expect("a copy");
        assert_eq!((copied.seq, copied.layout), (1, layout));
        assert_eq!(copied.meta, meta);
        assert!(pixels == expected, "{format}");
        assert_eq!(publisher.stats().subscribers.len(), 0, "nobody subscribed");
    }
}

#[test]
fn copies_beside_a_writer_without_rest_are_whole() {
    let _guard = shared();
    let key = key("whole");
    let mut publisher = builder(&key).slots(2).build().expect("a publisher");
    publish(&mut publisher, &FrameMeta::default());
    let mut observer = Observer::connect(&key, &[]).expect("an observer");
    let stop = AtomicBool::new(false);
    let (mut whole, mut newest) = (0, 0);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                publish(&mut publisher, &FrameMeta::default());
            }
            publisher.stats().latest_seq
        });
        let mut pixels = Vec::new();
        // Both have to get somewhere: copies that are whole, of frames that are different.
        while whole < 2000 || newest < 2000 {
            match observer.copy_newest(&mut pixels) {
                Ok(copied) => {
                    let expected = shade(copied.seq);
                    let wrong = pixels.iter().filter(|&&byte| byte != expected).count();
                    assert_eq!(wrong, 0, "bytes of other frames in frame {}", copied.seq);
                    assert!(copied.seq >= newest, "{} after {newest}", copied.seq);
                    newest = copied.seq;
                    whole += 1;
                }
                Err(Error::Overwritten { copies: 64, .. }) => {}
                Err(error) => panic!("{error}"),
            }
        }
        stop.store(true, Ordering::Relaxed);
        let published = writer.join().expect("the writer");
        assert!(newest <= published, "{newest} of {published}");
    });
}

#[test]
fn an_observer_follows_the_stream_to_its_end() {
    let _guard = shared();
    let key = key("life");
    assert!(matches!(
        Observer::connect(&key, &[]),
        Err(Error::NotFound { .. })
    ));
    let mut publisher = builder(&key).build().expect("a publisher");
    let mut observer = Observer::connect(&key, &[]).expect("an observer");
    let mut pixels = Vec::new();
    assert!(matches!(
        observer.copy_newest(&mut pixels),
        Err(Error::WouldBlock)
    ));
    publish(&mut publisher, &FrameMeta::default());
    for _ in 0..2 {
        let copied = observer.copy_newest(&mut pixels).expect("a copy");
        assert_eq!(copied.seq, 1, "the same frame is copied twice");
    }
    publisher
        .reconfigure(Format::R8, 20, 10)
        .expect("another size");
    publish(&mut publisher, &FrameMeta::default());
    let copied = observer.copy_newest(&mut pixels).expect("a copy");
    assert_eq!((copied.seq, copied.layout.format), (2, Format::R8));
    assert_eq!(pixels, [shade(2); 200]);
    publisher.finish().expect("an end");
    let ended = observer.copy_newest(&mut pixels);
    assert!(matches!(ended, Err(Error::EndOfStream { .. })), "{ended:?}");
}
