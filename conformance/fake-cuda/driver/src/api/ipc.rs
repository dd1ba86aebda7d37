//! Handles for other processes.

use std::ffi::{c_char, c_uint};

use super::{call, events, give};
use crate::abi::*;
use crate::books::Kind;
use crate::context;
use crate::event::Event;
use crate::memory::{self, Block, block_of};
use crate::world::world;

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuIpcGetMemHandle(
    pHandle: *mut CUipcMemHandle,
    dptr: CUdeviceptr,
) -> CUresult {
    call("cuIpcGetMemHandle", || {
        context::current()?;
        let block = block_of(&world(), dptr).ok_or(INVALID_VALUE)?;
        let handle = block.handle().ok_or(INVALID_VALUE)?;
        let reserved = handle.map(|byte| byte as c_char);
        // SAFETY: the caller's.
        unsafe { give(pHandle, CUipcMemHandle { reserved }) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuIpcOpenMemHandle_v2(
    pdptr: *mut CUdeviceptr,
    handle: CUipcMemHandle,
    _Flags: c_uint,
) -> CUresult {
    call("cuIpcOpenMemHandle_v2", || {
        let context = context::current()?;
        let first = Block::open(&context, &handle.reserved.map(|byte| byte as u8))?;
        // SAFETY: the caller's.
        unsafe { give(pdptr, first) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuIpcCloseMemHandle(dptr: CUdeviceptr) -> CUresult {
    call("cuIpcCloseMemHandle", || {
        let context = context::current()?;
        memory::free(&context, dptr, Kind::Import)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuIpcGetEventHandle(
    pHandle: *mut CUipcEventHandle,
    event: CUevent,
) -> CUresult {
    call("cuIpcGetEventHandle", || {
        let handle = events::find(event)?.handle().ok_or(INVALID_VALUE)?;
        let reserved = handle.map(|byte| byte as c_char);
        // SAFETY: the caller's.
        unsafe { give(pHandle, CUipcEventHandle { reserved }) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuIpcOpenEventHandle(
    phEvent: *mut CUevent,
    handle: CUipcEventHandle,
) -> CUresult {
    call("cuIpcOpenEventHandle", || {
        let context = context::current()?;
        let event = Event::open(context.id, &handle.reserved.map(|byte| byte as u8))?;
        events::put(event, phEvent)
    })
}
