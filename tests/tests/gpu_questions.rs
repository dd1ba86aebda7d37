//! What the protocol asks of a driver and no document answers. What is found is told; only what
//! this library rests upon can fail.

#![allow(unsafe_code)]

use std::sync::{Mutex, MutexGuard, PoisonError};

use cuframes::cuda::driver::{Access, DeviceMemory, Event, ImportedMemory, VmmMemory};
use cuframes::cuda::{Context, CudaError, Stream};
use cuframes_tests::gpu;

const BYTES: usize = 2 << 20;

/// A context that is lost is everybody's in this process.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a trial came to, in the driver's words.
fn answer<T>(tried: &Result<T, CudaError>) -> String {
    match tried {
        Ok(_) => "accepted".to_owned(),
        Err(error) => format!("refused: {error}"),
    }
}

fn tell(question: &str, answer: &str) {
    println!("COUNT {question}: {answer}");
}

/// Handles of CUDA IPC that nobody should be able to open, and one of VMM memory,
/// for which there is none.
#[test]
fn handles_that_lead_nowhere() {
    let _guard = alone();
    let context = gpu::context(0).expect("a context");
    let memory = DeviceMemory::new(&context, BYTES).expect("memory");
    let own = memory.ipc_handle().expect("a handle");
    let event = Event::new_interprocess(&context).expect("an event");
    let own_event = event.handle().expect("a handle");
    let noise: [u8; 64] = std::array::from_fn(|at| (at as u8).wrapping_mul(37) ^ 0x5A);

    for (what, handle) in [("own", own), ("of noise", noise)] {
        let opened = ImportedMemory::open(&context, &handle);
        tell(&format!("memory handle, {what}"), &answer(&opened));
        assert!(opened.is_err(), "{what}: a handle that leads nowhere");
    }
    for (what, handle) in [("own", own_event), ("of noise", noise)] {
        // Some drivers open their own; nothing rests upon that.
        let opened = Event::open(&context, &handle);
        tell(&format!("event handle, {what}"), &answer(&opened));
    }
    let vmm = VmmMemory::create(&context, BYTES).expect("memory");
    let handle = cuframes::cuda::driver::ipc_handle(&context, vmm.address());
    tell("IPC handle of VMM memory", &answer(&handle));

    // After all that was refused the context still works.
    let stream = Stream::new(&context).expect("a stream");
    assert_eq!(seen(&context, &stream, memory.address(), 0x11), [0x11; 64]);
}

/// Fills memory, and reads its beginning.
fn seen(context: &Context, stream: &Stream, address: u64, value: u8) -> [u8; 64] {
    let mut bytes = [0; 64];
    let stream = stream.as_ref();
    // SAFETY: I16: the memory is ours and stays until the stream was waited for.
    unsafe { stream.fill(context, address, value, BYTES) }.expect("filled");
    // SAFETY: I16: as above.
    unsafe { stream.read(context, address, &mut bytes) }.expect("read");
    bytes
}

/// A subscriber asks for a map that its GPU may only read, and takes another one where there is none.
/// A write through it may cost the context.
#[test]
fn maps_that_may_only_be_read() {
    let _guard = alone();
    let context = gpu::context(0).expect("a context");
    let stream = Stream::new(&context).expect("a stream");
    let memory = VmmMemory::create(&context, BYTES).expect("memory");
    assert_eq!(seen(&context, &stream, memory.address(), 0x22), [0x22; 64]);
    let shared = memory.export().expect("a descriptor");
    let map = VmmMemory::import(&context, &shared, memory.size(), Access::Read);
    tell("a map for reading only", &answer(&map));
    let Ok(map) = map else { return };

    let mut bytes = [0; 64];
    // SAFETY: I16: the memory stays until the stream was waited for, here and below.
    unsafe { stream.as_ref().read(&context, map.address(), &mut bytes) }.expect("read");
    assert_eq!(bytes, [0x22; 64]);
    // SAFETY: I16: as above; whether it is written is the question.
    let given = unsafe { stream.as_ref().fill(&context, map.address(), 0x33, BYTES) };
    let written = given.and_then(|()| stream.as_ref().synchronize(&context));
    tell("a write through it", &answer(&written));
    if written.is_err() {
        drop((map, memory, stream));
        let context = context.renewed().expect("a new context");
        let memory = DeviceMemory::new(&context, BYTES).expect("memory");
        let stream = Stream::new(&context).expect("a stream");
        assert_eq!(seen(&context, &stream, memory.address(), 0x44), [0x44; 64]);
    }
}
