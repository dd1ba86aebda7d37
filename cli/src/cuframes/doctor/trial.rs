//! Trying what a publisher and a subscriber do, on a key that nobody else has.

use std::path::PathBuf;
use std::time::Duration;

use cuframes::{Error, Format, FrameMeta, Mode, Publisher, Subscriber, keys};

/// How long a frame of our own may take.
const LIMIT: Duration = Duration::from_secs(2);

/// What came of sharing a frame in host memory.
pub struct Host {
    /// The run directory that publishers use, if it was found.
    pub run_dir: Option<PathBuf>,
    /// Whether it worked.
    pub shared: Result<(), Error>,
}

/// Publishes a frame in host memory, and reads it.
pub fn host() -> Host {
    let key = format!("doctor-{}-{}", std::process::id(), cuframes::now_ns());
    let publisher = Publisher::builder(&key)
        .format(Format::R8)
        .size(64, 48)
        .build();
    let mut entries = keys::list().into_iter();
    let run_dir = entries.find(|entry| entry.key == key);
    let run_dir = run_dir.map(|entry| entry.run_dir);
    let shared = publisher.and_then(|mut publisher| share(&key, &mut publisher));
    if let Some(run_dir) = &run_dir {
        // Nobody will ever ask for this key again.
        let _ = std::fs::remove_file(run_dir.join(format!("{key}.lock")));
    }
    Host { run_dir, shared }
}

fn share(key: &str, publisher: &mut Publisher) -> Result<(), Error> {
    let mut subscriber = Subscriber::builder(key)
        .mode(Mode::StrictOrder)
        .connect_timeout(Some(LIMIT))
        .connect()?;
    let pixels = vec![0xA5; 64 * 48];
    publisher.publish_copy(&[(&pixels, 64)], &FrameMeta::default())?;
    let frame = subscriber.next(Some(LIMIT))?;
    let mut read = vec![0; pixels.len()];
    frame.copy_to(&mut read)?;
    match read == pixels {
        true => frame.release(),
        false => Err(Error::Protocol {
            key: key.to_owned(),
            what: "a frame has other pixels than were published".to_owned(),
        }),
    }
}

/// Joins the publisher of `key` as a reader does, on a GPU where its frames are on one.
pub fn join(key: &str, allow_uids: &[u32]) -> Result<(), Error> {
    let builder = Subscriber::builder(key).connect_timeout(Some(Duration::ZERO));
    builder.allow_uids(allow_uids).cuda().connect().map(drop)
}
