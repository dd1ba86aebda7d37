//! Machines that make no DMA-BUFs, or none so large, and cameras that cannot be lent: what is said of
//! them, and what to do.

use std::fs;
use std::os::unix::process::CommandExt;
use std::process::Command;

use frame_lending::buffers::{BufferError, BufferKind, Buffers};

use crate::camera::{CAMERA, connect, pass};
use crate::processes::Place;

const UDMABUF: &str = "/dev/udmabuf";

/// What the program ends with where a machine has no such thing, and where a user may not.
const LACKING: i32 = 14;
const DENIED: i32 = 4;

#[test]
fn a_device_that_is_not_there_is_named_with_those_that_are() {
    let place = Place::new();
    let (code, said) = place.refused("key --buffers heap:nope");
    assert_eq!(code, Some(LACKING), "{said}");
    let words = "there is no '/dev/dma_heap/nope', but /dev/dma_heap/system; use one that is there";
    assert!(said.contains(words), "{said}");
    fs::rename(UDMABUF, "/dev/away").expect("it was there");
    let (code, said) = place.refused("key --buffers udmabuf");
    fs::rename("/dev/away", UDMABUF).expect("nothing else is there");
    assert_eq!(code, Some(LACKING), "{said}");
    let words = "there is no '/dev/udmabuf'; use a kernel that has it, or another kind";
    assert!(said.contains(words), "{said}");
}

#[test]
fn a_device_that_this_user_may_not_open_is_told() {
    for kind in ["udmabuf", "heap:system"] {
        let line = format!("lend key --no-gateway --buffers {kind} --socket /tmp/nobodys.sock");
        let mut command = Command::new("cuframes");
        command
            .args(line.split(' '))
            .env("CUFRAMES_RUNTIME_DIR", "/tmp")
            .uid(65_534);
        let output = command.output().expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(DENIED), "{said}");
        assert!(said.contains("this user may not open '/dev/"), "{said}");
    }
}

#[test]
fn a_frame_beyond_the_limit_of_udmabuf_names_the_limit() {
    let setting = "/sys/module/udmabuf/parameters/size_limit_mb";
    let before = fs::read_to_string(setting).expect("it is there");
    let limit: usize = before.trim().parse().expect("a number");
    let mut buffers = Buffers::new(BufferKind::Udmabuf).expect("they are there");
    let size = (limit + 1) << 20;
    let error = buffers.get(size).expect_err("beyond the limit");
    let is_told =
        matches!(error, BufferError::TooLarge { limit_mib, .. } if limit_mib == limit as u64);
    assert!(is_told && error.to_string().contains(setting), "{error}");
    let largest = buffers.get(limit << 20).expect("within the limit");
    assert_eq!(largest.size(), limit << 20);
}

#[test]
fn what_is_no_whole_page_is_rounded_up() {
    for (kind, size) in [("udmabuf", 1), ("heap:system", 4097)] {
        let kind: BufferKind = kind.parse().expect("a kind");
        let mut buffers = Buffers::new(kind).expect("they are there");
        let buffer = buffers.get(size).expect("it is rounded up");
        assert_eq!(buffer.size(), size.next_multiple_of(4096));
    }
}

#[test]
fn cameras_that_cannot_be_lent_are_told() {
    let place = Place::new();
    for (camera, expected, words) in [
        ("v4l2:/dev/video9", 3, "there is no camera '/dev/video9'"),
        ("v4l2:/dev/null", 14, "takes no pictures into memory"),
        (
            "v4l2:/dev/video0,641x361",
            14,
            "makes no pictures that are 641x361; use 640x360",
        ),
        (
            "v4l2:/dev/video0,NV12,NV12",
            2,
            "is no camera; use v4l2:/dev/videoN",
        ),
        ("v4l2:/dev/video0 v4l2:/dev/video0", 2, "is named twice"),
    ] {
        let (code, said) = place.refused(camera);
        assert_eq!(code, Some(expected), "{camera}: {said}");
        assert!(said.contains(words), "{camera}: {said}");
    }
    let engine = place.lend(CAMERA, None);
    let mut consumer = connect(&place);
    pass(&mut consumer);
    let other = Place::new();
    let (code, said) = other.refused("v4l2:/dev/video0,320x180");
    assert_eq!(code, Some(9), "{said}");
    assert!(
        said.contains("another program streams from '/dev/video0'"),
        "{said}"
    );
    drop(consumer);
    engine.stop();
}
