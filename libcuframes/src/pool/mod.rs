//! Where pixels live. Host memory: one sealed memfd for all slots of an epoch.

mod host;
mod plane;

pub use host::{HostImport, HostPool, SlotPixels};
pub use plane::Plane;
