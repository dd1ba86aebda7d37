//! Subscribers that call back.

use std::ffi::{CString, c_char, c_int, c_void};
use std::ops::ControlFlow;
use std::ptr;
use std::sync::LazyLock;

use crate::error::Error;
use crate::subscriber::{CallbackSubscriber, Frame};

use super::callback::User;
use super::error::{guard, refuse};
use super::frame::{self, cuframes_frame_t};
use super::handles::{self, Exclusive, Object, Table};
use super::memory;
use super::subscriber_config::{self, cuframes_subscriber_config_t};

/// A subscriber with a thread of its own.
pub struct cuframes_async_subscriber_t(());

/// Gets every frame, on the thread of the subscriber.
///
/// user: as it was given. frame: valid until the callback returns, and released then;
/// cuframes_frame_ref() keeps it. Return 0 to go on, anything else to end the subscription. A
/// C++ exception or longjmp must not leave it: that ends the program.
pub type cuframes_frame_callback_t =
    Option<unsafe extern "C-unwind" fn(user: *mut c_void, frame: *mut cuframes_frame_t) -> c_int>;

/// Told once why there will be no further frame, on the thread of the subscriber.
///
/// user: as it was given. code: a cuframes_error_t, CUFRAMES_ERR_END_OF_STREAM at the end of the
/// stream. message: the sentence that goes with it, valid until the callback returns. A C++
/// exception or longjmp must not leave it: that ends the program.
pub type cuframes_error_callback_t =
    Option<unsafe extern "C-unwind" fn(user: *mut c_void, code: c_int, message: *const c_char)>;

impl Object for Exclusive<CallbackSubscriber> {
    type Handle = cuframes_async_subscriber_t;
    const KIND: usize = 5;
    const NAME: &'static str = "async subscriber";

    fn table() -> &'static Table<Self> {
        static TABLE: LazyLock<Table<Exclusive<CallbackSubscriber>>> =
            LazyLock::new(handles::empty);
        &TABLE
    }
}

struct Callbacks {
    on_frame: unsafe extern "C-unwind" fn(*mut c_void, *mut cuframes_frame_t) -> c_int,
    on_error: cuframes_error_callback_t,
    user: User,
}

impl Callbacks {
    fn frame(&self, frame: Frame) -> ControlFlow<()> {
        let handle = match frame::lend(frame, 0, None) {
            Ok(handle) => handle,
            Err(_) => {
                let what = "no room for the handle of a frame; release some".to_owned();
                self.error(&Error::InvalidArgument(what));
                return ControlFlow::Break(());
            }
        };
        // SAFETY: I13: the callback is what the header says.
        let go_on = unsafe { (self.on_frame)(self.user.0, handle) } == 0;
        // A callback that has released it already has done no harm; nor has an eviction, which
        // the next call of next() tells.
        let _ = frame::give_back(handle);
        match go_on {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        }
    }

    fn error(&self, error: &Error) {
        let Some(on_error) = self.on_error else {
            return;
        };
        let message = CString::new(error.to_string()).unwrap_or_default();
        // SAFETY: I13: the callback is what the header says.
        unsafe { on_error(self.user.0, error.code().as_i32(), message.as_ptr()) };
    }
}

/// Joins the publisher of a key and calls back with every frame, on a thread of its own.
///
/// config: see there. on_frame: not NULL. on_error: may be NULL. user: given to both. out: the
/// new subscriber, NULL on failure; end it with cuframes_async_subscriber_destroy().
/// Errors: as cuframes_subscriber_create().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuframes_async_subscriber_create(
    config: *const cuframes_subscriber_config_t,
    on_frame: cuframes_frame_callback_t,
    on_error: cuframes_error_callback_t,
    user: *mut c_void,
    out: *mut *mut cuframes_async_subscriber_t,
) -> c_int {
    guard(|| {
        // SAFETY: I13: passed on.
        let out = unsafe { memory::out(out, "out") }?;
        let handle = out.write(ptr::null_mut());
        let Some(on_frame) = on_frame else {
            return refuse("on_frame is NULL; nobody would get the frames");
        };
        let callbacks = Callbacks {
            on_frame,
            on_error,
            user: User(user),
        };
        // SAFETY: I13: passed on.
        let builder = unsafe { subscriber_config::read(config) }?;
        let running = builder.run(move |frame| match frame {
            Ok(frame) => callbacks.frame(frame),
            Err(error) => {
                callbacks.error(&error);
                ControlFlow::Break(())
            }
        })?;
        *handle = handles::insert(Exclusive::new(running))?;
        Ok(())
    })
}

/// Stops calling back and frees a subscriber. When it returns, no callback is running or will
/// run; called from a callback of its own it returns at once, and that call is the last.
///
/// Errors: INVALID_ARGUMENT: NULL, or destroyed before.
#[unsafe(no_mangle)]
pub extern "C" fn cuframes_async_subscriber_destroy(
    subscriber: *mut cuframes_async_subscriber_t,
) -> c_int {
    guard(|| {
        let running = {
            let entry = handles::get::<Exclusive<CallbackSubscriber>>(subscriber)?;
            let mut used = entry.lock(Exclusive::<CallbackSubscriber>::NAME)?;
            handles::remove::<Exclusive<CallbackSubscriber>>(subscriber)?;
            used.take()
        };
        if let Some(running) = running {
            running.stop();
        }
        Ok(())
    })
}
