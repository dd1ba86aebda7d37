//! A camera that writes grey pictures with a moving edge: `producer [NAME [FRAMES]]`. Start its
//! reader first, `consumer` or one in another language: the reader makes the buffer.

use zerobuffer::Writer;

const WIDTH: usize = 320;
const HEIGHT: usize = 240;

fn main() -> zerobuffer::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let name = arguments
        .next()
        .unwrap_or_else(|| "video-stream".to_owned());
    let frames = arguments.next().and_then(|text| text.parse().ok());

    let mut writer = Writer::connect(&name)?;
    let says = format!(r#"{{"format":"GRAY8","width":{WIDTH},"height":{HEIGHT}}}"#);
    writer.set_metadata(says.as_bytes())?;
    for k in 0..frames.unwrap_or(1000) {
        // Made where the reader finds it: nothing is copied later.
        let mut picture = writer.buffer(WIDTH * HEIGHT)?;
        let mut row = [32; WIDTH];
        row[k % WIDTH..].fill(96);
        for y in 0..HEIGHT {
            picture.copy_from(y * WIDTH, &row);
        }
        picture.commit();
    }
    eprintln!("{} frames written", writer.frames_written());
    Ok(())
}
