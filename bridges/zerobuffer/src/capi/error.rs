//! Errors as numbers and sentences, and the guard around every entry point.

use std::any::Any;
use std::cell::RefCell;
use std::ffi::{CStr, c_char, c_int};
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::{Error, ErrorKind};

/// Why a function failed. ZEROBUFFER_OK is 0, and every error is negative.
///
/// The numbers never change. zerobuffer_strerror() has a sentence for each, and
/// zerobuffer_last_error() says more: what happened, to what, and what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum zerobuffer_error_t {
    /// No error.
    ZEROBUFFER_OK = 0,
    /// An argument is outside of its documented range; a handle is NULL, was released or
    /// destroyed, is of another kind, or is used by two threads at once.
    ZEROBUFFER_ERR_INVALID_ARGUMENT = -1,
    /// A name that no buffer can have.
    ZEROBUFFER_ERR_INVALID_NAME = -2,
    /// Sizes that no buffer can have.
    ZEROBUFFER_ERR_INVALID_CONFIG = -3,
    /// There is no buffer of this name; its reader creates it.
    ZEROBUFFER_ERR_BUFFER_NOT_FOUND = -4,
    /// The buffer is being made, and did not become ready in time.
    ZEROBUFFER_ERR_NOT_READY = -5,
    /// The buffer has a live writer.
    ZEROBUFFER_ERR_WRITER_ALREADY_CONNECTED = -6,
    /// The buffer has a live reader.
    ZEROBUFFER_ERR_READER_ALREADY_CONNECTED = -7,
    /// No space was given back in time.
    ZEROBUFFER_ERR_BUFFER_FULL = -8,
    /// The reader is gone.
    ZEROBUFFER_ERR_READER_DEAD = -9,
    /// The writer is gone, and everything that it wrote was read.
    ZEROBUFFER_ERR_WRITER_DEAD = -10,
    /// A frame that fits no empty buffer.
    ZEROBUFFER_ERR_FRAME_TOO_LARGE = -11,
    /// A frame that would leave a rest in the buffer that no header fits into.
    ZEROBUFFER_ERR_FRAME_UNPLACEABLE = -12,
    /// A frame without data.
    ZEROBUFFER_ERR_INVALID_FRAME_SIZE = -13,
    /// More frames are held than can be kept account of.
    ZEROBUFFER_ERR_TOO_MANY_FRAMES_HELD = -14,
    /// Metadata is written once in a buffer's life.
    ZEROBUFFER_ERR_METADATA_ALREADY_WRITTEN = -15,
    /// Metadata that does not fit.
    ZEROBUFFER_ERR_METADATA_TOO_LARGE = -16,
    /// A frame is missing, or a writer counts otherwise.
    ZEROBUFFER_ERR_SEQUENCE_GAP = -17,
    /// Something in the shared memory that cannot be.
    ZEROBUFFER_ERR_CORRUPT = -18,
    /// A buffer of a version that this library does not speak.
    ZEROBUFFER_ERR_VERSION = -19,
    /// No memory for the buffer.
    ZEROBUFFER_ERR_NO_SPACE = -20,
    /// The system refused something, or the library itself failed.
    ZEROBUFFER_ERR_SYSTEM = -21,
    /// The time allowed by the caller is over.
    ZEROBUFFER_ERR_TIMEOUT = -22,
    /// There is no metadata yet.
    ZEROBUFFER_ERR_NO_METADATA = -23,
    /// A handler of a duplex server failed, or it has none.
    ZEROBUFFER_ERR_HANDLER = -24,
}

use zerobuffer_error_t::*;

impl From<ErrorKind> for zerobuffer_error_t {
    fn from(kind: ErrorKind) -> zerobuffer_error_t {
        match kind {
            ErrorKind::InvalidName => ZEROBUFFER_ERR_INVALID_NAME,
            ErrorKind::InvalidConfig => ZEROBUFFER_ERR_INVALID_CONFIG,
            ErrorKind::BufferNotFound => ZEROBUFFER_ERR_BUFFER_NOT_FOUND,
            ErrorKind::NotReady => ZEROBUFFER_ERR_NOT_READY,
            ErrorKind::WriterAlreadyConnected => ZEROBUFFER_ERR_WRITER_ALREADY_CONNECTED,
            ErrorKind::ReaderAlreadyConnected => ZEROBUFFER_ERR_READER_ALREADY_CONNECTED,
            ErrorKind::BufferFull => ZEROBUFFER_ERR_BUFFER_FULL,
            ErrorKind::ReaderDead => ZEROBUFFER_ERR_READER_DEAD,
            ErrorKind::WriterDead => ZEROBUFFER_ERR_WRITER_DEAD,
            ErrorKind::FrameTooLarge => ZEROBUFFER_ERR_FRAME_TOO_LARGE,
            ErrorKind::FrameUnplaceable => ZEROBUFFER_ERR_FRAME_UNPLACEABLE,
            ErrorKind::InvalidFrameSize => ZEROBUFFER_ERR_INVALID_FRAME_SIZE,
            ErrorKind::TooManyFramesHeld => ZEROBUFFER_ERR_TOO_MANY_FRAMES_HELD,
            ErrorKind::MetadataAlreadyWritten => ZEROBUFFER_ERR_METADATA_ALREADY_WRITTEN,
            ErrorKind::MetadataTooLarge => ZEROBUFFER_ERR_METADATA_TOO_LARGE,
            ErrorKind::SequenceGap => ZEROBUFFER_ERR_SEQUENCE_GAP,
            ErrorKind::Corrupt => ZEROBUFFER_ERR_CORRUPT,
            ErrorKind::Version => ZEROBUFFER_ERR_VERSION,
            ErrorKind::NoSpace => ZEROBUFFER_ERR_NO_SPACE,
            ErrorKind::System => ZEROBUFFER_ERR_SYSTEM,
        }
    }
}

/// Why an entry point fails.
#[derive(Debug)]
pub(super) enum Failure {
    /// What the library said.
    Library(Error),
    /// What this layer says; without allocation, for what happens frame after frame.
    Own(zerobuffer_error_t, &'static str),
    /// What this layer says.
    Said(zerobuffer_error_t, String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Library(error)
    }
}

/// An argument that makes no sense.
pub(super) fn refuse<T>(what: impl Into<String>) -> Result<T, Failure> {
    Err(Failure::Said(ZEROBUFFER_ERR_INVALID_ARGUMENT, what.into()))
}

/// Calls `call` for C: its number, with the sentence for zerobuffer_last_error(), and nothing
/// unwinds.
pub(super) fn guard(call: impl FnOnce() -> Result<(), Failure>) -> c_int {
    guard_value(|| call().map(|()| 0), |code| code)
}

/// As [`guard`], for functions that return something else than an error number.
pub(super) fn guard_value<T>(
    call: impl FnOnce() -> Result<T, Failure>,
    failed: impl FnOnce(c_int) -> T,
) -> T {
    // Whatever a panic left half done is behind a handle, which stays an error or an object.
    let (code, sentence) = match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(value)) => return value,
        Ok(Err(Failure::Library(error))) => {
            note(format_args!("{error}"));
            return failed(zerobuffer_error_t::from(error.kind()) as c_int);
        }
        Ok(Err(Failure::Own(code, sentence))) => (code, sentence.to_owned()),
        Ok(Err(Failure::Said(code, sentence))) => (code, sentence),
        Err(panic) => {
            let text = panic_text(&*panic);
            (
                ZEROBUFFER_ERR_SYSTEM,
                format!("a bug in libzerobuffer: {text}"),
            )
        }
    };
    note(format_args!("{sentence}"));
    failed(code as c_int)
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
pub extern "C" fn zerobuffer_last_error() -> *const c_char {
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
pub extern "C" fn zerobuffer_strerror(code: c_int) -> *const c_char {
    let index = usize::try_from(code.unsigned_abs()).unwrap_or(usize::MAX);
    let known = SENTENCES.get(index).filter(|_| code <= 0);
    known
        .copied()
        .unwrap_or(c"not an error number of zerobuffer")
        .as_ptr()
}

/// By the numbers of the errors, without their sign.
const SENTENCES: [&CStr; 25] = [
    c"no error",
    c"an argument is outside of its documented range",
    c"no buffer can have this name",
    c"no buffer can have these sizes",
    c"there is no buffer of this name; its reader creates it",
    c"the buffer did not become ready in time",
    c"the buffer already has a writer",
    c"the buffer already has a reader",
    c"the buffer is full, and its reader gave no space back in time",
    c"the reader of the buffer is gone",
    c"the writer of the buffer is gone, and all its frames are read",
    c"the frame is larger than the buffer",
    c"the frame leaves a rest in the buffer that no header fits into",
    c"a frame has at least one byte",
    c"too many frames are held",
    c"the buffer has its metadata already",
    c"the metadata does not fit the buffer",
    c"a frame is missing, or a writer counts otherwise",
    c"the buffer is corrupt",
    c"the buffer has a version that this library does not speak",
    c"there is no space for the buffer in shared memory",
    c"a system call failed",
    c"the time allowed for this is over",
    c"there is no metadata yet",
    c"a handler of a duplex server failed",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_number_and_a_sentence_of_its_own() {
        let kinds = [
            ErrorKind::InvalidName,
            ErrorKind::InvalidConfig,
            ErrorKind::BufferNotFound,
            ErrorKind::NotReady,
            ErrorKind::WriterAlreadyConnected,
            ErrorKind::ReaderAlreadyConnected,
            ErrorKind::BufferFull,
            ErrorKind::ReaderDead,
            ErrorKind::WriterDead,
            ErrorKind::FrameTooLarge,
            ErrorKind::FrameUnplaceable,
            ErrorKind::InvalidFrameSize,
            ErrorKind::TooManyFramesHeld,
            ErrorKind::MetadataAlreadyWritten,
            ErrorKind::MetadataTooLarge,
            ErrorKind::SequenceGap,
            ErrorKind::Corrupt,
            ErrorKind::Version,
            ErrorKind::NoSpace,
            ErrorKind::System,
        ];
        for (index, kind) in kinds.into_iter().enumerate() {
            let code = zerobuffer_error_t::from(kind);
            assert_eq!(code as i32, -2 - index as i32);
            let name = format!("{code:?}").replace('_', "").to_lowercase();
            assert_eq!(name, format!("zerobuffererr{kind}").to_lowercase());
        }
        let mut sentences = SENTENCES.to_vec();
        sentences.sort_unstable();
        sentences.dedup();
        assert_eq!(sentences.len(), SENTENCES.len());
        assert_eq!(SENTENCES.len() as i32, 1 - ZEROBUFFER_ERR_HANDLER as i32);
        for wrong in [1, -25, i32::MAX, i32::MIN] {
            assert_eq!(
                zerobuffer_strerror(wrong),
                c"not an error number of zerobuffer".as_ptr()
            );
        }
    }

    #[test]
    fn a_panic_is_an_error_with_a_sentence() {
        let code = guard(|| panic!("seven"));
        assert_eq!(code, ZEROBUFFER_ERR_SYSTEM as i32);
        LAST.with(|last| {
            assert_eq!(*last.borrow(), b"a bug in libzerobuffer: seven\0");
        });
    }
}
