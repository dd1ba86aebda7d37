//! The middle of a pipeline: reads pictures from one buffer, stretches their contrast, and writes
//! them to another: `enhancement [INPUT [OUTPUT]]`. It makes INPUT, so start whoever makes OUTPUT,
//! such as `consumer enhanced-frames`, first, then this, then `producer raw-frames`.

use std::time::Duration;

use zerobuffer::{BufferConfig, Error, Reader, Writer};

/// Bytes that are worked on at a time.
const PIECE: usize = 64 << 10;

/// What 32 to 96 was becomes 0 to 255.
fn enhance(byte: u8) -> u8 {
    (u32::from(byte.clamp(32, 96) - 32) * 255 / 64) as u8
}

fn main() -> zerobuffer::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let input = arguments.next().unwrap_or_else(|| "raw-frames".to_owned());
    let output = arguments.next();
    let output = output.unwrap_or_else(|| "enhanced-frames".to_owned());

    let mut writer = Writer::connect(&output)?;
    let mut reader = Reader::create(&input, &BufferConfig::new(4096, 32 << 20))?;
    eprintln!("buffer '{input}' is made");
    let mut piece = vec![0; PIECE];
    loop {
        let frame = match reader.read(Duration::from_secs(30)) {
            Ok(Some(frame)) => frame,
            Ok(None) => continue,
            Err(Error::WriterDead { .. }) => break,
            Err(error) => return Err(error),
        };
        if frame.sequence() == 1
            && let Some(says) = reader.metadata()?
        {
            writer.set_metadata(&says)?;
        }
        // From ring to ring: each byte is fetched once and stored once.
        let mut enhanced = writer.buffer(frame.len())?;
        for offset in (0..frame.len()).step_by(PIECE) {
            let piece = &mut piece[..PIECE.min(frame.len() - offset)];
            frame.copy_range_to(offset, piece);
            piece.iter_mut().for_each(|byte| *byte = enhance(*byte));
            enhanced.copy_from(offset, piece);
        }
        enhanced.commit();
    }
    eprintln!("{} frames enhanced", writer.frames_written());
    Ok(())
}
