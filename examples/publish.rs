//! Publishes a moving gradient: `publish [KEY [FRAMES [SUBSCRIBERS TO WAIT FOR]]]`.

use std::time::Duration;

use cuframes::{Format, FrameMeta, Policy, Publisher, WritableFrame};

/// NV12: a plane of luma, then one of chroma, each row at its pitch.
fn paint(frame: &mut WritableFrame, number: usize) {
    let pitch = frame.pitch(0);
    for (y, row) in frame.plane_mut(0).chunks_mut(pitch).enumerate() {
        for (x, pixel) in row.iter_mut().enumerate() {
            *pixel = (x + y + 2 * number) as u8;
        }
    }
    frame.plane_mut(1).fill(128);
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let key = args.next().unwrap_or_else(|| "cam1".to_owned());
    let frames: usize = args.next().map_or(Ok(250), |count| count.parse())?;
    let subscribers: usize = args.next().map_or(Ok(0), |count| count.parse())?;

    let mut publisher = Publisher::builder(&key)
        .format(Format::Nv12)
        .size(640, 480)
        .policy(Policy::StrictWait)
        .wait_subscribers(subscribers, None)
        .build()?;
    for number in 0..frames {
        // None: no slot was free, so this frame is dropped and counted.
        if let Some(mut frame) = publisher.acquire()? {
            paint(&mut frame, number);
            let meta = FrameMeta {
                pts: Some(cuframes::now_ns() as i64),
                ..FrameMeta::default()
            };
            publisher.publish(frame, &meta)?;
        }
        std::thread::sleep(Duration::from_millis(40));
    }
    println!("{} frames published", publisher.stats().published);
    publisher.finish()?;
    Ok(())
}
