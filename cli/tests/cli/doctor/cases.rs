//! Faults of a simulated driver, and the reason that each has to give.

use super::{ALL, EVENT, IPC, TIMELINE, VMM};

/// A fault, and what comes of it.
pub struct Case {
    pub options: &'static [&'static str],
    pub variables: &'static [(&'static str, &'static str)],
    pub failing: &'static [&'static str],
    pub reason: &'static str,
    pub remedy: &'static str,
}

impl Case {
    const fn fault(
        fault: &'static [&'static str; 2],
        failing: &'static [&'static str],
        reason: &'static str,
        remedy: &'static str,
    ) -> Case {
        Case {
            options: fault,
            variables: &[],
            failing,
            reason,
            remedy,
        }
    }
}

const NEWER: &str = "install a newer NVIDIA driver";
const OTHER_KIND: &str = "use another kind of memory or order";
const SMI: &str = "see whether nvidia-smi works here";
const LESS: &str = "use cuda_vmm with timeline, which need less of the system than CUDA IPC";
const REPORT_IT: &str = "do not use it; report it with the driver's version";

/// Every kind of reason with its remedies, but those without a driver and of the helper.
pub const CASES: [Case; 20] = [
    Case::fault(
        &["--missing", "cuDeviceGetUuid_v2"],
        &ALL,
        "the CUDA driver library has no cuDeviceGetUuid_v2",
        "it is no NVIDIA driver, or a broken one; reinstall it",
    ),
    Case {
        options: &[],
        variables: &[("FAKE_CUDA_VERSION", "11030")],
        failing: &ALL,
        reason: "the installed driver is for CUDA 11.3, and 11.4 is needed",
        remedy: NEWER,
    },
    Case::fault(
        &["--devices", "0"],
        &ALL,
        "cuInit failed: CUDA_ERROR_NO_DEVICE (100)",
        SMI,
    ),
    Case::fault(
        &["--fault", "cuInit:1:999"],
        &ALL,
        "cuInit failed: CUDA_ERROR_UNKNOWN (999)",
        SMI,
    ),
    Case::fault(
        &["--fault", "cuDevicePrimaryCtxRetain:1:46"],
        &ALL,
        "use the primary context: cuDevicePrimaryCtxRetain failed: ",
        "nvidia-smi -q -d COMPUTE",
    ),
    Case::fault(
        &["--fault", "cuDeviceGetCount:1:101"],
        &ALL,
        "list the devices: cuDeviceGetCount failed: CUDA_ERROR_INVALID_DEVICE (101)",
        "check CUDA_VISIBLE_DEVICES",
    ),
    Case::fault(
        &["--missing", "cuMemCreate"],
        &VMM,
        "the CUDA driver has no cuMemCreate",
        NEWER,
    ),
    Case::fault(
        &["--missing", "cuIpcGetEventHandle"],
        &EVENT,
        "the CUDA driver has no cuIpcGetEventHandle",
        NEWER,
    ),
    Case::fault(
        &["--fault", "cuMemCreate:1:2"],
        &VMM,
        "cuMemCreate failed: CUDA_ERROR_OUT_OF_MEMORY (2)",
        "free memory on the GPU",
    ),
    Case::fault(
        &["--fault", "cuMemCreate:1:801"],
        &VMM,
        "cuMemCreate failed: CUDA_ERROR_NOT_SUPPORTED (801)",
        OTHER_KIND,
    ),
    Case::fault(
        &["--fault", "cuMemExportToShareableHandle:1:304"],
        &VMM,
        "cuMemExportToShareableHandle failed: CUDA_ERROR_OPERATING_SYSTEM (304)",
        "check the limits (ulimit -n, ulimit -l)",
    ),
    Case::fault(
        &["--fault", "cuMemHostRegister_v2:1:800"],
        &TIMELINE,
        "cuMemHostRegister failed: CUDA_ERROR_NOT_PERMITTED (800)",
        "give this process, or its container, the rights",
    ),
    Case::fault(
        &["--fault", "cuStreamWriteValue64_v2:1:999"],
        &TIMELINE,
        "cuStreamWriteValue64 failed: CUDA_ERROR_UNKNOWN (999)",
        SMI,
    ),
    Case::fault(
        &["--fault", "cuMemAlloc_v2:1:802"],
        &IPC,
        "make a pool of 4096 bytes on the GPU: cuMemAlloc failed: ",
        "reboot",
    ),
    Case::fault(
        &["--fault", "cuStreamWaitValue64_v2:1:700"],
        &TIMELINE,
        "cuStreamWaitValue64 failed: CUDA_ERROR_ILLEGAL_ADDRESS (700)",
        "dmesg",
    ),
    // Only the helper opens handles.
    Case::fault(
        &["--fault", "cuIpcOpenMemHandle_v2:1:201"],
        &IPC,
        "another process could not open it: cuIpcOpenMemHandle failed: CUDA_ERROR_INVALID_CONTEXT (201)",
        LESS,
    ),
    Case::fault(
        &["--fault", "cuIpcOpenEventHandle:1:304"],
        &EVENT,
        "another process could not open it: cuIpcOpenEventHandle failed: CUDA_ERROR_OPERATING_SYSTEM (304)",
        "check the limits",
    ),
    // A fault of code 0 is a call that does nothing and says that all is well.
    Case::fault(
        &["--fault", "cuMemcpy2DAsync_v2:2:0"],
        &VMM,
        "what is opened is not the memory that was shared",
        REPORT_IT,
    ),
    Case::fault(
        &["--fault", "cuStreamWriteValue64_v2:1:0"],
        &TIMELINE,
        "streams and the processor do not see each other's writes",
        REPORT_IT,
    ),
    // After seven questions about the only device; the first of a trial is for VMM.
    Case {
        options: &["--devices", "1", "--fault", "cuDeviceGetAttribute:8:0"],
        variables: &[],
        failing: &VMM,
        reason: "the device has no VMM memory",
        remedy: OTHER_KIND,
    },
];
