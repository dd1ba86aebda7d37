//! The door to the driver, on a simulated GPU: what it gives back, what it refuses and by which
//! name, and that the caller's context is left as it was.

mod contexts;
mod ipc;
mod refusals;
mod work;

use std::io::Write;

use cuframes::cuda::{Context, CudaError, Driver};

/// A context on device `ordinal`, `None` where no GPU is simulated.
fn context(ordinal: i32) -> Option<Context> {
    if std::env::var_os("FAKE_CUDA_DIR").is_none() {
        let thread = std::thread::current();
        let name = thread.name().unwrap_or("this");
        // Past the test harness, which shows nothing of a test that passes.
        let line = format!("skipped: cuda_door {name}: it wants ci/fake-cuda.sh\n");
        let _ = std::io::stderr().write_all(line.as_bytes());
        return None;
    }
    let driver = Driver::load().expect("a driver");
    let device = driver.device(ordinal).expect("a device");
    Some(Context::primary(&device).expect("a context"))
}

/// What the driver said no with.
#[track_caller]
fn refusal<T>(outcome: Result<T, CudaError>) -> String {
    match outcome {
        Ok(_) => panic!("it was not refused"),
        Err(error) => error.to_string(),
    }
}
