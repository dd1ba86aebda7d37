//! How long it takes until a reader knows that its writer was killed.

use std::time::Duration;

use bench_harness::book::{Book, Samples, Target};
use bench_harness::peer::{self, Peer, word};
use bench_harness::{Result, machine};
use vizion::{FrameInfo, FrameReader, FrameWriter, PixelFormat, Rows, ShmError};

const WIDTH: u32 = 640;
const HEIGHT: u32 = 480;
/// What was asked for: a tenth of a second.
const LIMIT_NS: f64 = 100e6;

pub fn measure(book: &mut Book, count: usize) -> Result<()> {
    let mut samples = Samples::new()?;
    for number in 0..count {
        let name = format!("/vizion-bench-death-{}-{number}", std::process::id());
        let mut writer = Peer::start_ready("writer", std::slice::from_ref(&name))?;
        let mut reader = FrameReader::open(&name)?;
        for _ in 0..5 {
            reader
                .next(Duration::from_secs(5))?
                .ok_or("no frame came")?;
        }
        writer.kill()?;
        let killed = machine::now();
        let error = loop {
            match reader.next(Duration::from_secs(5)) {
                Ok(Some(_)) => {}
                Ok(None) => return Err("a reader that was not told".into()),
                Err(error) => break error,
            }
        };
        samples.record(machine::now() - killed);
        if !matches!(error, ShmError::WriterDead { .. }) {
            return Err(error.into());
        }
        // Its successor takes what it left, and removes it.
        drop(FrameWriter::create(&name, size())?);
    }
    let what = "a writer of shared memory is killed, and its reader knows";
    book.add(what, None, Target::Never(LIMIT_NS), &samples);
    Ok(())
}

fn size() -> u64 {
    vizion::HEADER_SIZE as u64 + u64::from(WIDTH * HEIGHT * 2)
}

/// In the other process: writes 60 frames a second until it is killed.
pub fn be_writer(words: &[String]) -> Result<()> {
    let mut writer = FrameWriter::create(&word::<String>(words, 0)?, size())?;
    let frame = vec![7; (WIDTH * HEIGHT * 2) as usize];
    peer::say("ready")?;
    loop {
        let info = FrameInfo {
            width: WIDTH,
            height: HEIGHT,
            format: PixelFormat::Yuy2,
            timestamp_ns: machine::now(),
        };
        let rows = Rows {
            bytes: &frame,
            pitch: (WIDTH * 2) as usize,
            row_bytes: (WIDTH * 2) as usize,
            rows: HEIGHT as usize,
        };
        writer.write(&info, &[rows])?;
        std::thread::sleep(Duration::from_nanos(16_666_667));
    }
}
