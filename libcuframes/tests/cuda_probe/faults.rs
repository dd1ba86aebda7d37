//! Every fault of the driver is a reason that names the call and the code.

use super::seen::on;

const OUT_OF_MEMORY: (i32, &str) = (2, "CUDA_ERROR_OUT_OF_MEMORY");
const NOT_SUPPORTED: (i32, &str) = (801, "CUDA_ERROR_NOT_SUPPORTED");
const INVALID_CONTEXT: (i32, &str) = (201, "CUDA_ERROR_INVALID_CONTEXT");

fn refused(doing: &str, call: &str, (code, name): (i32, &str)) -> String {
    format!(
        "Refused {{ doing: \"{doing}\", source: Failed {{ call: \"{call}\", code: {code}, name: \"{name}\" }} }}"
    )
}

/// What is missing, and the pairs that need it: no others.
#[test]
fn a_missing_symbol_switches_off_what_needs_it_and_nothing_else() {
    for (missing, named, part) in [
        ("cuMemCreate", "cuMemCreate", "CudaVmm"),
        ("cuMemUnmap", "cuMemUnmap", "CudaVmm"),
        (
            "cuMemImportFromShareableHandle",
            "cuMemImportFromShareableHandle",
            "CudaVmm",
        ),
        ("cuIpcOpenMemHandle_v2", "cuIpcOpenMemHandle_v2", "CudaIpc"),
        ("cuIpcCloseMemHandle", "cuIpcCloseMemHandle", "CudaIpc"),
        (
            "cuMemGetAddressRange_v2",
            "cuMemGetAddressRange_v2",
            "CudaIpc",
        ),
        ("cuIpcOpenEventHandle", "cuIpcOpenEventHandle", "CudaEvent"),
        ("cuIpcGetEventHandle", "cuIpcGetEventHandle", "CudaEvent"),
        (
            "cuMemHostRegister_v2",
            "cuMemHostRegister_v2",
            "CudaTimeline",
        ),
        (
            "cuStreamWaitValue64_v2",
            "cuStreamWaitValue64_v2",
            "CudaTimeline",
        ),
        ("cuEventSynchronize", "cuEventSynchronize", "Cuda"),
        ("cuMemcpy2DAsync_v2", "cuMemcpy2DAsync_v2", "Cuda"),
    ] {
        let Some(seen) = on(&["--missing", missing], &[]) else {
            return;
        };
        seen.fail(part, &format!("MissingSymbol {{ symbol: \"{named}\" }}"));
        let driver = seen.said("DRIVER").join("");
        assert!(driver.contains(named), "{driver}");
    }
}

#[test]
fn a_driver_without_what_everything_needs_is_none() {
    let Some(seen) = on(&["--missing", "cuDeviceGetUuid_v2"], &[]) else {
        return;
    };
    seen.all_fail("Driver(LacksSymbol { symbol: \"cuDeviceGetUuid_v2\" })");
}

#[test]
fn a_driver_that_is_too_old_or_does_not_start_is_none() {
    let Some(seen) = on(&[], &[("FAKE_CUDA_VERSION", "11030")]) else {
        return;
    };
    seen.all_fail("Driver(TooOld { version: 11030, needed: 11040 })");
    let Some(seen) = on(&["--devices", "0"], &[]) else {
        return;
    };
    seen.all_fail(
        "Driver(Start(Failed { call: \"cuInit\", code: 100, name: \"CUDA_ERROR_NO_DEVICE\" }))",
    );
}

#[test]
fn what_every_trial_needs_is_refused_with_its_name() {
    for (fault, doing, call, code) in [
        (
            "cuDeviceGetCount",
            "list the devices",
            "cuDeviceGetCount",
            NOT_SUPPORTED,
        ),
        (
            "cuDevicePrimaryCtxRetain",
            "use the primary context",
            "cuDevicePrimaryCtxRetain",
            OUT_OF_MEMORY,
        ),
    ] {
        let fault = format!("{fault}:1:{}", code.0);
        let Some(seen) = on(&["--fault", &fault], &[]) else {
            return;
        };
        seen.all_fail(&refused(doing, call, code));
    }
}

#[test]
fn a_refused_call_of_a_trial_fails_its_pairs_by_name() {
    let pool = "make a pool of 4096 bytes on the GPU";
    let import = "import the pool of the publisher";
    let word = "write and wait for a shared word";
    let event = "make an event for several processes";
    for (symbol, part, doing, call, code) in [
        (
            "cuMemCreate:1",
            "CudaVmm",
            pool,
            "cuMemCreate",
            OUT_OF_MEMORY,
        ),
        (
            "cuMemAddressReserve:1",
            "CudaVmm",
            pool,
            "cuMemAddressReserve",
            OUT_OF_MEMORY,
        ),
        ("cuMemMap:1", "CudaVmm", pool, "cuMemMap", NOT_SUPPORTED),
        (
            "cuMemSetAccess:1",
            "CudaVmm",
            pool,
            "cuMemSetAccess",
            NOT_SUPPORTED,
        ),
        (
            "cuMemExportToShareableHandle:1",
            "CudaVmm",
            pool,
            "cuMemExportToShareableHandle",
            (304, "CUDA_ERROR_OPERATING_SYSTEM"),
        ),
        (
            "cuMemImportFromShareableHandle:1+",
            "CudaVmm",
            import,
            "cuMemImportFromShareableHandle",
            NOT_SUPPORTED,
        ),
        ("cuMemMap:2+", "CudaVmm", import, "cuMemMap", NOT_SUPPORTED),
        (
            "cuMemAlloc_v2:1",
            "CudaIpc",
            pool,
            "cuMemAlloc",
            OUT_OF_MEMORY,
        ),
        (
            "cuIpcGetMemHandle:1",
            "CudaIpc",
            pool,
            "cuIpcGetMemHandle",
            NOT_SUPPORTED,
        ),
        (
            "cuIpcGetEventHandle:1",
            "CudaEvent",
            event,
            "cuIpcGetEventHandle",
            NOT_SUPPORTED,
        ),
        (
            "cuMemHostRegister_v2:1",
            "CudaTimeline",
            word,
            "cuMemHostRegister",
            (800, "CUDA_ERROR_NOT_PERMITTED"),
        ),
        (
            "cuMemHostGetDevicePointer_v2:1",
            "CudaTimeline",
            word,
            "cuMemHostGetDevicePointer",
            NOT_SUPPORTED,
        ),
        (
            "cuStreamWriteValue64_v2:1",
            "CudaTimeline",
            word,
            "cuStreamWriteValue64",
            NOT_SUPPORTED,
        ),
        (
            "cuStreamWriteValue64_v2:2",
            "CudaTimeline",
            word,
            "cuStreamWriteValue64",
            NOT_SUPPORTED,
        ),
        (
            "cuStreamWaitValue64_v2:1",
            "CudaTimeline",
            word,
            "cuStreamWaitValue64",
            NOT_SUPPORTED,
        ),
    ] {
        let fault = format!("{symbol}:{}", code.0);
        let Some(seen) = on(&["--fault", &fault], &[]) else {
            return;
        };
        seen.fail(part, &refused(doing, call, code));
    }
}

#[test]
fn a_driver_without_read_only_maps_is_good_enough() {
    // The second is the importer's, who then asks for more.
    let Some(seen) = on(&["--fault", "cuMemSetAccess:2:801"], &[]) else {
        return;
    };
    assert_eq!(seen.pairs_with("Works").len(), 7, "{seen:?}");
}

#[test]
fn what_fails_in_the_other_process_is_told_as_its_answer() {
    for (symbol, part, call, code) in [
        (
            "cuIpcOpenMemHandle_v2",
            "CudaIpc",
            "cuIpcOpenMemHandle",
            INVALID_CONTEXT,
        ),
        (
            "cuIpcOpenEventHandle",
            "CudaEvent",
            "cuIpcOpenEventHandle",
            INVALID_CONTEXT,
        ),
        (
            "cuMemGetAddressRange_v2",
            "CudaIpc",
            "cuMemGetAddressRange",
            NOT_SUPPORTED,
        ),
    ] {
        let fault = format!("{symbol}:1:{}", code.0);
        let Some(seen) = on(&["--fault", &fault], &[]) else {
            return;
        };
        let (code, name) = code;
        seen.fail(
            part,
            &format!("RefusedElsewhere {{ call: \"{call}\", code: {code}, name: \"{name}\" }}"),
        );
    }
}

/// A fault of code 0 swallows a call: it says that all is well, and does nothing.
#[test]
fn a_call_that_lies_is_found_out() {
    // The first copy is that of the VMM pool into its own memory; the second reads it back.
    for copy in ["cuMemcpy2DAsync_v2:1:0", "cuMemcpy2DAsync_v2:2:0"] {
        let Some(seen) = on(&["--fault", copy], &[]) else {
            return;
        };
        let failing = seen.pairs_with("Fails(OtherBytes)");
        assert!(failing.contains(&"CudaVmm Cpu"), "{copy}: {seen:#?}");
    }
    for write in ["cuStreamWriteValue64_v2:1:0", "cuStreamWriteValue64_v2:2:0"] {
        let Some(seen) = on(&["--fault", write], &[]) else {
            return;
        };
        seen.fail("CudaTimeline", "NotSeen");
    }
}

#[test]
fn a_device_that_says_no_is_believed() {
    // Seven facts of the only device come first; then the trials ask, in this order.
    for (which, part, what) in [
        (8, "CudaVmm", "VMM memory"),
        (9, "CudaVmm", "VMM memory that can be shared"),
        (10, "CudaTimeline", "64-bit stream memory operations"),
        (11, "CudaEvent", "events for several processes"),
    ] {
        let fault = format!("cuDeviceGetAttribute:{which}:0");
        let Some(seen) = on(&["--devices", "1", "--fault", &fault], &[]) else {
            return;
        };
        seen.fail(part, &format!("Unable {{ what: \"{what}\" }}"));
    }
}

#[test]
fn a_context_that_is_lost_is_a_reason_to_start_anew() {
    let Some(seen) = on(&["--fault", "LOST:60:700"], &[]) else {
        return;
    };
    let lost = seen
        .pairs
        .values()
        .filter(|outcome| outcome.contains("code: 700"));
    assert!(lost.count() > 0, "{seen:#?}");
}

#[test]
fn without_descriptors_the_kernel_is_named_and_nothing_breaks() {
    let Some(seen) = on(&[], &[("PROBE_DESCRIPTORS", "16")]) else {
        return;
    };
    let said = seen.said("PAIR");
    let by_kernel = said.iter().filter(|line| line.contains("System {")).count();
    assert!(by_kernel > 0, "{seen:#?}");
    // With all descriptors again, all is well.
    assert_eq!(seen.pairs_with("Works").len(), 7, "{seen:#?}");
}
