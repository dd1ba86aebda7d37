//! Controls: with a rule of ours broken, the same comparison fails. Without these a matrix that
//! compared nothing would look as good.

use zerobuffer_peer::Process;

use crate::support::{Buffer, told};

/// What the peer's reader tells of our writer's frames, when our writer breaks this rule: frames
/// read, frames that differ, and errors.
fn read_with(fault: &str, size: u64, n: u64) -> (u64, u64, String) {
    let buffer = Buffer::new();
    let line = [&buffer.name, "-n", &n.to_string(), "-s", &size.to_string()];
    let rest = [
        "--verify",
        "sequential",
        "--json-output",
        "--timeout-ms",
        "3000",
    ];
    let reader = Process::reader(&[&line[..], &rest].concat());
    buffer.await_reader();
    let line = format!("-n {n} -s {size}");
    // Whether it notices is not the question.
    let _ = buffer.ours_with_fault(fault, "writer", &line).finish();
    let read = told(&reader.finish());
    let count = |key: &str| read[key].as_u64().expect("a count");
    let errors = read["errors"].to_string();
    (count("frames_read"), count("verification_errors"), errors)
}

#[test]
fn nothing_is_wrong_without_a_fault() {
    let right = (1500, 0, "[]".to_owned());
    assert_eq!(read_with("None", 1005, 1500), right);
}

#[test]
fn a_tail_shorter_than_a_header_is_noticed() {
    let (read, _, errors) = read_with("NoEarlyWrap", 1005, 1500);
    assert_eq!(read, 1027, "{errors}");
    assert!(errors.contains("Invalid read range"), "{errors}");
}

#[test]
fn a_frame_that_is_not_announced_is_noticed() {
    let (read, _, errors) = read_with("NoPost", 1000, 10);
    assert_eq!(read, 0, "{errors}");
}
