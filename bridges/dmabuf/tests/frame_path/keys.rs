//! Keys in host memory as streams that are lent, as `cuframes lend` lends them.

use std::os::fd::BorrowedFd;
use std::time::Duration;

use cuframes::{Error, Frame, Mode, Subscriber};
use frame_lending::buffers::Writing;
use frame_lending::engine::{
    FrameDescription, Lease, SharedMemory, Source, SourceError, Subscription,
};
use frame_lending::format::Format;
use frame_lending::message::PlanePlace;

pub struct Keys(pub Vec<String>);

impl Source<Held> for Keys {
    fn streams(&self) -> Vec<String> {
        self.0.clone()
    }

    fn subscribe(&self, key: &str) -> Result<Box<dyn Subscription<Held>>, SourceError> {
        let builder = Subscriber::builder(key)
            .mode(Mode::NewestOnly)
            .keep_descriptor()
            .connect_timeout(Some(Duration::ZERO));
        Ok(Box::new(View(builder.connect().map_err(failed)?)))
    }
}

struct View(Subscriber);

impl Subscription<Held> for View {
    fn fd(&mut self) -> Result<BorrowedFd<'_>, SourceError> {
        self.0.poll_fd().map_err(failed)
    }

    fn newest(&mut self) -> Result<Option<Held>, SourceError> {
        match self.0.next(Some(Duration::ZERO)) {
            Ok(frame) => Ok(Some(Held(frame))),
            Err(Error::WouldBlock) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    fn dropped(&self) -> u64 {
        self.0.stats().missed
    }

    fn is_short(&mut self) -> bool {
        false
    }
}

pub struct Held(Frame);

impl Lease for Held {
    fn description(&self) -> FrameDescription {
        let layout = self.0.layout();
        FrameDescription {
            sequence: self.0.seq() as i64,
            width: layout.width,
            height: layout.height,
            format: Format::with_fourcc(layout.format.fourcc()).expect("a name on the wire"),
            timestamp: self.0.publish_ns() as i64,
            pts_ns: self.0.pts(),
        }
    }

    fn shared(&self) -> Option<SharedMemory<'_>> {
        let shared = self.0.shared()?;
        let place = |plane: &cuframes::SharedPlane| PlanePlace {
            offset: plane.offset,
            stride: plane.pitch as u32,
            size: plane.bytes as u64,
        };
        Some(SharedMemory {
            id: shared.pool(),
            fd: shared.fd(),
            planes: shared.planes().iter().map(place).collect(),
            is_dma_buf: false,
        })
    }

    fn copy_to(&self, _: &mut Writing<'_>) -> Result<(), SourceError> {
        panic!("who said hello gets no copies");
    }

    fn check(&self) -> Result<(), SourceError> {
        self.0.clone().release().map_err(failed)
    }

    fn time_limit(&self) -> Option<Duration> {
        self.0.lease_timeout()
    }
}

fn failed(error: Error) -> SourceError {
    SourceError::Failed {
        stream: "a key".to_owned(),
        what: error.to_string(),
    }
}
