//! Cameras of the kernel as streams that are lent: each frame is the DMA-BUF of the driver's buffer
//! that it lies in, and the driver gets that back when nobody has the frame any more.
//!
//! A camera runs while somebody is subscribed to it. It has more buffers than one consumer's window.
//! When so many are lent that the driver would run out of them, the newest picture is passed over and
//! counted, and the consumers' engine is told, which takes back first what is overdue.

mod arrangement;
mod device;
mod dma_buf;
mod error;
mod feed;
mod numbers;
mod picture;
mod pool;
mod spec;
mod stream;
#[cfg(test)]
mod tests;
mod view;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};

use crate::engine::{Source, SourceError, Subscription};

pub use error::CameraError;
pub use spec::CameraSpec;
pub use view::LentPicture;

use device::Device;
use feed::RESERVE;
use numbers::Numbers;
use pool::Pool;
use stream::Stream;
use view::View;

/// The most buffers that the kernel gives.
const MAX_BUFFERS: usize = 32;

/// Cameras, each a stream.
pub struct Cameras {
    all: Vec<Camera>,
}

struct Camera {
    spec: CameraSpec,
    buffers: u32,
    running: Mutex<Weak<Stream>>,
    numbers: Arc<Numbers>,
    /// Of the next buffer.
    next_id: AtomicU64,
}

impl Cameras {
    /// Looks at each camera, so that one that cannot be lent is told now. `window` is how many frames
    /// a consumer may have at a time.
    pub fn open(specs: &[CameraSpec], window: usize) -> Result<Cameras, CameraError> {
        // Two consumers with different frames, the newest, and those of the driver.
        let buffers = (2 * window + 1 + RESERVE).min(MAX_BUFFERS);
        let camera = |spec: &CameraSpec| {
            Device::open(spec)?;
            Ok(Camera {
                spec: spec.clone(),
                buffers: buffers as u32,
                running: Mutex::default(),
                numbers: Arc::new(Numbers::new()),
                next_id: AtomicU64::new(0),
            })
        };
        let all = specs.iter().map(camera).collect::<Result<_, _>>()?;
        Ok(Cameras { all })
    }

    /// Whether it is one of these.
    #[must_use]
    pub fn has(&self, stream: &str) -> bool {
        self.all.iter().any(|camera| camera.spec.stream() == stream)
    }
}

impl Source<LentPicture> for Cameras {
    fn streams(&self) -> Vec<String> {
        self.all.iter().map(|camera| camera.spec.stream()).collect()
    }

    fn subscribe(&self, stream: &str) -> Result<Box<dyn Subscription<LentPicture>>, SourceError> {
        let away = || SourceError::Away {
            stream: stream.to_owned(),
        };
        let mut all = self.all.iter();
        let camera = all.find(|camera| camera.spec.stream() == stream);
        let running = camera.ok_or_else(away)?.run();
        let running = running.map_err(|error| match error {
            CameraError::Missing { .. } | CameraError::Lost { .. } => away(),
            error => SourceError::Failed {
                stream: stream.to_owned(),
                what: error.to_string(),
            },
        })?;
        Ok(Box::new(View::new(stream, running)?))
    }
}

impl Camera {
    /// Its stream, which begins if it does not run.
    fn run(&self) -> Result<Arc<Stream>, CameraError> {
        // Nothing is half done when something panics.
        let mut running = self
            .running
            .lock()
            .unwrap_or_else(|broken| broken.into_inner());
        if let Some(stream) = running.upgrade().filter(|stream| !stream.feed().is_over()) {
            return Ok(stream);
        }
        let device = Device::open(&self.spec)?;
        let first_id = self.next_id.load(Ordering::Relaxed);
        let pool = Pool::start(&device, self.buffers, first_id, &self.spec.path)?;
        self.next_id
            .fetch_add(pool.count() as u64, Ordering::Relaxed);
        let name = self.spec.stream();
        let stream = Arc::new(Stream::start(&device, pool, self.numbers.clone(), name)?);
        *running = Arc::downgrade(&stream);
        Ok(stream)
    }
}
