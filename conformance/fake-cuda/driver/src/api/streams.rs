//! Streams, and what they write and wait for in memory.

use std::ffi::{c_int, c_uint, c_void};
use std::ptr;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::{call, give};
use crate::abi::*;
use crate::books::Kind;
use crate::context;
use crate::memory::{Bytes, resolve};
use crate::stream::{self, Stream};
use crate::world::{Answer, gone, made, world};

fn id(stream: CUstream) -> u64 {
    stream.addr() as u64
}

fn create(out: *mut CUstream, flags: c_uint) -> Answer {
    if flags > 1 {
        return Err(INVALID_VALUE);
    }
    let context = context::current()?;
    let stream = Stream::start(context.id, &context.error, flags == 0)?;
    let handle = ptr::without_provenance_mut(stream.id as usize);
    world().streams.insert(stream.id, stream);
    made(Kind::Stream);
    // SAFETY: the caller's.
    unsafe { give(out, handle) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuStreamCreate(phStream: *mut CUstream, Flags: c_uint) -> CUresult {
    call("cuStreamCreate", || create(phStream, Flags))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuStreamCreateWithPriority(
    phStream: *mut CUstream,
    flags: c_uint,
    _priority: c_int,
) -> CUresult {
    call("cuStreamCreateWithPriority", || create(phStream, flags))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuStreamDestroy_v2(hStream: CUstream) -> CUresult {
    call("cuStreamDestroy_v2", || {
        let stream = world().streams.remove(&id(hStream)).ok_or(INVALID_HANDLE)?;
        // What was given is still done.
        stream.end();
        gone(Kind::Stream);
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuStreamDestroy(hStream: CUstream) -> CUresult {
    // SAFETY: a handle, which is checked.
    unsafe { cuStreamDestroy_v2(hStream) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuStreamSynchronize(hStream: CUstream) -> CUresult {
    call("cuStreamSynchronize", || {
        let (context, stream) = stream::find(id(hStream))?;
        match stream.id == context.default_stream.id {
            true => stream::drain_all(&context),
            false => stream.drain(),
        }
        context.check()
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuStreamQuery(hStream: CUstream) -> CUresult {
    call("cuStreamQuery", || {
        let (_, stream) = stream::find(id(hStream))?;
        match stream.has_done(stream.given()) {
            true => Ok(()),
            false => Err(NOT_READY),
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuStreamAddCallback(
    hStream: CUstream,
    callback: CUstreamCallback,
    userData: *mut c_void,
    _flags: c_uint,
) -> CUresult {
    call("cuStreamAddCallback", || {
        let callback = callback.ok_or(INVALID_VALUE)?;
        let (stream, data) = (hStream.addr(), userData.expose_provenance());
        let work = move |on: &Stream| {
            let stream = ptr::without_provenance_mut(stream);
            // SAFETY: the caller's function and data, as it says.
            unsafe { callback(stream, on.error(), ptr::with_exposed_provenance_mut(data)) };
            Ok(())
        };
        stream::enqueue(id(hStream), true, work).map(|_| ())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuLaunchHostFunc(
    hStream: CUstream,
    r#fn: CUhostFn,
    userData: *mut c_void,
) -> CUresult {
    call("cuLaunchHostFunc", || {
        let function = r#fn.ok_or(INVALID_VALUE)?;
        let data = userData.expose_provenance();
        let work = move |_: &Stream| {
            // SAFETY: the caller's function and data, as it says.
            unsafe { function(ptr::with_exposed_provenance_mut(data)) };
            Ok(())
        };
        stream::enqueue(id(hStream), false, work).map(|_| ())
    })
}

fn word_64(bytes: &Bytes) -> &AtomicU64 {
    // SAFETY: eight aligned bytes were resolved, and are only accessed atomically.
    unsafe { AtomicU64::from_ptr(bytes.first.cast()) }
}

fn word_32(bytes: &Bytes) -> &AtomicU32 {
    // SAFETY: four aligned bytes were resolved, and are only accessed atomically.
    unsafe { AtomicU32::from_ptr(bytes.first.cast()) }
}

fn check_address(address: u64, bytes: u64) -> Answer {
    if !address.is_multiple_of(bytes) {
        return Err(INVALID_VALUE);
    }
    resolve(address, bytes, false)
        .map(|_| ())
        .map_err(|_| INVALID_VALUE)
}

fn is_reached(word: u64, value: u64, bits: u32, flags: c_uint) -> bool {
    let shift = 64 - bits;
    match flags & 3 {
        // Greater or equal, in a circle.
        0 => (word.wrapping_sub(value) << shift).cast_signed() >= 0,
        1 => word == value,
        2 => word & value != 0,
        _ => !(word | value) << shift != 0,
    }
}

fn write_64(stream: CUstream, addr: u64, value: u64) -> Answer {
    check_address(addr, 8)?;
    let work = move |_: &Stream| {
        word_64(&resolve(addr, 8, true)?).store(value, Ordering::Release);
        Ok(())
    };
    stream::enqueue(id(stream), false, work).map(|_| ())
}

fn wait_64(stream: CUstream, addr: u64, value: u64, flags: c_uint) -> Answer {
    check_address(addr, 8)?;
    let work = move |stream: &Stream| {
        let word = resolve(addr, 8, false)?;
        stream.wait_until(|| {
            let word = word_64(&word).load(Ordering::Acquire);
            Ok(is_reached(word, value, 64, flags))
        })
    };
    stream::enqueue(id(stream), false, work).map(|_| ())
}

fn write_32(stream: CUstream, addr: u64, value: u32) -> Answer {
    check_address(addr, 4)?;
    let work = move |_: &Stream| {
        word_32(&resolve(addr, 4, true)?).store(value, Ordering::Release);
        Ok(())
    };
    stream::enqueue(id(stream), false, work).map(|_| ())
}

fn wait_32(stream: CUstream, addr: u64, value: u32, flags: c_uint) -> Answer {
    check_address(addr, 4)?;
    let work = move |stream: &Stream| {
        let word = resolve(addr, 4, false)?;
        stream.wait_until(|| {
            let word = word_32(&word).load(Ordering::Acquire);
            Ok(is_reached(word.into(), value.into(), 32, flags))
        })
    };
    stream::enqueue(id(stream), false, work).map(|_| ())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuStreamWriteValue64_v2(
    stream: CUstream,
    addr: CUdeviceptr,
    value: cuuint64_t,
    _flags: c_uint,
) -> CUresult {
    call("cuStreamWriteValue64_v2", || write_64(stream, addr, value))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuStreamWaitValue64_v2(
    stream: CUstream,
    addr: CUdeviceptr,
    value: cuuint64_t,
    flags: c_uint,
) -> CUresult {
    call("cuStreamWaitValue64_v2", || {
        wait_64(stream, addr, value, flags)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuStreamWriteValue32_v2(
    stream: CUstream,
    addr: CUdeviceptr,
    value: cuuint32_t,
    _flags: c_uint,
) -> CUresult {
    call("cuStreamWriteValue32_v2", || write_32(stream, addr, value))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuStreamWaitValue32_v2(
    stream: CUstream,
    addr: CUdeviceptr,
    value: cuuint32_t,
    flags: c_uint,
) -> CUresult {
    call("cuStreamWaitValue32_v2", || {
        wait_32(stream, addr, value, flags)
    })
}

#[cfg(test)]
mod tests {
    use super::is_reached;

    #[test]
    fn greater_or_equal_goes_round_in_a_circle() {
        assert!(is_reached(5, 5, 64, 0) && is_reached(6, 5, 64, 0) && !is_reached(4, 5, 64, 0));
        assert!(is_reached((1 << 63) - 1, 1, 64, 0));
        assert!(!is_reached(u64::MAX, 1, 64, 0), "2^64-1 is one less than 0");
        assert!(is_reached(1, 0xFFFF_FFFF, 32, 0) && !is_reached(0xFFFF_FFFF, 1, 32, 0));
        assert!(is_reached(6, 2, 64, 2) && !is_reached(4, 2, 64, 2));
        assert!(is_reached(7, 7, 64, 1) && !is_reached(8, 7, 64, 1));
    }
}
