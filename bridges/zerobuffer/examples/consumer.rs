//! A display that prints the mean brightness of each frame: `consumer [NAME]`. It makes the
//! buffer, waits half a minute for its writer, and ends when that is gone.

use std::time::Duration;

use zerobuffer::{BufferConfig, Error, Frame, Reader};

fn mean(frame: &Frame) -> f64 {
    let mut sum = 0;
    let mut piece = [0; 4096];
    for offset in (0..frame.len()).step_by(piece.len()) {
        let bytes = piece.len().min(frame.len() - offset);
        frame.copy_range_to(offset, &mut piece[..bytes]);
        sum += piece[..bytes].iter().copied().map(u64::from).sum::<u64>();
    }
    sum as f64 / frame.len() as f64
}

fn main() -> zerobuffer::Result<()> {
    let name = std::env::args().nth(1);
    let name = name.unwrap_or_else(|| "video-stream".to_owned());
    let mut reader = Reader::create(&name, &BufferConfig::new(4096, 32 << 20))?;
    eprintln!("buffer '{name}' is made");
    loop {
        match reader.read(Duration::from_secs(30)) {
            // Its space is free for the writer when the frame goes out of scope.
            Ok(Some(frame)) => println!("{} {:.4}", frame.sequence(), mean(&frame)),
            Ok(None) => {
                eprintln!("nothing came for half a minute");
                std::process::exit(1);
            }
            Err(Error::WriterDead { .. }) => break,
            Err(error) => return Err(error),
        }
    }
    if let Some(says) = reader.metadata()? {
        eprintln!("these were {}", String::from_utf8_lossy(&says));
    }
    eprintln!("{} frames read", reader.frames_read());
    Ok(())
}
