//! Follows shared memory with frames, and prints a line for each:
//!
//! ```text
//! cargo run --example reader -- /vizion_frame
//! reading /vizion_frame
//! frame 1 1920x1080 YUY2 4147200 1795299061123456789 5d2f0a11
//! ```
//!
//! number, size of the picture, format, bytes, timestamp, CRC-32 of the bytes. A writer that dies is
//! told, and the next one is followed; it ends when the writer closes.

use std::process::ExitCode;
use std::time::Duration;

use vizion::{FrameReader, ShmError};

const TURN: Duration = Duration::from_secs(3600);

fn main() -> ExitCode {
    let name = std::env::args().nth(1);
    let name = name.as_deref().unwrap_or(vizion::DEFAULT_NAME);
    match follow(name) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn follow(name: &str) -> Result<(), ShmError> {
    let mut reader = FrameReader::open(name)?;
    println!("reading {name}");
    let (mut frames, mut picture) = (0u64, Vec::new());
    loop {
        let header = match reader.read(&mut picture, TURN) {
            Ok(Some(header)) => header,
            Ok(None) => continue,
            Err(ShmError::WriterDead { .. }) => {
                println!("dead");
                continue;
            }
            Err(ShmError::WriterClosed { .. }) => break,
            Err(error) => return Err(error),
        };
        frames += 1;
        println!(
            "frame {} {}x{} {} {} {} {:08x}",
            header.frame_sequence,
            header.width,
            header.height,
            header.format,
            header.data_size,
            header.timestamp_ns,
            crc32fast::hash(&picture)
        );
    }
    println!("end {frames} frames, {} missed", reader.missed());
    Ok(())
}
