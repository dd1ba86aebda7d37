//! A frame of the caller's own, copied into a slot on the GPU, beside the driver's copy.

use cuframes::FrameMeta;

use bench_harness::Result;
use bench_harness::book::{Book, Samples, Target};
use bench_harness::machine::now;

use super::{Pair, Rig, floor};

const FRAMES: usize = 500;

pub fn measure(pair: Pair, _: usize, book: &mut Book, rig: &Rig) -> Result<()> {
    let mut publisher = pair.publisher(rig).build()?;
    let (stream, picture) = (rig.stream.as_ref(), rig.picture());
    let mut enqueued = Samples::new()?;
    let mut copied = Samples::new()?;
    let mut published = 0;
    while published <= FRAMES {
        let start = now();
        let seq = publisher.publish_copy_on(&picture, &FrameMeta::default(), stream)?;
        let between = now();
        if seq.is_none() {
            continue;
        }
        rig.synchronize()?;
        let end = now();
        // The first makes what is only made once.
        if published > 0 {
            enqueued.record(between - start);
            copied.record(end - start);
        }
        published += 1;
    }
    publisher.finish()?;
    let name = pair.name();
    let what = format!("publish_copy_on() of a 1080p NV12 frame, {name}");
    book.add(what, Some(floor::COPY), Target::None, &enqueued);
    let what = format!("the same, until it is copied, {name}");
    book.add(what, Some(floor::COPIED), Target::None, &copied);
    Ok(())
}
