//! Frames on a GPU: what each pair of memory and sync needs, and what is said without it.

use super::{Container, PLAIN, can_contain, deliver};
use crate::cuda::has_gpu;
use crate::support::{Place, assert_code, parse, until};

/// A reader that cannot follow a publisher by `pair`: it, and doctor beside it, say why.
fn assert_refused(pair: &str, publisher: Container, reader: Container, call: &str) {
    let place = Place::new();
    let (memory, sync) = pair.split_once('+').expect("a pair");
    let line =
        format!("publish --key KEY --test-pattern 64x48@100 -q --memory {memory} --sync {sync}");
    let _publisher = publisher.start(&place, &line);
    until("listen", || place.json("ls --json")[0]["state"] == "live");
    let run = |line: &str| reader.start(&place, line).output();
    let read = run("sub KEY --cuda --frames 1 -q");
    let said = assert_code(&read, 13);
    assert!(said.contains(call), "{pair}: {said}");
    let doctor = run("doctor --json --key KEY");
    assert_code(&doctor, 13);
    let key = &parse(&doctor.stdout)["key"];
    assert_eq!(key["readable"], false);
    let reason = key["reason"].as_str().expect("a reason");
    assert_eq!(said, format!("cuframes: {reason}\n"), "{pair}");
}

/// A container whose program has not pid 1.
const SECOND: Container = Container {
    first: false,
    ..PLAIN
};

/// One that has the /dev/shm of the machine.
const WITH_SHM: Container = Container {
    own_shm: false,
    first: false,
    ..PLAIN
};

/// One that has the machine's /dev/shm and its PID namespace. Its program is what unshare kills:
/// there is no first process whose end would end it.
const WITH_PIDS: Container = Container {
    own_pids: false,
    first: true,
    ..WITH_SHM
};

fn gpu(pair: &str) -> String {
    let (memory, sync) = pair.split_once('+').expect("a pair");
    format!("--memory {memory} --sync {sync}")
}

#[test]
fn vmm_needs_the_directory_and_the_gpu() {
    let test = "vmm_needs_the_directory_and_the_gpu";
    if !can_contain(test) || !has_gpu(test) {
        return;
    }
    for pair in ["cuda_vmm+timeline", "cuda_vmm+cpu"] {
        deliver(&gpu(pair), PLAIN, PLAIN, "--cuda");
        deliver(
            &format!("{} --anonymous", gpu(pair)),
            PLAIN,
            PLAIN,
            "--cuda",
        );
    }
}

#[test]
fn ipc_needs_another_pid_value_on_each_side() {
    let test = "ipc_needs_another_pid_value_on_each_side";
    if !can_contain(test) || !has_gpu(test) {
        return;
    }
    for pair in ["cuda_ipc+timeline", "cuda_ipc+cpu"] {
        deliver(&gpu(pair), PLAIN, SECOND, "--cuda");
        assert_refused(pair, PLAIN, PLAIN, "cuIpcOpenMemHandle failed");
    }
}

#[test]
fn events_need_the_same_dev_shm() {
    let test = "events_need_the_same_dev_shm";
    if !can_contain(test) || !has_gpu(test) {
        return;
    }
    let publisher = Container {
        first: true,
        ..WITH_SHM
    };
    for pair in ["cuda_vmm+event", "cuda_ipc+event"] {
        deliver(&gpu(pair), publisher, WITH_SHM, "--cuda");
        assert_refused(pair, PLAIN, SECOND, "cuIpcOpenEventHandle failed");
    }
}

#[test]
fn events_need_the_same_pid_namespace_with_some_drivers() {
    let test = "events_need_the_same_pid_namespace_with_some_drivers";
    if !can_contain(test) || !has_gpu(test) {
        return;
    }
    let call = "cuIpcOpenEventHandle failed";
    let asking = |container| Container {
        asks: true,
        ..container
    };
    for pair in ["cuda_vmm+event", "cuda_ipc+event"] {
        assert_refused(pair, WITH_PIDS, asking(WITH_SHM), call);
        deliver(&gpu(pair), WITH_PIDS, asking(WITH_PIDS), "--cuda");
    }
}
