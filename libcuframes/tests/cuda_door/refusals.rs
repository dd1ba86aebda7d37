//! What the driver refuses is an error with its name, and a lost context is known as one.

use std::process::Command;

use cuframes::cuda::driver::{
    Access, DeviceMemory, Event, Module, VmmMemory, address_range, ipc_handle,
};
use cuframes::cuda::{Context, CudaError, Stream};

use super::{context, refusal};

#[test]
fn sizes_that_no_gpu_has_are_refused() {
    let Some(context) = context(0) else { return };
    for size in [0, 1 << 50, usize::MAX - 1, usize::MAX] {
        let refused = refusal(DeviceMemory::new(&context, size));
        assert!(
            refused.starts_with("cuMemAlloc failed: CUDA_ERROR_"),
            "{size}: {refused}"
        );
        let refused = refusal(VmmMemory::create(&context, size));
        assert!(
            refused.starts_with("cuMemCreate failed: CUDA_ERROR_"),
            "{size}: {refused}"
        );
    }
    let much = DeviceMemory::new(&context, 1 << 50).expect_err("too much");
    assert!(much.is_out_of_memory() && !much.is_context_lost());
}

#[test]
fn addresses_that_nobody_has_are_refused() {
    let Some(context) = context(0) else { return };
    for address in [0, 4096, u64::MAX] {
        let refused = refusal(address_range(&context, address));
        assert!(
            refused.starts_with("cuMemGetAddressRange failed: CUDA_ERROR_"),
            "{refused}"
        );
        let refused = refusal(ipc_handle(&context, address));
        assert!(
            refused.starts_with("cuIpcGetMemHandle failed: CUDA_ERROR_"),
            "{refused}"
        );
    }
    let shared = VmmMemory::create(&context, 1).expect("VMM memory");
    let refused = refusal(ipc_handle(&context, shared.address()));
    assert!(
        refused.starts_with("cuIpcGetMemHandle failed: CUDA_ERROR_"),
        "{refused}"
    );
}

#[test]
fn descriptors_that_are_no_memory_and_wrong_sizes_are_refused() {
    let Some(context) = context(0) else { return };
    let file = std::fs::File::open("/dev/null").expect("a file");
    let refused = refusal(VmmMemory::import(&context, &file, 4096, Access::Read));
    assert!(
        refused.starts_with("cuMemImportFromShareableHandle failed: CUDA_ERROR_"),
        "{refused}"
    );
    let made = VmmMemory::create(&context, 1).expect("VMM memory");
    let fd = made.export().expect("a descriptor");
    for size in [
        0,
        1,
        made.size() - 1,
        made.size() + 1,
        2 * made.size(),
        usize::MAX,
    ] {
        let refused = refusal(VmmMemory::import(&context, &fd, size, Access::Read));
        assert!(refused.contains("failed: CUDA_ERROR_"), "{size}: {refused}");
    }
    VmmMemory::import(&context, &fd, made.size(), Access::Read).expect("the right size");
}

#[test]
fn kernels_that_are_none_are_refused() {
    let Some(context) = context(0) else { return };
    let refused = refusal(Module::load(&context, c"no PTX at all"));
    assert!(
        refused.starts_with("cuModuleLoadData failed: CUDA_ERROR_"),
        "{refused}"
    );
}

/// Run in a process of its own, whose context is lost some time after it was made.
#[test]
fn loses_its_context() {
    if std::env::var_os("DOOR_LOST").is_none() {
        return;
    }
    let context = context(0).expect("a context");
    let made = VmmMemory::create(&context, 1).expect("VMM memory");
    let memory = DeviceMemory::new(&context, 1).expect("memory");
    let stream = Stream::new(&context).expect("a stream");
    let event = Event::new_local(&context).expect("an event");
    let mut calls = (0..1000).map(|_| stream.as_ref().query(&context));
    let lost = calls.find_map(Result::err).expect("the context is lost");
    assert!(lost.is_context_lost(), "{lost}");
    every_call_says_so(&context, &stream, &event);
    // What a lost context had can still be dropped.
    drop((made, memory, event, stream, context));
    println!("\nSAYS lost: {lost}");
}

fn every_call_says_so(context: &Context, stream: &Stream, event: &Event) {
    let stream = stream.as_ref();
    let answers: [Result<(), CudaError>; 5] = [
        stream.synchronize(context),
        stream.query(context).map(|_| ()),
        event.record(stream),
        DeviceMemory::new(context, 1).map(|_| ()),
        Stream::new(context).map(|_| ()),
    ];
    for answer in answers {
        let error = answer.expect_err("nothing works in a lost context");
        assert!(error.is_context_lost(), "{error}");
    }
}

#[test]
fn a_lost_context_is_an_error_of_every_call_in_it() {
    if context(0).is_none() {
        return;
    }
    let mut command = Command::new(std::env::current_exe().expect("this test"));
    command.args(["refusals::loses_its_context", "--exact", "--nocapture"]);
    command.env("DOOR_LOST", "1");
    command.env("FAKE_CUDA_FAULT", "LOST:200:719");
    let done = command.output().expect("a process");
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(
        done.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let lost = "SAYS lost: cuStreamQuery failed: CUDA_ERROR_LAUNCH_FAILED (719)\n";
    assert_eq!(said.matches(lost).count(), 1, "{said}");
}
