//! Events: points in a stream that others can wait for, in other processes too.

use std::ptr;

use super::abi::{
    CU_EVENT_BLOCKING_SYNC, CU_EVENT_DISABLE_TIMING, CU_EVENT_INTERPROCESS, CUipcEventHandle,
};
use super::context::{Context, Handle};
use super::error::Result;
use super::stream::{StreamRef, done};

/// A point in a stream. One that was never recorded is done.
///
/// It may be dropped while a stream waits for it or has yet to reach it. Of an event that is
/// shared, the importer's value goes first, then the exporter's.
#[derive(Debug)]
pub struct Event {
    context: Context,
    raw: Handle,
}

impl Event {
    /// An event for this process; a host that waits for it sleeps.
    pub fn new_local(context: &Context) -> Result<Event> {
        Event::create(context, CU_EVENT_BLOCKING_SYNC | CU_EVENT_DISABLE_TIMING)
    }

    /// An event that another process can open by its [`handle`](Event::handle).
    pub fn new_interprocess(context: &Context) -> Result<Event> {
        Event::create(context, CU_EVENT_INTERPROCESS | CU_EVENT_DISABLE_TIMING)
    }

    fn create(context: &Context, flags: u32) -> Result<Event> {
        let entered = context.enter()?;
        let mut raw = ptr::null_mut();
        // SAFETY: I17: `raw` is a live pointer.
        unsafe { entered.table.event_create(&mut raw, flags) }?;
        Ok(Event {
            context: context.clone(),
            raw: Handle(raw),
        })
    }

    /// Opens the event that another process made and exported.
    pub fn open(context: &Context, handle: &[u8; 64]) -> Result<Event> {
        let entered = context.enter()?;
        let mut raw = ptr::null_mut();
        let handle = CUipcEventHandle { reserved: *handle };
        // SAFETY: I17: `raw` is a live pointer; the driver checks the bytes of a handle.
        unsafe { entered.table.ipc_open_event_handle(&mut raw, handle) }?;
        Ok(Event {
            context: context.clone(),
            raw: Handle(raw),
        })
    }

    /// The bytes by which another process opens it.
    pub fn handle(&self) -> Result<[u8; 64]> {
        let entered = self.context.enter()?;
        let mut handle = CUipcEventHandle { reserved: [0; 64] };
        // SAFETY: I15, I17: the event is ours; `handle` is live and of the driver's size.
        unsafe { entered.table.ipc_get_event_handle(&mut handle, self.raw.0) }?;
        Ok(handle.reserved)
    }

    /// Moves the point to where `stream` is now: it is done when all that is enqueued there
    /// is done.
    #[inline]
    pub fn record(&self, stream: StreamRef<'_>) -> Result<()> {
        let entered = self.context.enter()?;
        // SAFETY: I15: both are alive for the call, and the driver keeps what it needs of them.
        unsafe { entered.table.event_record(self.raw.0, stream.as_raw()) }
    }

    /// Whether the GPU has passed the point.
    #[inline]
    pub fn query(&self) -> Result<bool> {
        let entered = self.context.enter()?;
        // SAFETY: I15: the event is ours.
        done(unsafe { entered.table.event_query(self.raw.0) })
    }

    /// Waits, on the host, until the GPU has passed the point.
    pub fn synchronize(&self) -> Result<()> {
        let entered = self.context.enter()?;
        // SAFETY: I15: the event is ours.
        unsafe { entered.table.event_synchronize(self.raw.0) }
    }

    /// The context in which it was made or opened.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.context
    }
}

impl StreamRef<'_> {
    /// Lets what is enqueued from now on wait until `event` is done. The host does not wait.
    #[inline]
    pub fn wait_event(self, event: &Event) -> Result<()> {
        let entered = event.context.enter()?;
        let (stream, event) = (self.as_raw().cast(), event.raw.0);
        // SAFETY: I15: both are alive for the call, and the driver keeps what it needs of them.
        unsafe { entered.table.stream_wait_event(stream, event, 0) }
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        if let Ok(entered) = self.context.enter() {
            // SAFETY: I15: made or opened once, destroyed once here; the driver keeps what
            // streams still need. One that refuses has lost the context, and the event with it.
            let _ = unsafe { entered.table.event_destroy(self.raw.0) };
        }
    }
}
