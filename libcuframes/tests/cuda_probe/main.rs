//! What a probe says on a simulated GPU, and of every fault the reason. Each case is a process
//! of its own, on a machine of its own, whose books must be empty afterwards.

mod faults;
mod helper;
mod seen;

use cuframes::cuda::{self, Reason};
use cuframes::wire::{MemoryKind, SyncKind};
use seen::{ALL_ON_GPU, Seen, on, simulated};

/// Run in a process of its own: says what it finds.
#[test]
fn report_of_this_process() {
    seen::say_report();
}

#[test]
fn every_pair_works_on_a_gpu_without_faults() {
    let Some(seen) = on(&[], &[]) else { return };
    assert_eq!(seen.pairs.len(), 7, "{seen:?}");
    assert!(
        seen.pairs.values().all(|outcome| outcome == "Works"),
        "{seen:?}"
    );
    assert_eq!(seen.device(0, "name"), "Simulated GPU 0");
    assert_eq!(seen.device(1, "name"), "Simulated GPU 1");
    assert_eq!(seen.device(0, "mig"), "Some(false)");
    assert_eq!(seen.device(0, "words"), "Some(true)");
    assert_ne!(seen.device(0, "uuid"), seen.device(1, "uuid"));
}

#[test]
fn an_instance_of_a_partitioned_gpu_is_told_from_a_whole_one() {
    // A call that is swallowed leaves the board without an identity.
    let Some(seen) = on(&["--fault", "cuDeviceGetUuid:1:0"], &[]) else {
        return;
    };
    assert_eq!(seen.device(0, "mig"), "Some(true)");
    assert_eq!(seen.device(1, "mig"), "Some(false)");
}

#[test]
fn a_device_that_is_not_there_is_told_with_the_number_of_those_that_are() {
    let Some(seen) = on(&[], &[("PROBE_DEVICE", "7")]) else {
        return;
    };
    seen.all_fail("NoDevice { ordinal: 7, visible: 2 }");
    let Some(seen) = on(&["--devices", "1"], &[("PROBE_DEVICE", "1")]) else {
        return;
    };
    seen.all_fail("NoDevice { ordinal: 1, visible: 1 }");
}

#[test]
fn on_the_second_device_every_pair_works_too() {
    let Some(seen) = on(&[], &[("PROBE_DEVICE", "1")]) else {
        return;
    };
    assert!(
        seen.pairs.values().all(|outcome| outcome == "Works"),
        "{seen:?}"
    );
}

#[test]
fn a_forked_child_is_refused_and_told_so() {
    let Some(seen) = on(&[], &[("PROBE_FORK", "1")]) else {
        return;
    };
    // The child's words, and then the parent's, whose driver works as before.
    assert_eq!(seen.said("FORKED"), ["Err(Forked)", "Err(Forked)"]);
    assert!(
        seen.pairs.values().all(|outcome| outcome == "Works"),
        "{seen:?}"
    );
}

#[test]
fn a_file_that_is_no_library_cannot_be_loaded() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("libcuda.so.1"), "no library").expect("write a file");
    let seen = seen::with_libraries_in(folder.path());
    let driver = seen.said("DRIVER").join("");
    assert!(driver.starts_with("Err(CannotBeLoaded"), "{driver}");
    let on_gpu = seen
        .pairs
        .values()
        .filter(|outcome| outcome.contains("CannotBeLoaded"));
    assert_eq!(on_gpu.count(), ALL_ON_GPU, "{seen:?}");
    assert_eq!(seen.pairs_with("Works"), ["Host Cpu"]);
}

/// Without a simulated GPU, and mostly without any, the host's pair is left.
#[test]
fn without_a_driver_host_memory_works_and_the_rest_says_why_not() {
    let report = cuda::probe();
    if simulated() || report.driver.is_ok() {
        seen::tell_skipped("without_a_driver", "there is a driver");
        return;
    }
    let host = report.outcome(MemoryKind::Host, SyncKind::Cpu);
    assert!(host.is_some_and(cuda::Outcome::works));
    for pair in &report.pairs {
        let on_gpu = pair.memory != MemoryKind::Host;
        assert_eq!(on_gpu, !pair.outcome.works());
        let reason = pair.outcome.reason();
        assert!(
            !on_gpu || matches!(reason, Some(Reason::Driver(_))),
            "{reason:?}"
        );
    }
    let failing = report.pairs.iter().filter(|pair| !pair.outcome.works());
    assert_eq!(failing.count(), ALL_ON_GPU);
    assert!(report.devices.is_empty());
    let machine = Seen::machine_is_known(&report.machine);
    assert!(machine, "{:?}", report.machine);
}
