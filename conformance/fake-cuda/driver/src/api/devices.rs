//! Starting, and devices.

use std::ffi::{CStr, c_char, c_int, c_uint};

use super::{call, give};
use crate::abi::*;
use crate::machine::machine;
use crate::world::{Answer, world};
use crate::{device, names};

fn check(ordinal: c_int) -> Answer {
    match (0..device::count()).contains(&ordinal) {
        true => Ok(()),
        false => Err(INVALID_DEVICE),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuInit(Flags: c_uint) -> CUresult {
    call("cuInit", || {
        if Flags != 0 {
            return Err(INVALID_VALUE);
        }
        if device::count() == 0 {
            return Err(100);
        }
        world().started = true;
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuDriverGetVersion(driverVersion: *mut c_int) -> CUresult {
    call("cuDriverGetVersion", || {
        let version = machine().map_or(0, |machine| machine.version);
        // SAFETY: the caller's.
        unsafe { give(driverVersion, version) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuGetErrorName(error: CUresult, pStr: *mut *const c_char) -> CUresult {
    call("cuGetErrorName", || name_of(error, pStr))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuGetErrorString(error: CUresult, pStr: *mut *const c_char) -> CUresult {
    call("cuGetErrorString", || name_of(error, pStr))
}

fn name_of(error: CUresult, out: *mut *const c_char) -> Answer {
    let name = names::name(error);
    // SAFETY: the caller's.
    unsafe { give(out, name.map_or(std::ptr::null(), CStr::as_ptr)) }?;
    name.map(|_| ()).ok_or(INVALID_VALUE)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuDeviceGetCount(count: *mut c_int) -> CUresult {
    // SAFETY: the caller's.
    call("cuDeviceGetCount", || unsafe {
        give(count, device::count())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuDeviceGet(device: *mut CUdevice, ordinal: c_int) -> CUresult {
    call("cuDeviceGet", || {
        check(ordinal)?;
        // SAFETY: the caller's.
        unsafe { give(device, ordinal) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuDeviceGetName(name: *mut c_char, len: c_int, dev: CUdevice) -> CUresult {
    call("cuDeviceGetName", || {
        check(dev)?;
        let text = format!("Simulated GPU {dev}\0");
        if name.is_null() || len < 1 {
            return Err(INVALID_VALUE);
        }
        let count = text.len().min(len as usize);
        // SAFETY: the caller has room for `len` bytes.
        unsafe { std::ptr::copy_nonoverlapping(text.as_ptr().cast(), name, count) };
        // SAFETY: as above.
        let last = unsafe { name.add(count - 1) };
        // SAFETY: as above.
        unsafe { last.write(0) };
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuDeviceGetUuid(uuid: *mut CUuuid, dev: CUdevice) -> CUresult {
    call("cuDeviceGetUuid", || uuid_of(uuid, dev))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuDeviceGetUuid_v2(uuid: *mut CUuuid, dev: CUdevice) -> CUresult {
    call("cuDeviceGetUuid_v2", || uuid_of(uuid, dev))
}

fn uuid_of(out: *mut CUuuid, dev: CUdevice) -> Answer {
    check(dev)?;
    let bytes = device::uuid(dev).map(|byte| byte as c_char);
    // SAFETY: the caller's.
    unsafe { give(out, CUuuid { bytes }) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuDeviceTotalMem_v2(bytes: *mut usize, dev: CUdevice) -> CUresult {
    call("cuDeviceTotalMem_v2", || {
        check(dev)?;
        // SAFETY: the caller's.
        unsafe { give(bytes, device::MEMORY) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuDeviceGetAttribute(
    pi: *mut c_int,
    attrib: CUdevice_attribute,
    dev: CUdevice,
) -> CUresult {
    call("cuDeviceGetAttribute", || {
        check(dev)?;
        // SAFETY: the caller's.
        unsafe { give(pi, device::attribute(attrib)) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuDeviceComputeCapability(
    major: *mut c_int,
    minor: *mut c_int,
    dev: CUdevice,
) -> CUresult {
    call("cuDeviceComputeCapability", || {
        check(dev)?;
        // SAFETY: the caller's.
        unsafe { give(major, device::attribute(75)) }?;
        // SAFETY: the caller's.
        unsafe { give(minor, device::attribute(76)) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuDeviceGetPCIBusId(
    pciBusId: *mut c_char,
    len: c_int,
    dev: CUdevice,
) -> CUresult {
    call("cuDeviceGetPCIBusId", || {
        check(dev)?;
        let text = format!("0000:0{dev}:00.0\0");
        if pciBusId.is_null() || (len as usize) < text.len() {
            return Err(INVALID_VALUE);
        }
        // SAFETY: the caller has room for `len` bytes.
        unsafe { std::ptr::copy_nonoverlapping(text.as_ptr().cast(), pciBusId, text.len()) };
        Ok(())
    })
}
