//! A frame while it is lent, of a key or of a camera.

use std::time::Duration;

use frame_lending::buffers::Writing;
use frame_lending::camera::LentPicture;
use frame_lending::engine::{FrameDescription, Lease, SharedMemory, SourceError};

use super::held::Held;

/// A frame that is lent.
pub enum Lent {
    Key(Held),
    Camera(LentPicture),
}

impl Lease for Lent {
    fn description(&self) -> FrameDescription {
        match self {
            Lent::Key(held) => held.description(),
            Lent::Camera(picture) => picture.description(),
        }
    }

    fn shared(&self) -> Option<SharedMemory<'_>> {
        match self {
            Lent::Key(held) => held.shared(),
            Lent::Camera(picture) => picture.shared(),
        }
    }

    fn copy_to(&self, to: &mut Writing<'_>) -> Result<(), SourceError> {
        match self {
            Lent::Key(held) => held.copy_to(to),
            Lent::Camera(picture) => picture.copy_to(to),
        }
    }

    fn check(&self) -> Result<(), SourceError> {
        match self {
            Lent::Key(held) => held.check(),
            Lent::Camera(picture) => picture.check(),
        }
    }

    fn time_limit(&self) -> Option<Duration> {
        match self {
            Lent::Key(held) => held.time_limit(),
            Lent::Camera(picture) => picture.time_limit(),
        }
    }
}
