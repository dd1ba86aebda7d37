//! Calls on decoders.

use std::ffi::{c_int, c_uint, c_ulonglong, c_void};

use super::{bytes, call, given, lock, place};
use crate::abi::{Code, CreateInfo, DecodeCaps, DecodeStatus, PicParams, ProcParams, code, status};
use crate::caps;
use crate::decoder::{Decoder, Picture};
use crate::driver::driver;
use crate::handles::Handles;

static DECODERS: Handles<Decoder> = Handles::new();

/// # Safety
/// As the header says (I13).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuvidGetDecoderCaps(caps: *mut DecodeCaps) -> Code {
    call("cuvidGetDecoderCaps", || {
        // SAFETY: I13: handed on.
        let caps = unsafe { place(caps) }?;
        driver()?.current()?.ok_or(code::INVALID_CONTEXT)?;
        caps::fill(caps);
        Ok(())
    })
}

/// # Safety
/// As the header says (I13).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuvidCreateDecoder(
    decoder: *mut *mut c_void,
    info: *mut CreateInfo,
) -> Code {
    call("cuvidCreateDecoder", || {
        // SAFETY: I13: handed on.
        let decoder = unsafe { place(decoder) }?;
        // SAFETY: I13: handed on.
        let info = unsafe { given(info) }?;
        *decoder = DECODERS.insert(Decoder::new(info, lock::of_decoder(info.lock)?)?);
        Ok(())
    })
}

/// # Safety
/// As the header says (I13).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuvidDestroyDecoder(decoder: *mut c_void) -> Code {
    call("cuvidDestroyDecoder", || {
        DECODERS.get(decoder)?.destroy()?;
        DECODERS.remove(decoder).map(drop)
    })
}

/// # Safety
/// As the header says (I13).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuvidDecodePicture(decoder: *mut c_void, params: *mut PicParams) -> Code {
    call("cuvidDecodePicture", || {
        // SAFETY: I13: handed on.
        let params = unsafe { given(params) }?;
        // SAFETY: I13: the struct tells how many bytes there are.
        let bytes = unsafe { bytes(params.bitstream, params.bitstream_len as usize) }?;
        if bytes.is_empty() {
            return Err(code::INVALID_VALUE);
        }
        let is_second_field = params.is_field != 0 && params.is_second_field != 0;
        DECODERS.get(decoder)?.decode(&Picture {
            index: params.index,
            is_second_field,
            bytes,
        })
    })
}

/// # Safety
/// As the header says (I13).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuvidGetDecodeStatus(
    decoder: *mut c_void,
    index: c_int,
    answer: *mut DecodeStatus,
) -> Code {
    call("cuvidGetDecodeStatus", || {
        // SAFETY: I13: handed on.
        let answer = unsafe { place(answer) }?;
        let is_decoded = DECODERS.get(decoder)?.is_decoded(index)?;
        answer.status = if is_decoded {
            status::SUCCESS
        } else {
            status::INVALID
        };
        Ok(())
    })
}

/// Changing a decoder in place: not simulated.
///
/// # Safety
/// As the header says (I13).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuvidReconfigureDecoder(decoder: *mut c_void, _info: *mut c_void) -> Code {
    call("cuvidReconfigureDecoder", || {
        DECODERS.get(decoder).and(Err(code::NOT_SUPPORTED))
    })
}

/// # Safety
/// As the header says (I13).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuvidMapVideoFrame64(
    decoder: *mut c_void,
    index: c_int,
    address: *mut c_ulonglong,
    pitch: *mut c_uint,
    params: *mut ProcParams,
) -> Code {
    call("cuvidMapVideoFrame64", || {
        // SAFETY: I13: handed on.
        let address = unsafe { place(address) }?;
        // SAFETY: I13: handed on.
        let pitch = unsafe { place(pitch) }?;
        // SAFETY: I13: handed on.
        let params = unsafe { given(params) }?;
        let mapped = DECODERS.get(decoder)?.map(index, params)?;
        *address = mapped.at;
        *pitch = mapped.pitch as c_uint;
        Ok(())
    })
}

/// # Safety
/// As the header says (I13).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuvidUnmapVideoFrame64(
    decoder: *mut c_void,
    address: c_ulonglong,
) -> Code {
    call("cuvidUnmapVideoFrame64", || {
        DECODERS.get(decoder)?.unmap(address)
    })
}
