//! What is lent: keys, and cameras.

use std::os::fd::BorrowedFd;

use cuframes_cli::args::LendArguments;
use frame_lending::camera::{CameraError, CameraSpec, Cameras, LentPicture};
use frame_lending::engine::{Source, SourceError, Subscription};

use super::keys::Keys;
use super::lent::Lent;
use super::memory::{Memories, Memory};

/// What is lent, as it is named on the command line.
pub struct Sources {
    keys: Keys,
    cameras: Cameras,
    memories: Memories,
}

impl Sources {
    /// Looks at the cameras; keys may come later.
    pub fn open(arguments: &LendArguments) -> Result<Sources, CameraError> {
        let named = arguments.keys.iter();
        let is_camera = |name: &&String| name.starts_with(CameraSpec::PREFIX);
        let (cameras, keys): (Vec<_>, Vec<_>) = named.partition(is_camera);
        let specs: Result<Vec<CameraSpec>, _> = cameras.iter().map(|name| name.parse()).collect();
        let keys: Vec<String> = keys.into_iter().cloned().collect();
        let cameras = Cameras::open(&specs?, arguments.window.into())?;
        let streams: Vec<_> = keys.iter().cloned().chain(cameras.streams()).collect();
        let memories = Memories::new(&streams, arguments.quiet);
        for camera in cameras.streams() {
            memories.note(&camera, Memory::DmaBuf, None);
        }
        Ok(Sources {
            keys: Keys::new(keys, arguments, memories.clone()),
            cameras,
            memories,
        })
    }

    /// In what memory each is lent.
    pub fn memories(&self) -> Memories {
        self.memories.clone()
    }
}

impl Source<Lent> for Sources {
    fn streams(&self) -> Vec<String> {
        let mut streams = self.keys.streams();
        streams.extend(self.cameras.streams());
        streams
    }

    fn subscribe(&self, stream: &str) -> Result<Box<dyn Subscription<Lent>>, SourceError> {
        match self.cameras.has(stream) {
            true => Ok(Box::new(OfCamera(self.cameras.subscribe(stream)?))),
            false => self.keys.subscribe(stream),
        }
    }
}

/// A subscription to a camera, whose frames are lent as those of keys are.
struct OfCamera(Box<dyn Subscription<LentPicture>>);

impl Subscription<Lent> for OfCamera {
    fn fd(&mut self) -> Result<BorrowedFd<'_>, SourceError> {
        self.0.fd()
    }

    fn newest(&mut self) -> Result<Option<Lent>, SourceError> {
        Ok(self.0.newest()?.map(Lent::Camera))
    }

    fn dropped(&self) -> u64 {
        self.0.dropped()
    }

    fn is_short(&mut self) -> bool {
        self.0.is_short()
    }
}
