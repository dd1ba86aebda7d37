//! What the library tells about itself, for programs that are not written in Rust.

use std::ffi::{CString, c_char, c_int, c_void};
use std::fmt::{Debug, Write};
use std::sync::{Arc, Once};

use arc_swap::ArcSwapOption;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::{Interest, set_global_default};
use tracing::{Event, Level, Metadata, Subscriber};

use super::callback::User;
use super::error::{guard, refuse};

/// How much a message matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum cuframes_log_level_t {
    /// Something does not work.
    CUFRAMES_LOG_ERROR = 1,
    /// Something works, but not as it should.
    CUFRAMES_LOG_WARN = 2,
    /// Somebody joined, left or came back.
    CUFRAMES_LOG_INFO = 3,
    /// Steps in between.
    CUFRAMES_LOG_DEBUG = 4,
    /// Everything.
    CUFRAMES_LOG_TRACE = 5,
}

/// Gets the messages of the library, on whatever thread they arise, several at a time if need
/// be.
///
/// user: as it was given. level: a cuframes_log_level_t. message: one line without its end,
/// valid until the callback returns. It must not call this library, and a C++ exception or
/// longjmp must not leave it: that ends the program.
pub type cuframes_log_callback_t =
    Option<unsafe extern "C-unwind" fn(user: *mut c_void, level: c_int, message: *const c_char)>;

struct Target {
    callback: unsafe extern "C-unwind" fn(*mut c_void, c_int, *const c_char),
    user: User,
}

static TARGET: ArcSwapOption<Target> = ArcSwapOption::const_empty();

/// Sends the messages of the library to callback; NULL silences it, as it is at first.
///
/// Nothing is told per frame. A message that is on its way in another thread may still come to
/// the callback that was set before, so user stays valid to the end of the program. In a
/// program that listens to the library by Rust's tracing this does nothing but set
/// cuframes_last_error().
#[unsafe(no_mangle)]
pub extern "C" fn cuframes_set_log_callback(callback: cuframes_log_callback_t, user: *mut c_void) {
    let user = User(user);
    guard(|| {
        TARGET.store(callback.map(|callback| Arc::new(Target { callback, user })));
        match callback.is_none() || is_listening() {
            true => Ok(()),
            false => refuse("this program listens to tracing by itself already"),
        }
    });
}

/// Begins to listen, the first time; false if somebody else does already.
fn is_listening() -> bool {
    static FIRST: Once = Once::new();
    static OURS: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);
    let ordering = std::sync::atomic::Ordering::Relaxed;
    FIRST.call_once(|| OURS.store(set_global_default(Listener).is_ok(), ordering));
    OURS.load(ordering)
}

/// Passes the events of this library on.
struct Listener;

impl Subscriber for Listener {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        match metadata.target().starts_with("cuframes") {
            true => Interest::sometimes(),
            false => Interest::never(),
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("cuframes") && TARGET.load().is_some()
    }

    fn event(&self, event: &Event<'_>) {
        let Some(target) = TARGET.load_full() else {
            return;
        };
        let mut line = Line::default();
        event.record(&mut line);
        let text = (line.message + &line.fields).replace(['\0', '\n'], " ");
        let message = CString::new(text).unwrap_or_default();
        let level = level(event.metadata().level()) as c_int;
        // SAFETY: I13: the callback is what the header says.
        unsafe { (target.callback)(target.user.0, level, message.as_ptr()) };
    }

    // The library has no spans.
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

fn level(level: &Level) -> cuframes_log_level_t {
    match *level {
        Level::ERROR => cuframes_log_level_t::CUFRAMES_LOG_ERROR,
        Level::WARN => cuframes_log_level_t::CUFRAMES_LOG_WARN,
        Level::INFO => cuframes_log_level_t::CUFRAMES_LOG_INFO,
        Level::DEBUG => cuframes_log_level_t::CUFRAMES_LOG_DEBUG,
        Level::TRACE => cuframes_log_level_t::CUFRAMES_LOG_TRACE,
    }
}

/// The message and, behind it, name=value for the rest.
#[derive(Default)]
struct Line {
    message: String,
    fields: String,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // Writing into a String does not fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}
