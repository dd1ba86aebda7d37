//! Calls on parsers.

use std::ffi::c_void;
use std::ptr;
use std::sync::Mutex;

use super::{bytes, call, given, place};
use crate::abi::{Code, Packet, ParserParams};
use crate::handles::Handles;
use crate::parser::Parser;

static PARSERS: Handles<Mutex<Parser>> = Handles::new();

/// # Safety
/// As the header says (I13).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuvidCreateVideoParser(
    parser: *mut *mut c_void,
    params: *mut ParserParams,
) -> Code {
    call("cuvidCreateVideoParser", || {
        // SAFETY: I13: handed on.
        let parser = unsafe { place(parser) }?;
        // SAFETY: I13: handed on.
        let params = unsafe { given(params) }?;
        // SAFETY: I13: plain fields, copied once.
        let params = unsafe { ptr::read(params) };
        *parser = PARSERS.insert(Mutex::new(Parser::new(params)?));
        Ok(())
    })
}

/// # Safety
/// As the header says (I13).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuvidParseVideoData(parser: *mut c_void, packet: *mut Packet) -> Code {
    call("cuvidParseVideoData", || {
        // SAFETY: I13: handed on.
        let packet = unsafe { given(packet) }?;
        let payload = match packet.payload_size {
            0 => &[],
            // SAFETY: I13: the struct tells how many bytes there are.
            size => unsafe { bytes(packet.payload, size as usize) }?,
        };
        let parser = PARSERS.get(parser)?;
        let mut parser = parser
            .lock()
            .expect("a panic of a callback ends the process");
        parser.parse(packet, payload)
    })
}

/// # Safety
/// As the header says (I13).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuvidDestroyVideoParser(parser: *mut c_void) -> Code {
    call("cuvidDestroyVideoParser", || {
        PARSERS.remove(parser).map(drop)
    })
}
