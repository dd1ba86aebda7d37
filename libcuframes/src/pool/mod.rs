//! Where pixels live: one sealed memfd, or one allocation of a GPU, for all slots of an epoch.

mod cuda;
mod cuda_import;
mod device;
mod exported;
mod external;
mod host;
mod placement;
mod plane;
mod publisher;
mod target;

pub use cuda::CudaPool;
pub use cuda_import::{CudaImport, CudaSource};
pub use device::{DevicePlane, DeviceRows};
pub use external::ExternalBuffers;
pub use host::{HostImport, HostPool, SlotPixels};
pub use placement::{CudaPlacement, Placement};
pub use plane::Plane;
pub use publisher::Pool;
pub use target::{Target, uuid_of};
