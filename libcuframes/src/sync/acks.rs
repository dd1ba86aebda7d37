//! CUDA_EVENT: the events by which one subscriber ends its leases, on the publisher's side.

use std::sync::Arc;

use crate::sys::cuda::{Context, CudaError, Event};

use super::local;

/// The imported events of one subscriber, one for each slot.
#[derive(Debug)]
pub struct AckEvents {
    events: Vec<Arc<Event>>,
}

impl AckEvents {
    pub(super) fn open(context: &Context, handles: &[[u8; 64]]) -> Result<Self, CudaError> {
        let events = handles.iter().map(|handle| local::open(context, handle));
        Ok(AckEvents {
            events: events.collect::<Result<_, _>>()?,
        })
    }

    /// True if the event for `slot` has happened. One that cannot be asked has not: its owner
    /// may be gone, and its connection will tell.
    pub fn is_done(&self, slot: usize) -> bool {
        self.events[slot].query().unwrap_or(false)
    }
}
