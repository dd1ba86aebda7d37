//! Whose context is current, before and after.

use std::ffi::c_void;
use std::ptr;

use cuframes::cuda::driver::{DeviceMemory, Event, VmmMemory};
use cuframes::cuda::{Context, Driver, Stream};

use super::{context, refusal};

/// The driver as a program has it that does not use ours.
struct Raw(libloading::Library);

#[allow(unsafe_code)]
impl Raw {
    fn new() -> Raw {
        // SAFETY: the library is loaded already.
        Raw(unsafe { libloading::Library::new("libcuda.so.1") }.expect("the driver"))
    }

    /// Calls a function that takes a pointer to a context, and returns what it put there.
    fn get(&self, name: &str) -> *mut c_void {
        type Get = unsafe extern "C" fn(*mut *mut c_void) -> i32;
        // SAFETY: the functions that are named below have this signature.
        let get = unsafe { self.0.get::<Get>(name) }.expect("the function");
        let mut context = ptr::null_mut();
        // SAFETY: `context` is live.
        assert_eq!(unsafe { get(&mut context) }, 0);
        context
    }

    fn current(&self) -> *mut c_void {
        self.get("cuCtxGetCurrent")
    }

    /// A context of the program's own on device `ordinal`; not current.
    fn create(&self, ordinal: i32) -> *mut c_void {
        type Create = unsafe extern "C" fn(*mut *mut c_void, u32, i32) -> i32;
        // SAFETY: this is its signature.
        let create = unsafe { self.0.get::<Create>("cuCtxCreate_v2") }.expect("the function");
        let mut context = ptr::null_mut();
        // SAFETY: `context` is live.
        assert_eq!(unsafe { create(&mut context, 0, ordinal) }, 0);
        assert_eq!(self.get("cuCtxPopCurrent_v2"), context);
        context
    }

    fn destroy(&self, context: *mut c_void) {
        type Destroy = unsafe extern "C" fn(*mut c_void) -> i32;
        // SAFETY: this is its signature.
        let destroy = unsafe { self.0.get::<Destroy>("cuCtxDestroy_v2") }.expect("the function");
        // SAFETY: nobody uses the context any more, or expects it to work.
        assert_eq!(unsafe { destroy(context) }, 0);
    }
}

/// Calls of every kind in `ours`, some of which fail.
fn work_in(ours: &Context, mut check: impl FnMut(&str)) {
    let stream = Stream::new(ours).expect("a stream");
    check("a new stream");
    let event = Event::new_local(ours).expect("an event");
    check("a new event");
    event.record(stream.as_ref()).expect("record");
    check("record");
    stream.as_ref().wait_event(&event).expect("wait");
    check("wait");
    stream.as_ref().synchronize(ours).expect("synchronize");
    assert!(event.query().expect("query") && stream.as_ref().query(ours).expect("query"));
    check("query");
    let memory = DeviceMemory::new(ours, 1).expect("memory");
    check("memory");
    let shared = VmmMemory::create(ours, 1).expect("VMM memory");
    check("VMM memory");
    refusal(DeviceMemory::new(ours, usize::MAX));
    check("a refusal");
    refusal(VmmMemory::create(ours, usize::MAX));
    check("another refusal");
    drop((memory, shared, event, stream));
    check("drops");
}

#[test]
fn every_call_leaves_the_callers_context_current() {
    let (Some(ours), Some(theirs)) = (context(0), context(1)) else {
        return;
    };
    let raw = Raw::new();
    assert!(raw.current().is_null());
    let none = |after: &str| assert!(raw.current().is_null(), "{after}");
    work_in(&ours, none);
    for context in [&theirs, &ours] {
        let entered = context.enter().expect("enter");
        let same = |after: &str| assert_eq!(raw.current(), context.as_raw(), "{after}");
        same("entering");
        work_in(&ours, same);
        drop(entered);
        assert!(raw.current().is_null());
    }
    let outer = ours.enter().expect("enter");
    let inner = theirs.enter().expect("enter");
    assert_eq!(raw.current(), theirs.as_raw());
    drop(inner);
    assert_eq!(raw.current(), ours.as_raw());
    drop(outer);
    assert!(raw.current().is_null());
}

#[test]
#[allow(unsafe_code)]
fn a_context_of_the_callers_is_used_and_not_given_back() {
    if context(0).is_none() {
        return;
    }
    let (raw, driver) = (Raw::new(), Driver::load().expect("a driver"));
    let made = raw.create(1);
    // SAFETY: it is destroyed below, after all that uses it; what uses it later shall fail.
    let ours = unsafe { Context::from_raw(driver, made) }.expect("the context");
    assert_eq!(ours.as_raw(), made);
    assert_eq!(ours.device().expect("its device").ordinal(), 1);
    work_in(&ours, |after| assert!(raw.current().is_null(), "{after}"));
    let same = ours.clone();
    drop(ours);
    work_in(&same, |after| assert!(raw.current().is_null(), "{after}"));
    raw.destroy(made);
    let refused = Stream::new(&same).expect_err("a context that is gone");
    assert!(refused.to_string().contains("CUDA_ERROR_"), "{refused}");
    assert!(raw.current().is_null());
}

#[test]
#[allow(unsafe_code)]
fn what_is_no_context_is_refused() {
    if context(0).is_none() {
        return;
    }
    let driver = Driver::load().expect("a driver");
    // SAFETY: the simulated driver looks every handle up.
    let refused = unsafe { Context::from_raw(driver, ptr::without_provenance_mut(0x1234)) };
    assert!(refusal(refused).starts_with("cuCtxPushCurrent failed: CUDA_ERROR_INVALID_CONTEXT"));
}

#[test]
fn devices_are_found_by_number_and_by_identity() {
    let Some(first) = context(0) else { return };
    let driver = Driver::load().expect("a driver");
    let devices = driver.devices().expect("devices");
    assert_eq!(devices.len(), 2);
    for device in &devices {
        let found = driver.device_by_uuid(device.uuid()).expect("look");
        assert_eq!(found.map(|found| found.ordinal()), Some(device.ordinal()));
    }
    assert!(driver.device_by_uuid(&[9; 16]).expect("look").is_none());
    assert_eq!(first.device().expect("device").uuid(), devices[0].uuid());
    assert!(refusal(driver.device(2)).contains("CUDA_ERROR_INVALID_DEVICE"));
    assert!(refusal(driver.device(-1)).contains("CUDA_ERROR_INVALID_DEVICE"));
    // Contexts are the same if the driver says so.
    assert_eq!(Some(first), context(0));
    assert_ne!(context(0), context(1));
}
