//! Handlers of duplex servers that C has written.
//!
//! They are declared as "C-unwind" and called inside of a catch_unwind: an exception of another
//! language that leaves one ends the program with a message, which is the only thing that Rust
//! defines for it. The C++ header catches exceptions before they come here.

use std::cell::RefCell;
use std::ffi::{c_char, c_int, c_void};
use std::sync::LazyLock;

use crate::Frame;
use crate::duplex::BoxError;

use super::error::{Failure, guard, refuse};
use super::handles::{self, Exclusive, Object, Table};
use super::memory;

/// The response that a handler gives; valid until it returns.
pub struct zerobuffer_response_t(());

/// Answers a request with new bytes: zerobuffer_response_set().
///
/// user: as it was given. request: size bytes, valid until the handler returns. sequence: the
/// number of the request. Return 0, or anything else if there is no answer, which ends the
/// server; zerobuffer_handler_error() says why. A C++ exception or longjmp must not leave it:
/// that ends the program.
pub type zerobuffer_immutable_handler_t = Option<
    unsafe extern "C-unwind" fn(
        user: *mut c_void,
        request: *const c_void,
        size: usize,
        sequence: u64,
        response: *mut zerobuffer_response_t,
    ) -> c_int,
>;

/// Changes a request where it lies; what it makes of it is the response, of the same size.
///
/// Arguments and result as those of zerobuffer_immutable_handler_t.
pub type zerobuffer_mutable_handler_t = Option<
    unsafe extern "C-unwind" fn(
        user: *mut c_void,
        request: *mut c_void,
        size: usize,
        sequence: u64,
    ) -> c_int,
>;

pub(super) type Immutable = unsafe extern "C-unwind" fn(
    *mut c_void,
    *const c_void,
    usize,
    u64,
    *mut zerobuffer_response_t,
) -> c_int;
pub(super) type Mutable =
    unsafe extern "C-unwind" fn(*mut c_void, *mut c_void, usize, u64) -> c_int;

/// The pointer that C gives with a handler, and gets back with every call. It is never
/// dereferenced here.
#[derive(Clone, Copy, Debug)]
pub(super) struct User(pub *mut c_void);

// SAFETY: C1: the header says that the handler, and so its user pointer, is used by other threads;
// the caller gave it for that.
unsafe impl Send for User {}
// SAFETY: C1: as for Send.
unsafe impl Sync for User {}

impl Object for Exclusive<Vec<u8>> {
    type Handle = zerobuffer_response_t;
    const KIND: usize = 6;
    const NAME: &'static str = "response";

    fn table() -> &'static Table<Self> {
        static TABLE: LazyLock<Table<Exclusive<Vec<u8>>>> = LazyLock::new(handles::empty);
        &TABLE
    }
}

/// A handler and what it is called with.
pub(super) struct Handler<F> {
    call: F,
    user: User,
}

impl<F> Handler<F> {
    pub fn new(call: F, user: User) -> Self {
        Handler { call, user }
    }
}

impl Handler<Immutable> {
    /// The bytes that the handler answers with.
    pub fn answer(&self, request: &Frame) -> Result<Vec<u8>, BoxError> {
        let response = handles::insert(Exclusive::new(Vec::new())).map_err(no_room)?;
        let (data, size) = (request.as_ptr().cast(), request.len());
        begin();
        // SAFETY: C1: the handler is what the header says, and the request is held meanwhile.
        let code = unsafe { (self.call)(self.user.0, data, size, request.sequence(), response) };
        let bytes = take(response);
        match code {
            0 => bytes.map_err(no_room),
            code => Err(why(code)),
        }
    }
}

impl Handler<Mutable> {
    /// Lets the handler change the request.
    pub fn change(&self, request: &mut Frame) -> Result<(), BoxError> {
        let (size, sequence) = (request.len(), request.sequence());
        let data = request.as_mut_ptr().cast();
        begin();
        // SAFETY: C1: the handler is what the header says, and the request is ours meanwhile.
        match unsafe { (self.call)(self.user.0, data, size, sequence) } {
            0 => Ok(()),
            code => Err(why(code)),
        }
    }
}

fn no_room(_: Failure) -> BoxError {
    "no room for the handle of a response".into()
}

/// Takes the bytes of a response away from its handle.
fn take(response: *mut zerobuffer_response_t) -> Result<Vec<u8>, Failure> {
    let bytes = {
        let entry = handles::get::<Exclusive<Vec<u8>>>(response)?;
        let mut bytes = entry.lock("response")?;
        std::mem::take(&mut *bytes)
    };
    handles::remove::<Exclusive<Vec<u8>>>(response)?;
    Ok(bytes)
}

thread_local! {
    /// What the handler that runs in this thread has said.
    static SAID: RefCell<Option<String>> = const { RefCell::new(None) };
}

fn begin() {
    SAID.with_borrow_mut(|said| *said = None);
}

fn why(code: c_int) -> BoxError {
    let said = SAID.with_borrow_mut(Option::take);
    said.unwrap_or_else(|| format!("it returned {code}")).into()
}

/// Gives the bytes of a response; they are copied. The last ones given are sent.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zerobuffer_response_set(
    response: *mut zerobuffer_response_t,
    data: *const c_void,
    size: usize,
) -> c_int {
    guard(|| {
        // SAFETY: C1: passed on.
        let data = unsafe { memory::bytes(data.cast(), size, "data") }?;
        let entry = handles::get::<Exclusive<Vec<u8>>>(response)?;
        let mut bytes = entry.lock("response")?;
        bytes.clear();
        bytes.extend_from_slice(data);
        Ok(())
    })
}

/// Says, in a handler that is about to return something else than 0, why it does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zerobuffer_handler_error(sentence: *const c_char) -> c_int {
    guard(|| {
        // SAFETY: C1: passed on.
        let sentence = unsafe { memory::text(sentence, "sentence") }?;
        match sentence {
            "" => refuse("sentence is empty"),
            _ => {
                SAID.with_borrow_mut(|said| *said = Some(sentence.to_owned()));
                Ok(())
            }
        }
    })
}
