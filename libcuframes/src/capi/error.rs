//! Errors as numbers and sentences, and the guard around every entry point.

use std::any::Any;
use std::cell::RefCell;
use std::ffi::{CStr, c_char, c_int};
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::Error;
use crate::wire::ErrorCode;

/// Why a function failed. CUFRAMES_OK is 0, and every error is negative.
///
/// The numbers never change. cuframes_strerror() has a sentence for each, and
/// cuframes_last_error() says more: what happened, to what, and what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum cuframes_error_t {
    /// No error.
    CUFRAMES_OK = 0,
    /// An argument is outside of its documented range; a handle is NULL, was released or
    /// destroyed, is of another kind, or is used by two threads at once.
    CUFRAMES_ERR_INVALID_ARGUMENT = -1,
    /// No publisher serves this key.
    CUFRAMES_ERR_NOT_FOUND = -2,
    /// The key or the consumer name is in use by somebody alive.
    CUFRAMES_ERR_ALREADY_EXISTS = -3,
    /// The time allowed by the caller is over.
    CUFRAMES_ERR_TIMEOUT = -4,
    /// The other process is gone.
    CUFRAMES_ERR_DISCONNECTED = -5,
    /// The other process broke the protocol or speaks another version.
    CUFRAMES_ERR_PROTOCOL = -6,
    /// A call into the CUDA driver failed.
    CUFRAMES_ERR_CUDA = -7,
    /// Memory, or space in /dev/shm, ran out.
    CUFRAMES_ERR_NO_MEMORY = -8,
    /// The user is not allowed to do this.
    CUFRAMES_ERR_PERMISSION = -9,
    /// A system call failed, or the library itself did.
    CUFRAMES_ERR_SYSTEM = -10,
    /// There is nothing yet and the caller did not want to wait, or no slot is free.
    CUFRAMES_ERR_WOULD_BLOCK = -11,
    /// The publisher took this subscriber's frames away; what was read of them may be torn.
    CUFRAMES_ERR_EVICTED = -12,
    /// A valid request that this library or this publisher cannot serve.
    CUFRAMES_ERR_UNSUPPORTED = -13,
    /// The publisher serves as many subscribers as it may.
    CUFRAMES_ERR_TOO_MANY_SUBSCRIBERS = -14,
    /// The stream changed its shape.
    CUFRAMES_ERR_RECONFIGURED = -15,
    /// The publisher ended the stream: there will be no further frame.
    CUFRAMES_ERR_END_OF_STREAM = -16,
    /// The frame's GPU work will never complete.
    CUFRAMES_ERR_ABORTED = -17,
    /// The packet is larger than the packet ring accepts.
    CUFRAMES_ERR_PACKET_OVERSIZED = -20,
    /// The publisher has no packet ring.
    CUFRAMES_ERR_NO_PACKET_RING = -21,
    /// The codec parameters are not known yet.
    CUFRAMES_ERR_NO_CODEC_PARAMS = -22,
    /// The packet ring went round before the reader came.
    CUFRAMES_ERR_PACKET_OVERRUN = -23,
}

/// Why an entry point fails.
#[derive(Debug)]
pub(super) enum Failure {
    /// What the library said.
    Library(Error),
    /// What this layer says; without allocation, for what happens frame after frame.
    Own(ErrorCode, &'static str),
}

impl Failure {
    pub fn unsupported(what: String) -> Failure {
        Failure::Library(Error::Unsupported(what))
    }
}

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Failure {
        Failure::Library(error.into())
    }
}

/// An argument that makes no sense.
pub(super) fn refuse<T>(what: impl Into<String>) -> Result<T, Failure> {
    Err(Failure::Library(Error::InvalidArgument(what.into())))
}

/// Calls `call` for C: its number, with the sentence for cuframes_last_error(), and nothing
/// unwinds.
pub(super) fn guard(call: impl FnOnce() -> Result<(), Failure>) -> c_int {
    guard_value(
        || {
            call()?;
            Ok(0)
        },
        |code| code,
    )
}

/// As [`guard`], for functions that return something else than an error number.
pub(super) fn guard_value<T>(
    call: impl FnOnce() -> Result<T, Failure>,
    failed: impl FnOnce(c_int) -> T,
) -> T {
    // Whatever a panic left half done is behind a handle, which stays an error or an object.
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(value)) => value,
        Ok(Err(Failure::Library(error))) => {
            note(format_args!("{error}"));
            failed(error.code().as_i32())
        }
        Ok(Err(Failure::Own(code, sentence))) => {
            note(format_args!("{sentence}"));
            failed(code.as_i32())
        }
        Err(panic) => {
            note(format_args!(
                "a bug in libcuframes: {}",
                panic_text(&*panic)
            ));
            failed(ErrorCode::System.as_i32())
        }
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&'static str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("it panicked")
}

thread_local! {
    /// The last sentence, with a NUL behind it. The room is kept: no allocation per error.
    static LAST: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

fn note(sentence: std::fmt::Arguments<'_>) {
    // A thread that is ending has no room for a sentence any more, and nobody to read it.
    let _ = LAST.try_with(|last| {
        if let Ok(mut last) = last.try_borrow_mut() {
            last.clear();
            // Writing into a Vec does not fail.
            let _ = last.write_fmt(sentence);
            last.retain(|&byte| byte != 0);
            last.push(0);
        }
    });
}

/// The sentence of the last failure in this thread: what happened, to what, what to do.
///
/// Functions that succeed leave it alone. Returns: a string that is valid until the next call
/// of this library in the same thread; "no error" if nothing has failed yet. Never NULL.
#[unsafe(no_mangle)]
pub extern "C" fn cuframes_last_error() -> *const c_char {
    let text = |last: &RefCell<Vec<u8>>| match last.try_borrow() {
        Ok(last) if !last.is_empty() => last.as_ptr().cast(),
        _ => c"no error".as_ptr(),
    };
    LAST.try_with(text).unwrap_or(c"no error".as_ptr())
}

/// A sentence for an error number, for people.
///
/// code: what a function returned. Returns: a static string, never NULL.
#[unsafe(no_mangle)]
pub extern "C" fn cuframes_strerror(code: c_int) -> *const c_char {
    sentence(code).as_ptr()
}

fn sentence(code: c_int) -> &'static CStr {
    match ErrorCode::from_i32(code) {
        Some(ErrorCode::Ok) => c"no error",
        Some(ErrorCode::InvalidArgument) => c"an argument is outside its documented range",
        Some(ErrorCode::NotFound) => c"no publisher serves this key",
        Some(ErrorCode::AlreadyExists) => c"the key or the consumer name is already in use",
        Some(ErrorCode::Timeout) => c"the time allowed for this is over",
        Some(ErrorCode::Disconnected) => c"the other process is gone",
        Some(ErrorCode::Protocol) => c"the other process does not speak this protocol",
        Some(ErrorCode::Cuda) => c"a call into the CUDA driver failed",
        Some(ErrorCode::NoMemory) => c"memory or space in /dev/shm ran out",
        Some(ErrorCode::Permission) => c"this user is not allowed to do this",
        Some(ErrorCode::System) => c"a system call failed",
        Some(ErrorCode::WouldBlock) => c"there is nothing yet; wait or ask again",
        Some(ErrorCode::Evicted) => c"the publisher took this subscriber's leases away",
        Some(ErrorCode::Unsupported) => c"this is not supported here",
        Some(ErrorCode::TooManySubscribers) => {
            c"the publisher serves as many subscribers as it may"
        }
        Some(ErrorCode::Reconfigured) => c"the stream changed its shape; join again",
        Some(ErrorCode::EndOfStream) => c"the publisher ended the stream",
        Some(ErrorCode::Aborted) => c"the frame's GPU work will never complete",
        Some(ErrorCode::PacketOversized) => c"the packet is larger than the ring accepts",
        Some(ErrorCode::NoPacketRing) => c"the publisher has no packet ring",
        Some(ErrorCode::NoCodecParams) => c"the codec parameters are not known yet",
        Some(ErrorCode::PacketOverrun) => c"the packet ring went round before the reader came",
        None => c"not an error number of cuframes",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentences_of_c_are_those_of_the_library() {
        assert_eq!(ErrorCode::ALL.len(), 22);
        for code in ErrorCode::ALL {
            assert_eq!(sentence(code.as_i32()).to_str(), Ok(code.sentence()));
        }
        assert_eq!(sentence(1), c"not an error number of cuframes");
    }

    #[test]
    fn the_numbers_of_c_are_those_of_the_wire() {
        use cuframes_error_t::*;
        let numbers = [
            CUFRAMES_OK,
            CUFRAMES_ERR_INVALID_ARGUMENT,
            CUFRAMES_ERR_NOT_FOUND,
            CUFRAMES_ERR_ALREADY_EXISTS,
            CUFRAMES_ERR_TIMEOUT,
            CUFRAMES_ERR_DISCONNECTED,
            CUFRAMES_ERR_PROTOCOL,
            CUFRAMES_ERR_CUDA,
            CUFRAMES_ERR_NO_MEMORY,
            CUFRAMES_ERR_PERMISSION,
            CUFRAMES_ERR_SYSTEM,
            CUFRAMES_ERR_WOULD_BLOCK,
            CUFRAMES_ERR_EVICTED,
            CUFRAMES_ERR_UNSUPPORTED,
            CUFRAMES_ERR_TOO_MANY_SUBSCRIBERS,
            CUFRAMES_ERR_RECONFIGURED,
            CUFRAMES_ERR_END_OF_STREAM,
            CUFRAMES_ERR_ABORTED,
            CUFRAMES_ERR_PACKET_OVERSIZED,
            CUFRAMES_ERR_NO_PACKET_RING,
            CUFRAMES_ERR_NO_CODEC_PARAMS,
            CUFRAMES_ERR_PACKET_OVERRUN,
        ];
        for (number, code) in numbers.into_iter().zip(ErrorCode::ALL) {
            assert_eq!(number as i32, code.as_i32());
            assert!(format!("{number:?}").ends_with(code.name()));
        }
    }

    #[test]
    fn a_panic_is_an_error_with_a_sentence() {
        let code = guard(|| panic!("seven"));
        assert_eq!(code, cuframes_error_t::CUFRAMES_ERR_SYSTEM as i32);
        LAST.with(|last| {
            assert_eq!(*last.borrow(), b"a bug in libcuframes: seven\0");
        });
    }
}
