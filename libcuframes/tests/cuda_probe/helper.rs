//! The program that tries CUDA IPC: where it is looked for, and what it may do wrong.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::seen::{HELPER, on};

/// A script in a folder of its own, as a helper.
fn script(folder: &Path, text: &str) -> PathBuf {
    let path = folder.join("helper");
    std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).expect("write a script");
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&path, mode).expect("make it a program");
    path
}

#[test]
fn a_helper_that_is_not_there_leaves_ipc_unprobed() {
    let nowhere = ("CUFRAMES_PROBE", "/no/such/helper");
    let Some(seen) = on(&[], &[nowhere]) else {
        return;
    };
    let missing = "NotProbed(HelperMissing { looked: [\"/no/such/helper\"] })";
    assert_eq!(
        seen.pairs_with(missing),
        [
            "CudaIpc Cpu",
            "CudaIpc CudaEvent",
            "CudaIpc CudaTimeline",
            "CudaVmm CudaEvent"
        ]
    );
    assert_eq!(
        seen.pairs_with("Works"),
        ["CudaVmm Cpu", "CudaVmm CudaTimeline", "Host Cpu"]
    );
}

#[test]
fn a_helper_that_misbehaves_is_named_and_leaves_ipc_unprobed() {
    let folder = tempfile::tempdir().expect("a folder");
    for (text, what) in [
        ("exit 0", "gave no answer: unexpected end of file"),
        ("echo nonsense", "answered \\\"nonsense\\\""),
        ("echo failed because", "could not try it: because"),
        (
            "yes | head -c 5000 | tr -d '\\n'",
            "gave no answer: invalid data",
        ),
        ("exec sleep 1000", "gave no answer: timed out"),
    ] {
        let path = script(folder.path(), text);
        let path = path.to_str().expect("a name");
        let Some(seen) = on(&[], &[("CUFRAMES_PROBE", path)]) else {
            return;
        };
        let failed = format!("NotProbed(HelperFailed {{ path: {path:?}, what: \"{what}\" }})");
        assert_eq!(seen.pairs_with(&failed).len(), 4, "{what}: {seen:#?}");
        assert_eq!(seen.pairs_with("Works").len(), 3, "{what}: {seen:#?}");
    }
}

#[test]
fn a_helper_that_cannot_be_run_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = script(folder.path(), "exit 0");
    let mode = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(&path, mode).expect("make it no program");
    let path = path.to_str().expect("a name");
    let Some(seen) = on(&[], &[("CUFRAMES_PROBE", path)]) else {
        return;
    };
    let failed = seen.pairs.values().filter(|outcome| {
        outcome.starts_with("NotProbed(HelperFailed") && outcome.contains("cannot be started")
    });
    assert_eq!(failed.count(), 4, "{seen:#?}");
}

#[test]
fn a_helper_that_sees_other_bytes_is_believed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = script(folder.path(), "echo other bytes");
    let path = path.to_str().expect("a name");
    let Some(seen) = on(&[], &[("CUFRAMES_PROBE", path)]) else {
        return;
    };
    assert_eq!(seen.pairs_with("Fails(OtherBytes)").len(), 4, "{seen:#?}");
}

/// Runs the helper by hand: exit status and what it said.
fn by_hand(question: &[u8]) -> (Option<i32>, String) {
    let mut command = Command::new(HELPER);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("the helper");
    let mut input = child.stdin.take().expect("stdin");
    input.write_all(question).expect("ask");
    drop(input);
    let done = child.wait_with_output().expect("the helper");
    (
        done.status.code(),
        String::from_utf8_lossy(&done.stdout).into_owned(),
    )
}

#[test]
fn a_helper_that_is_run_by_hand_says_what_it_is_for() {
    for wrong in [&[][..], &[0; 80], &[255; 81]] {
        assert_eq!(by_hand(wrong), (Some(2), String::new()));
    }
    // A question that makes sense, about a device that nobody has.
    let (status, said) = by_hand(&[0; 81]);
    assert_eq!(status, Some(0), "{said}");
    assert!(
        said.starts_with("failed ") && said.ends_with('\n'),
        "{said}"
    );
}
