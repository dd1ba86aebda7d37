//! Calls on decoders.

use std::ffi::{c_int, c_uint, c_ulonglong, c_void};

use super::{bytes, code, given, lock, place};
use crate::abi::{
    Code, CreateInfo, DecodeCaps, DecodeStatus, PicParams, ProcParams, code as codes, status,
};
use crate::caps;
use crate::decoder::{Decoder, Picture};
use crate::driver::driver;
use crate::handles::Handles;

static DECODERS: Handles<Decoder> = Handles::new();

/// # Safety
/// As the header says (I13).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuvidGetDecoderCaps(caps: *mut DecodeCaps) -> Code {
    // SAFETY: I13: handed on.
    code(unsafe { place(caps) }.and_then(|caps| {
        driver()?.current()?.ok_or(codes::INVALID_CONTEXT)?;
        caps::fill(caps);
        Ok(())
    }))
}

/// # Safety
/// As the header says (I13).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuvidCreateDecoder(
    decoder: *mut *mut c_void,
    info: *mut CreateInfo,
) -> Code {
    // SAFETY: I13: handed on.
    let arguments = unsafe { place(decoder) }.and_then(|decoder| {
        // SAFETY: I13: handed on.
        Ok((decoder, unsafe { given(info) }?))
    });
    code(arguments.and_then(|(decoder, info)| {
        *decoder = DECODERS.insert(Decoder::new(info, lock::of_decoder(info.lock)?)?);
        Ok(())
    }))
}

/// # Safety
/// As the header says (I13).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuvidDestroyDecoder(decoder: *mut c_void) -> Code {
    code(DECODERS.get(decoder).and_then(|alive| {
        alive.destroy()?;
        DECODERS.remove(decoder).map(drop)
    }))
}

/// # Safety
/// As the header says (I13).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuvidDecodePicture(decoder: *mut c_void, params: *mut PicParams) -> Code {
    // SAFETY: I13: handed on.
    code(unsafe { given(params) }.and_then(|params| {
        // SAFETY: I13: the struct tells how many bytes there are.
        let bytes = unsafe { bytes(params.bitstream, params.bitstream_len as usize) }?;
        if bytes.is_empty() {
            return Err(codes::INVALID_VALUE);
        }
        let is_second_field = params.is_field != 0 && params.is_second_field != 0;
        DECODERS.get(decoder)?.decode(&Picture {
            index: params.index,
            is_second_field,
            bytes,
        })
    }))
}

/// # Safety
/// As the header says (I13).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuvidGetDecodeStatus(
    decoder: *mut c_void,
    index: c_int,
    answer: *mut DecodeStatus,
) -> Code {
    // SAFETY: I13: handed on.
    code(unsafe { place(answer) }.and_then(|answer| {
        let is_decoded = DECODERS.get(decoder)?.is_decoded(index)?;
        answer.status = if is_decoded {
            status::SUCCESS
        } else {
            status::INVALID
        };
        Ok(())
    }))
}

/// Changing a decoder in place: not simulated.
///
/// # Safety
/// As the header says (I13).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuvidReconfigureDecoder(decoder: *mut c_void, _info: *mut c_void) -> Code {
    code(DECODERS.get(decoder).and(Err(codes::NOT_SUPPORTED)))
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
    // SAFETY: I13: handed on.
    let places = unsafe { place(address) }.and_then(|address| {
        // SAFETY: I13: handed on.
        Ok((address, unsafe { place(pitch) }?))
    });
    // SAFETY: I13: handed on.
    let params = unsafe { given(params) };
    code(places.and_then(|(address, pitch)| {
        let mapped = DECODERS.get(decoder)?.map(index, params?)?;
        *address = mapped.at;
        *pitch = mapped.pitch as c_uint;
        Ok(())
    }))
}

/// # Safety
/// As the header says (I13).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuvidUnmapVideoFrame64(
    decoder: *mut c_void,
    address: c_ulonglong,
) -> Code {
    code(
        DECODERS
            .get(decoder)
            .and_then(|decoder| decoder.unmap(address)),
    )
}
