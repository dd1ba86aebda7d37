//! A frame of the caller's own into a slot, beside a plain copy of as many bytes.

use cuframes::{Format, FrameMeta, Publisher};

use bench_harness::Result;
use bench_harness::book::{Book, Samples, Target};
use bench_harness::machine::{self, Side, now};

const KEY: &str = "bench-copy";
const FRAMES: usize = 1_000;
const WIDTH: usize = 1920;
const HEIGHT: usize = 1080;
const SLOTS: usize = 8;
const FLOOR: &str = "floor: memcpy of a 1080p NV12 frame, 8 targets in turn";

pub fn measure(book: &mut Book) -> Result<()> {
    let mut publisher = Publisher::builder(KEY)
        .format(Format::Nv12)
        .size(WIDTH as u32, HEIGHT as u32)
        .slots(SLOTS as u32)
        .build()?;
    let _pinned = machine::pin(machine::processor(Side::This))?;
    let luma = vec![16; WIDTH * HEIGHT];
    let chroma = vec![128; WIDTH * HEIGHT / 2];
    let mut targets = vec![vec![0; WIDTH * HEIGHT * 3 / 2]; SLOTS];
    let mut plain = Samples::new()?;
    let mut published = Samples::new()?;
    // The first round touches the pages of all targets and is not counted.
    for index in 0..FRAMES + SLOTS {
        let start = now();
        let (above, below) = targets[index % SLOTS].split_at_mut(luma.len());
        above.copy_from_slice(&luma);
        below.copy_from_slice(&chroma);
        std::hint::black_box(&mut targets);
        let between = now();
        publisher
            .publish_copy(&[(&luma, WIDTH), (&chroma, WIDTH)], &FrameMeta::default())?
            .ok_or("no slot is free")?;
        let end = now();
        if index >= SLOTS {
            plain.record(between - start);
            published.record(end - between);
        }
    }
    publisher.finish()?;
    book.add(FLOOR, None, Target::None, &plain);
    let target = Target::TimesFloor(1.1);
    book.add(
        "publish_copy() of a 1080p NV12 frame",
        Some(FLOOR),
        target,
        &published,
    );
    Ok(())
}
