//! Prints the mean brightness of every frame of a key, read in place: `subscribe [KEY]`.

use std::time::Duration;

use cuframes::{Error, Frame, Mode, Subscriber};

fn mean_luma(frame: &Frame) -> f64 {
    let luma = frame.plane(0);
    let mut row = vec![0; luma.row_bytes()];
    let mut sum = 0;
    for y in 0..luma.rows() {
        luma.copy_row(y, &mut row);
        sum += row.iter().copied().map(u64::from).sum::<u64>();
    }
    sum as f64 / luma.rows() as f64 / luma.row_bytes() as f64
}

fn main() -> cuframes::Result<()> {
    let key = std::env::args().nth(1).unwrap_or_else(|| "cam1".to_owned());
    let mut subscriber = Subscriber::builder(&key)
        .mode(Mode::StrictOrder)
        .connect_timeout(Some(Duration::from_secs(10)))
        .connect()?;
    loop {
        match subscriber.next(None) {
            Ok(frame) => {
                println!("{} {:.4}", frame.seq(), mean_luma(&frame));
                // An error if the pixels may have been torn; dropping the frame says nothing.
                frame.release()?;
            }
            Err(Error::EndOfStream { .. }) => break,
            Err(error) => return Err(error),
        }
    }
    eprintln!("{} frames", subscriber.stats().received);
    Ok(())
}
