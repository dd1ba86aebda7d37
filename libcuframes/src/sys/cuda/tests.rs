//! What can be told without a driver.

use super::{CudaError, Driver, DriverError};

#[test]
fn a_missing_driver_is_a_reason_and_is_remembered() {
    let Err(error) = Driver::load() else {
        println!("skipped: this machine has a driver");
        return;
    };
    assert!(matches!(error, DriverError::NotInstalled { .. }), "{error}");
    let text = error.to_string();
    assert!(
        text.contains("libcuda.so.1") && text.contains("install"),
        "{text}"
    );
    assert_eq!(Driver::load().err(), Some(error));
}

#[test]
fn errors_name_the_call_and_the_code() {
    let error = CudaError::Failed {
        call: "cuMemCreate",
        code: 2,
        name: "CUDA_ERROR_OUT_OF_MEMORY",
    };
    assert_eq!(
        error.to_string(),
        "cuMemCreate failed: CUDA_ERROR_OUT_OF_MEMORY (2)"
    );
    assert!(error.is_out_of_memory() && !error.is_context_lost());
    let lost = |code| {
        CudaError::Failed {
            call: "",
            code,
            name: "",
        }
        .is_context_lost()
    };
    let fatal = (0..1000).filter(|&code| lost(code)).count();
    assert!(lost(700) && lost(719) && !lost(600) && !lost(801));
    assert_eq!(fatal, 14);
    let old = DriverError::TooOld {
        version: 10020,
        needed: 11040,
    };
    assert!(
        old.to_string().contains("10.2, and 11.4 is needed"),
        "{old}"
    );
}
