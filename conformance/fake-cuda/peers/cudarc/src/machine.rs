//! What there is, and what a careless program leaves.

use cudarc::driver::{CudaContext, result};

use crate::Result;
use crate::check::Checks;

/// Tells the devices, which must differ.
pub fn devices(checks: &mut Checks) -> Result<()> {
    let mut seen = Vec::new();
    for ordinal in 0..CudaContext::device_count()? {
        let context = CudaContext::new(ordinal as usize)?;
        let uuid = context.uuid()?.bytes;
        checks.equal("a uuid seen before", seen.contains(&uuid), false)?;
        seen.push(uuid);
        println!("{ordinal}: {}", context.name()?);
    }
    Ok(())
}

/// Ends normally with memory and an event that it never gave back.
pub fn leak(checks: &mut Checks) -> Result<()> {
    let context = CudaContext::new(0)?;
    // SAFETY: I15: plain memory of the current context.
    let memory = unsafe { result::malloc_sync(1000) }?;
    checks.equal("memory", memory == 0, false)?;
    std::mem::forget(context.new_event(None)?);
    Ok(())
}
