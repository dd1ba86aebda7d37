//! Subscribers that ask for their frames.

use std::ffi::{c_int, c_void};
use std::os::fd::AsRawFd;
use std::ptr;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use crate::subscriber::{Event, Subscriber};

use super::callback::User;
use super::cuda;
use super::error::{Failure, guard, guard_value, refuse};
use super::format::cuframes_layout_t;
use super::frame::{self, Lent, cuframes_frame_t};
use super::handles::{self, Exclusive, Object, Table};
use super::memory;
use super::meta::cuframes_stream_info_t;
use super::publisher::timeout;
use super::stats::cuframes_subscriber_stats_t;
use super::subscriber_config::{self, cuframes_subscriber_config_t};

/// A subscriber. One thread may use it at a time.
pub struct cuframes_subscriber_t(());

/// Something that happened to a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum cuframes_event_t {
    /// The publisher is gone without an end of stream.
    CUFRAMES_EVENT_DISCONNECTED = 1,
    /// The key is published again.
    CUFRAMES_EVENT_REATTACHED = 2,
    /// The frames have another geometry, or the stream another description, from here on.
    CUFRAMES_EVENT_RECONFIGURED = 3,
}

/// Told of events, on the thread that is in cuframes_subscriber_next(), before that returns.
///
/// user: as it was given. event: a cuframes_event_t. epoch: random number of the publisher's
/// start or reconfiguration; 0 for a disconnection. It must not use the subscriber, and a C++
/// exception or longjmp must not leave it: that ends the program.
pub type cuframes_event_callback_t =
    Option<unsafe extern "C-unwind" fn(user: *mut c_void, event: i32, epoch: u64)>;

/// A subscriber and whom its events go to.
pub(super) struct OpenSubscriber {
    pub subscriber: Subscriber,
    events: Arc<Mutex<Option<EventTarget>>>,
}

#[derive(Clone, Copy)]
struct EventTarget {
    callback: unsafe extern "C-unwind" fn(*mut c_void, i32, u64),
    user: User,
}

impl Object for Exclusive<OpenSubscriber> {
    type Handle = cuframes_subscriber_t;
    const KIND: usize = 4;
    const NAME: &'static str = "subscriber";

    fn table() -> &'static Table<Self> {
        static TABLE: LazyLock<Table<Exclusive<OpenSubscriber>>> = LazyLock::new(handles::empty);
        &TABLE
    }
}

const NAME: &str = <Exclusive<OpenSubscriber> as Object>::NAME;

/// Calls `call` with the subscriber of `handle`.
pub(super) fn with_subscriber<R>(
    handle: *mut cuframes_subscriber_t,
    call: impl FnOnce(&mut OpenSubscriber) -> Result<R, Failure>,
) -> Result<R, Failure> {
    let entry = handles::get::<Exclusive<OpenSubscriber>>(handle)?;
    let mut used = entry.lock(NAME)?;
    call(used.object(NAME)?)
}

/// Finds the publisher of a key and joins it.
///
/// config: see there. out: the new subscriber, NULL on failure; end it with
/// cuframes_subscriber_destroy().
/// Errors: NOT_FOUND: nobody publishes the key within connect_timeout_ms. ALREADY_EXISTS:
/// somebody alive has the consumer_name. PERMISSION: one of the two does not trust the other's
/// user. TOO_MANY_SUBSCRIBERS. PROTOCOL: it speaks another version. INVALID_ARGUMENT,
/// UNSUPPORTED: a field of config.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuframes_subscriber_create(
    config: *const cuframes_subscriber_config_t,
    out: *mut *mut cuframes_subscriber_t,
) -> c_int {
    guard(|| {
        // SAFETY: I13: passed on.
        let out = unsafe { memory::out(out, "out") }?;
        let handle = out.write(ptr::null_mut());
        let events = Arc::new(Mutex::new(None));
        let target = Arc::clone(&events);
        // SAFETY: I13: passed on.
        let builder = unsafe { subscriber_config::read(config) }?;
        let subscriber = builder
            .on_event(move |event| tell(&target, event))
            .connect()?;
        *handle = handles::insert(Exclusive::new(OpenSubscriber { subscriber, events }))?;
        Ok(())
    })
}

fn tell(target: &Mutex<Option<EventTarget>>, event: &Event) {
    let target = *target.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(EventTarget { callback, user }) = target else {
        return;
    };
    let (event, epoch) = match *event {
        Event::Disconnected => (cuframes_event_t::CUFRAMES_EVENT_DISCONNECTED, 0),
        Event::Reattached { epoch } => (cuframes_event_t::CUFRAMES_EVENT_REATTACHED, epoch),
        Event::Reconfigured { epoch, .. } => (cuframes_event_t::CUFRAMES_EVENT_RECONFIGURED, epoch),
    };
    // SAFETY: I13: the callback is what the header says.
    unsafe { callback(user.0, event as i32, epoch) };
}

/// The next frame. Give it back with cuframes_subscriber_release().
///
/// stream: NULL for host memory; on a GPU the CUstream that is made to wait until the pixels are
/// complete, NULL the default stream, CUFRAMES_NO_STREAM none. frame: NULL on failure.
/// timeout_ms: 0 polls, negative waits for ever.
/// Errors: WOULD_BLOCK, TIMEOUT: nothing new. END_OF_STREAM: now and ever after.
/// DISCONNECTED: the publisher is gone and did not come back. EVICTED: it ended this
/// subscription. INVALID_ARGUMENT: also if as many frames are held as may be.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuframes_subscriber_next(
    subscriber: *mut cuframes_subscriber_t,
    stream: *mut c_void,
    frame: *mut *mut cuframes_frame_t,
    timeout_ms: i32,
) -> c_int {
    guard(|| {
        // SAFETY: I13: passed on.
        let out = unsafe { memory::out(frame, "frame") }?;
        let out = out.write(ptr::null_mut());
        with_subscriber(subscriber, |open| {
            let next = open.subscriber.next(timeout(timeout_ms))?;
            // SAFETY: I13: passed on.
            let stream = unsafe { cuda::stream(stream, next.memory()) }?;
            if let Some(stream) = stream {
                next.wait_on(stream)?;
            }
            *out = frame::lend(next, subscriber.addr(), stream)?;
            Ok(())
        })
    })
}

/// Gives a frame back. Any thread may do that. A frame on a GPU is given back when the stream
/// that cuframes_subscriber_next() was called with has got here, so that what was given to it
/// before may read the frame; for other streams there is cuframes_frame_release_on().
///
/// subscriber: the one that lent it; NULL for a frame that was kept from a callback.
/// Errors: EVICTED: the publisher ended this subscription meanwhile, so that what was read of
/// the frame may be torn; it is released. INVALID_ARGUMENT: the frame is NULL or was released
/// before; or it is of another subscriber, and stays as it is; or its subscriber was destroyed
/// before it, and it is released.
#[unsafe(no_mangle)]
pub extern "C" fn cuframes_subscriber_release(
    subscriber: *mut cuframes_subscriber_t,
    frame: *mut cuframes_frame_t,
) -> c_int {
    guard(|| {
        let owner = handles::get::<Lent>(frame)?.owner;
        if owner != subscriber.addr() {
            return refuse("this frame was lent by another subscriber");
        }
        frame::give_back(frame)?;
        match owner == 0 || handles::exists::<Exclusive<OpenSubscriber>>(subscriber) {
            true => Ok(()),
            false => refuse(
                "the subscriber of this frame was destroyed before it; the frame is released now",
            ),
        }
    })
}

/// A descriptor for an event loop: when it is readable, call cuframes_subscriber_next(), and
/// cuframes_subscriber_next_packet() where packets are read, with a timeout_ms of 0 until each
/// gives CUFRAMES_ERR_WOULD_BLOCK.
///
/// It stays the same for the life of the subscriber, which owns it: do not close it.
/// Returns: the descriptor, or a negative cuframes_error_t.
#[unsafe(no_mangle)]
pub extern "C" fn cuframes_subscriber_fd(subscriber: *mut cuframes_subscriber_t) -> c_int {
    let descriptor = || {
        with_subscriber(subscriber, |open| {
            Ok(open.subscriber.poll_fd()?.as_raw_fd())
        })
    };
    guard_value(descriptor, |code| code)
}

/// Tells callback of events from now on; NULL tells nobody.
#[unsafe(no_mangle)]
pub extern "C" fn cuframes_subscriber_set_event_callback(
    subscriber: *mut cuframes_subscriber_t,
    callback: cuframes_event_callback_t,
    user: *mut c_void,
) -> c_int {
    let user = User(user);
    guard(|| {
        with_subscriber(subscriber, |open| {
            let target = callback.map(|callback| EventTarget { callback, user });
            *open.events.lock().unwrap_or_else(PoisonError::into_inner) = target;
            Ok(())
        })
    })
}

/// Changes how long a publisher that is gone is waited for, from the next disconnection on: for
/// a program that has connected in short turns to look at something else in between.
///
/// timeout_ms: negative waits for ever, 0 does not.
#[unsafe(no_mangle)]
pub extern "C" fn cuframes_subscriber_set_connect_timeout(
    subscriber: *mut cuframes_subscriber_t,
    timeout_ms: i32,
) -> c_int {
    guard(|| {
        with_subscriber(subscriber, |open| {
            open.subscriber.set_connect_timeout(timeout(timeout_ms));
            Ok(())
        })
    })
}

/// Frames that may be held at a time, as the publisher says; another publisher of the key may
/// say something else. Negative: a cuframes_error_t.
#[unsafe(no_mangle)]
pub extern "C" fn cuframes_subscriber_max_leases(subscriber: *mut cuframes_subscriber_t) -> c_int {
    let granted = || with_subscriber(subscriber, |open| Ok(open.subscriber.max_leases() as c_int));
    guard_value(granted, |code| code)
}

/// Counters of a subscriber. out: set out->struct_size before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuframes_subscriber_get_stats(
    subscriber: *mut cuframes_subscriber_t,
    out: *mut cuframes_subscriber_stats_t,
) -> c_int {
    guard(|| {
        let stats = with_subscriber(subscriber, |open| Ok(open.subscriber.stats()))?;
        // SAFETY: I13: passed on.
        unsafe { memory::write(out, &stats.into()) }
    })
}

/// Planes, pitches and sizes of the frames of the current epoch. out: set out->struct_size
/// before. A frame has its own: cuframes_frame_get_layout().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuframes_subscriber_get_layout(
    subscriber: *mut cuframes_subscriber_t,
    out: *mut cuframes_layout_t,
) -> c_int {
    guard(|| {
        let layout = with_subscriber(subscriber, |open| {
            Ok(cuframes_layout_t::from(open.subscriber.layout()))
        })?;
        // SAFETY: I13: passed on.
        unsafe { memory::write(out, &layout) }
    })
}

/// What the publisher says about its stream. out: set out->struct_size before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuframes_subscriber_get_stream_info(
    subscriber: *mut cuframes_subscriber_t,
    out: *mut cuframes_stream_info_t,
) -> c_int {
    guard(|| {
        let info = with_subscriber(subscriber, |open| Ok(open.subscriber.stream_info()))?;
        // SAFETY: I13: passed on.
        unsafe { memory::write(out, &info.into()) }
    })
}

/// Leaves the publisher and frees a subscriber. Frames that it lent stay readable until they
/// are released.
///
/// Errors: INVALID_ARGUMENT: NULL, or destroyed before.
#[unsafe(no_mangle)]
pub extern "C" fn cuframes_subscriber_destroy(subscriber: *mut cuframes_subscriber_t) -> c_int {
    guard(|| {
        let entry = handles::get::<Exclusive<OpenSubscriber>>(subscriber)?;
        let mut used = entry.lock(NAME)?;
        handles::remove::<Exclusive<OpenSubscriber>>(subscriber)?;
        // A call that comes from another thread right now finds it gone.
        drop(used.take());
        Ok(())
    })
}
