//! Events.

use std::ffi::c_uint;
use std::ptr;
use std::sync::Arc;

use super::{call, give};
use crate::abi::*;
use crate::context;
use crate::event::Event;
use crate::stream::{self, Stream};
use crate::world::{Answer, fresh, gone, world};

const DISABLE_TIMING: c_uint = 2;
const INTERPROCESS: c_uint = 4;

pub fn put(event: Arc<Event>, out: *mut CUevent) -> Answer {
    let id = fresh();
    world().events.insert(id, event);
    // SAFETY: the caller's.
    unsafe { give(out, ptr::without_provenance_mut(id as usize)) }
}

pub fn find(event: CUevent) -> Answer<Arc<Event>> {
    let found = world().events.get(&(event.addr() as u64)).cloned();
    found.ok_or(INVALID_HANDLE)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuEventCreate(phEvent: *mut CUevent, Flags: c_uint) -> CUresult {
    call("cuEventCreate", || {
        let context = context::current()?;
        let event = match (Flags & INTERPROCESS != 0, Flags & DISABLE_TIMING != 0) {
            (false, _) => Event::local(context.id),
            (true, true) => Event::interprocess(context.id)?,
            (true, false) => return Err(INVALID_VALUE),
        };
        put(event, phEvent)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuEventDestroy_v2(hEvent: CUevent) -> CUresult {
    call("cuEventDestroy_v2", || {
        let event = world()
            .events
            .remove(&(hEvent.addr() as u64))
            .ok_or(INVALID_HANDLE)?;
        gone(event.kind);
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuEventRecord(hEvent: CUevent, hStream: CUstream) -> CUresult {
    call("cuEventRecord", || {
        let event = find(hEvent)?;
        let (context, _) = stream::find(hStream.addr() as u64)?;
        if event.context != context.id {
            return Err(INVALID_HANDLE);
        }
        let number = event.record();
        let work = move |_: &Stream| {
            event.happen(number);
            Ok(())
        };
        // Whether an event of a lost context happens is not documented; here it does.
        stream::enqueue(hStream.addr() as u64, true, work).map(|_| ())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuStreamWaitEvent(
    hStream: CUstream,
    hEvent: CUevent,
    _Flags: c_uint,
) -> CUresult {
    call("cuStreamWaitEvent", || {
        let event = find(hEvent)?;
        let number = event.recorded();
        let work = move |stream: &Stream| stream.wait_until(|| Ok(event.has_happened(number)));
        stream::enqueue(hStream.addr() as u64, false, work).map(|_| ())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuEventQuery(hEvent: CUevent) -> CUresult {
    call("cuEventQuery", || {
        let event = find(hEvent)?;
        context::find(event.context)?.check()?;
        match event.has_happened(event.recorded()) {
            true => Ok(()),
            false => Err(NOT_READY),
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuEventSynchronize(hEvent: CUevent) -> CUresult {
    call("cuEventSynchronize", || {
        let event = find(hEvent)?;
        let context = context::find(event.context)?;
        let number = event.recorded();
        while !event.has_happened(number) {
            context.check()?;
            std::thread::sleep(std::time::Duration::from_micros(50));
        }
        context.check()
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuEventElapsedTime(
    pMilliseconds: *mut f32,
    hStart: CUevent,
    hEnd: CUevent,
) -> CUresult {
    call("cuEventElapsedTime", || {
        find(hStart)?;
        find(hEnd)?;
        // SAFETY: the caller's.
        unsafe { give(pMilliseconds, 0.5) }
    })
}
