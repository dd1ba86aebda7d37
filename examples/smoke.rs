//! smoke
use cuframes::*;
use std::time::Duration;
fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().collect();
    if args[1] == "pub" {
        let n: u64 = args[2].parse().unwrap();
        let mut p = Publisher::builder("smoke")
            .format(Format::Nv12)
            .size(640, 480)
            .policy(Policy::StrictWait)
            .wait_subscribers(2, None)
            .build()?;
        for i in 0..n {
            let mut f = p.acquire()?.expect("slot");
            f.plane_mut(0).fill(i as u8);
            p.publish(
                f,
                &FrameMeta {
                    pts: Some(i as i64),
                    ..Default::default()
                },
            )?;
            if i == n / 2 {
                p.reconfigure(Format::R8, 320, 200)?;
            }
        }
        println!("{:?}", p.stats());
        p.finish()?;
    } else {
        let mut s = Subscriber::builder("smoke")
            .name(&args[1])
            .mode(Mode::StrictOrder)
            .connect()?;
        let mut n = 0u64;
        loop {
            match s.next(Some(Duration::from_secs(5))) {
                Ok(f) => {
                    n += 1;
                    let mut row = vec![0; 640];
                    f.plane(0).copy_row(3, &mut row);
                    assert_eq!(row[0], (f.seq() - 1) as u8);
                    f.release()?;
                }
                Err(e) => {
                    println!("{} frames, {e}, {:?}", n, s.stats());
                    break;
                }
            }
        }
    }
    Ok(())
}
