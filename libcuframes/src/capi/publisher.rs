//! Publishers: creating, asking, changing, ending.

use std::ffi::c_int;
use std::ptr;
use std::sync::LazyLock;
use std::time::Duration;

use crate::error::Error;
use crate::meta::StreamInfo;
use crate::publisher::{Publisher, WritableFrame};
use crate::wire::ErrorCode;

use super::error::{Failure, guard};
use super::format::{cuframes_layout_t, dimensions, format};
use super::handles::{self, Exclusive, Object, Table};
use super::memory;
use super::meta::cuframes_stream_info_t;
use super::publisher_config::{self, cuframes_publisher_config_t};
use super::stats::cuframes_publisher_stats_t;

/// A publisher. One thread may use it at a time.
pub struct cuframes_publisher_t(());

/// A publisher and the frame that was acquired and not yet published.
pub(super) struct OpenPublisher {
    pub pending: Option<WritableFrame<'static>>,
    /// `None` after the end of the stream.
    publisher: Option<Publisher>,
}

impl Object for Exclusive<OpenPublisher> {
    type Handle = cuframes_publisher_t;
    const KIND: usize = 1;
    const NAME: &'static str = "publisher";

    fn table() -> &'static Table<Self> {
        static TABLE: LazyLock<Table<Exclusive<OpenPublisher>>> = LazyLock::new(handles::empty);
        &TABLE
    }
}

const NAME: &str = <Exclusive<OpenPublisher> as Object>::NAME;

impl OpenPublisher {
    /// The publisher, unless its stream has ended.
    pub fn live(&mut self) -> Result<&mut Publisher, Failure> {
        const ENDED: &str = "this publisher has finished its stream; only destroy it";
        let ended = Failure::Own(ErrorCode::EndOfStream, ENDED);
        self.publisher.as_mut().ok_or(ended)
    }
}

/// Calls `call` with the publisher of `handle`.
pub(super) fn with_publisher<R>(
    handle: *mut cuframes_publisher_t,
    call: impl FnOnce(&mut OpenPublisher) -> Result<R, Failure>,
) -> Result<R, Failure> {
    let entry = handles::get::<Exclusive<OpenPublisher>>(handle)?;
    let mut used = entry.lock(NAME)?;
    call(used.object(NAME)?)
}

/// A time-out of C: negative waits for ever.
pub(super) fn timeout(ms: i32) -> Option<Duration> {
    u64::try_from(ms).ok().map(Duration::from_millis)
}

/// Starts publishing: takes the key, makes ring and pool, listens.
///
/// config: see there. out: the new publisher, NULL on failure; end it with
/// cuframes_publisher_destroy().
/// Errors: ALREADY_EXISTS: another process publishes this key, which the sentence of
/// cuframes_last_error() names. NO_MEMORY: /dev/shm is full. TIMEOUT: wait_subscribers did not
/// come. NOT_FOUND, PERMISSION: the run directory cannot be used. INVALID_ARGUMENT,
/// UNSUPPORTED: a field of config.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuframes_publisher_create(
    config: *const cuframes_publisher_config_t,
    out: *mut *mut cuframes_publisher_t,
) -> c_int {
    guard(|| {
        // SAFETY: I13: passed on.
        let out = unsafe { memory::out(out, "out") }?;
        let handle = out.write(ptr::null_mut());
        // SAFETY: I13: passed on.
        let publisher = unsafe { publisher_config::read(config) }?.build()?;
        *handle = handles::insert(Exclusive::new(OpenPublisher {
            pending: None,
            publisher: Some(publisher),
        }))?;
        Ok(())
    })
}

/// Goes on with frames of another geometry.
///
/// Frames that subscribers hold, or have not read yet, stay as they are. So does the memory of
/// slots that were acquired before: they can be written and released, but publishing one is
/// CUFRAMES_ERR_RECONFIGURED.
///
/// format: a cuframes_format_t. width, height: in pixels, 1 to 32768. The same geometry is
/// allowed, and begins a new epoch too.
#[unsafe(no_mangle)]
pub extern "C" fn cuframes_publisher_reconfigure(
    publisher: *mut cuframes_publisher_t,
    format: i32,
    width: i32,
    height: i32,
) -> c_int {
    guard(|| {
        with_publisher(publisher, |publisher| {
            let (width, height) = dimensions(width, height)?;
            let publisher = publisher.live()?;
            Ok(publisher.reconfigure(self::format(format)?, width, height)?)
        })
    })
}

/// Says something else about the stream. If it is news, everybody hears of it by a
/// reconfiguration with the same geometry.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuframes_publisher_set_stream_info(
    publisher: *mut cuframes_publisher_t,
    info: *const cuframes_stream_info_t,
) -> c_int {
    guard(|| {
        // SAFETY: I13: passed on.
        let info = StreamInfo::from(unsafe { memory::read(info) }?);
        with_publisher(publisher, |publisher| {
            Ok(publisher.live()?.set_stream_info(info)?)
        })
    })
}

/// Waits until n subscribers have joined.
///
/// timeout_ms: 0 polls, negative waits for ever.
/// Errors: WOULD_BLOCK or TIMEOUT: there are fewer.
#[unsafe(no_mangle)]
pub extern "C" fn cuframes_publisher_wait_subscribers(
    publisher: *mut cuframes_publisher_t,
    n: u32,
    timeout_ms: i32,
) -> c_int {
    guard(|| {
        with_publisher(publisher, |publisher| {
            let publisher = publisher.live()?;
            match publisher.wait_subscribers(n as usize, timeout(timeout_ms)) {
                Err(Error::Timeout { .. }) if timeout_ms == 0 => Err(Failure::Own(
                    ErrorCode::WouldBlock,
                    "there are fewer subscribers",
                )),
                result => Ok(result?),
            }
        })
    })
}

/// Counters of a publisher. out: set out->struct_size before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuframes_publisher_get_stats(
    publisher: *mut cuframes_publisher_t,
    out: *mut cuframes_publisher_stats_t,
) -> c_int {
    guard(|| {
        let stats = with_publisher(publisher, |publisher| Ok(publisher.live()?.stats()))?;
        // SAFETY: I13: passed on.
        unsafe { memory::write(out, &stats.into()) }
    })
}

/// Planes, pitches and sizes of the frames to come. out: set out->struct_size before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuframes_publisher_get_layout(
    publisher: *mut cuframes_publisher_t,
    out: *mut cuframes_layout_t,
) -> c_int {
    guard(|| {
        let layout = with_publisher(publisher, |publisher| {
            Ok(cuframes_layout_t::from(publisher.live()?.layout()))
        })?;
        // SAFETY: I13: passed on.
        unsafe { memory::write(out, &layout) }
    })
}

/// Ends the stream: every subscriber reads to the last frame, then gets
/// CUFRAMES_ERR_END_OF_STREAM. Returns when all have, or after a second.
///
/// Afterwards the handle is good for cuframes_publisher_destroy() only; anything else is
/// CUFRAMES_ERR_END_OF_STREAM. Slots that are still held stay valid until they are released.
#[unsafe(no_mangle)]
pub extern "C" fn cuframes_publisher_finish(publisher: *mut cuframes_publisher_t) -> c_int {
    guard(|| {
        with_publisher(publisher, |publisher| {
            publisher.live()?;
            publisher.pending = None;
            match publisher.publisher.take() {
                Some(publisher) => Ok(publisher.finish().map(drop)?),
                None => Ok(()),
            }
        })
    })
}

/// Ends a publisher and frees it. Without cuframes_publisher_finish() before, this is not the
/// end of the stream: subscribers wait for the key to come back.
///
/// Errors: INVALID_ARGUMENT: NULL, or destroyed before.
#[unsafe(no_mangle)]
pub extern "C" fn cuframes_publisher_destroy(publisher: *mut cuframes_publisher_t) -> c_int {
    guard(|| {
        let entry = handles::get::<Exclusive<OpenPublisher>>(publisher)?;
        let mut used = entry.lock(NAME)?;
        handles::remove::<Exclusive<OpenPublisher>>(publisher)?;
        // A call that comes from another thread right now finds it gone.
        drop(used.take());
        Ok(())
    })
}
