//! A GPU, real or simulated: pictures that its kernels paint and add up, words that hold its
//! streams up, and the simulated machine of one test.

#[allow(unsafe_code)]
mod gate;
#[allow(unsafe_code)]
mod kernels;
mod machine;
pub mod painted;
mod stage;
#[allow(unsafe_code)]
mod sums;

pub use gate::Gate;
pub use kernels::{Kernels, Program};
pub use machine::{Book, Machine};
pub use stage::{PAIRS, Pair, Stage, tell, works};
pub use sums::Sums;

use cuframes::cuda::{Context, CudaError, Driver};
use cuframes::{Error, Result};

/// The primary context of GPU `ordinal`.
pub fn context(ordinal: i32) -> Result<Context> {
    let driver = Driver::load().map_err(|why| Error::Unsupported(why.to_string()))?;
    let device = driver.device(ordinal).map_err(failed("find the GPU"))?;
    Context::primary(&device).map_err(failed("make a context"))
}

/// Says what was tried when the driver refused.
pub fn failed(what: &str) -> impl Fn(CudaError) -> Error {
    move |source| Error::Cuda {
        what: what.to_owned(),
        source,
    }
}
