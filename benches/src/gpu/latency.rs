//! From before `publish_on` to the end of a kernel that read the frame in another process, as
//! its host sees it: one publisher and one, three or eight readers.

use std::time::Duration;

use cuframes::{Mode, Subscriber};

use bench_harness::Result;
use bench_harness::book::{Book, Samples, Target};
use bench_harness::machine::{now, spin_until};
use bench_harness::peer::{self, Peer};

use super::calls::{is_last, publish};
use super::{KEY, Pair, Rig, floor};

const READERS: [usize; 3] = [1, 3, 8];
const FRAMES: u64 = 300;
const PERIOD_NS: u64 = 2_000_000;

pub fn measure(pair: Pair, _: usize, book: &mut Book, rig: &Rig) -> Result<()> {
    READERS
        .into_iter()
        .try_for_each(|readers| with_readers(pair, readers, book, rig))
}

fn with_readers(pair: Pair, count: usize, book: &mut Book, rig: &Rig) -> Result<()> {
    // Each may hold a frame, one is published, and one is free.
    let mut publisher = pair.publisher(rig).slots(16).build()?;
    let start = |_| Peer::start("gpu-consumer", &[]);
    let mut readers: Vec<Peer> = (0..count).map(start).collect::<Result<_>>()?;
    publisher.wait_subscribers(count, Some(Duration::from_secs(60)))?;
    let start = now() + PERIOD_NS;
    for index in 0..FRAMES {
        spin_until(start + index * PERIOD_NS);
        publish(&mut publisher, rig, index + 1 == FRAMES)?;
    }
    let mut seen = Vec::new();
    for reader in &mut readers {
        seen.extend(reader.hear_numbers()?);
    }
    readers.into_iter().try_for_each(Peer::let_go)?;
    rig.synchronize()?;
    publisher.finish()?;
    let what = format!(
        "publish_on() to a reader's kernel done, 1 to {count}, {}",
        pair.name()
    );
    let floor = Some(floor::KERNEL);
    book.add(what, floor, Target::None, &Samples::of(&seen)?);
    Ok(())
}

/// In the other process: a reader that looks at the newest frame by a kernel, and waits for it.
pub fn be_consumer() -> Result<()> {
    let rig = Rig::new()?;
    let builder = Subscriber::builder(KEY).mode(Mode::NewestOnly);
    let mut subscriber = builder.cuda_context(&rig.context).connect()?;
    let mut times = Vec::new();
    loop {
        let frame = subscriber.next(Some(Duration::from_secs(60)))?;
        frame.wait_on(rig.stream.as_ref())?;
        rig.look_at(&frame)?;
        rig.synchronize()?;
        times.push(now().saturating_sub(frame.pts().unwrap_or_default() as u64));
        let is_last = is_last(&frame);
        frame.release()?;
        if is_last {
            break;
        }
    }
    peer::say_numbers(&times)?;
    peer::until_let_go()
}
