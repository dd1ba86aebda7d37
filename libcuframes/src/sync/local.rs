//! Interprocess events of this very process: the driver opens them for others only.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};

use crate::sys::cuda::{Context, CudaError, Event};

/// Bytes by which an event is named to other processes.
pub(super) type Handle = [u8; 64];

static EXPORTED: LazyLock<Mutex<HashMap<Handle, Weak<Event>>>> = LazyLock::new(Mutex::default);

fn exported() -> MutexGuard<'static, HashMap<Handle, Weak<Event>>> {
    EXPORTED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An event that others can open, and its handle.
pub(super) fn export(context: &Context) -> Result<(Handle, Arc<Event>), CudaError> {
    let event = Arc::new(Event::new_interprocess(context)?);
    let handle = event.handle()?;
    let mut exported = exported();
    exported.retain(|_, event| event.strong_count() != 0);
    exported.insert(handle, Arc::downgrade(&event));
    Ok((handle, event))
}

/// The event of `handle`: of another process, or the one itself if it is ours.
pub(super) fn open(context: &Context, handle: &Handle) -> Result<Arc<Event>, CudaError> {
    let ours = exported().get(handle).and_then(Weak::upgrade);
    match ours {
        Some(event) => Ok(event),
        None => Event::open(context, handle).map(Arc::new),
    }
}
