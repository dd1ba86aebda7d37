//! What `lend` cannot do, and how it says so.

use std::fs;
use std::path::Path;

use rustix::process::Signal;

use crate::support::{Place, assert_code, assert_signal, parse};

use super::{lend, socket};

#[test]
fn arguments_that_make_no_sense_are_told() {
    let place = Place::new();
    for (line, word) in [
        ("lend", "KEY"),
        ("lend KEY --window 0", "--window"),
        ("lend KEY --timeout-ms 0", "--timeout-ms"),
        ("lend KEY --buffers paper", "udmabuf"),
        ("lend KEY --mode 999", "octal"),
        ("lend KEY KEY", "twice"),
        ("lend KEY v4l2:", "v4l2:/dev/videoN"),
        (
            "lend v4l2:/dev/video0,MJPG",
            "v4l2:/dev/video0,1280x720,NV12",
        ),
        ("lend KEY --no-gateway --gateway /x", "--no-gateway"),
    ] {
        let said = assert_code(&place.run(line), 2);
        assert!(said.contains(word), "{line}: {said}");
    }
}

#[test]
fn sockets_that_cannot_be_had_are_told() {
    let place = Place::new();
    let engine = lend(&place, "");
    let taken = socket(&place, "engine.sock");
    let line = format!("lend KEY --no-gateway --socket {}", taken.display());
    assert_code(&place.run(&line), 9);
    let free = socket(&place, "other.sock");
    let gateway = socket(&place, "gateway.sock");
    let line = format!(
        "--socket {} --gateway {}",
        free.display(),
        gateway.display()
    );
    assert_code(&place.run(&format!("lend KEY {line}")), 9);
    let file = socket(&place, "file");
    fs::write(&file, b"mine").expect("it is written");
    let line = format!("lend KEY --no-gateway --socket {}", file.display());
    assert_code(&place.run(&line), 2);
    assert_eq!(fs::read(&file).expect("it is still there"), b"mine");
    engine.signal(Signal::INT);
    let output = engine.output();
    assert_signal(output.status, Signal::INT);
    let last = String::from_utf8_lossy(&output.stdout).into_owned();
    let last = parse(last.lines().last().expect("a report").as_bytes());
    assert_eq!(
        (&last["event"], &last["sent"]),
        (&"ended".into(), &0.into())
    );
}

#[test]
fn buffers_that_this_machine_lacks_are_told() {
    let place = Place::new();
    let path = socket(&place, "engine.sock");
    for (kind, device) in [
        ("udmabuf", "/dev/udmabuf"),
        ("heap:nope", "/dev/dma_heap/nope"),
    ] {
        if Path::new(device).exists() {
            continue;
        }
        let line = format!(
            "lend KEY --no-gateway --buffers {kind} --socket {}",
            path.display()
        );
        let said = assert_code(&place.run(&line), 14);
        assert!(said.contains(device), "{said}");
        assert!(!path.exists());
    }
}
