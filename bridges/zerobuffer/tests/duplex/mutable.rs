//! Handlers that change the request in place.

use std::sync::Arc;

use zerobuffer::Frame;
use zerobuffer::duplex::{ProcessingMode, ServerError};

use crate::channel::{Channel, ask, pattern, receive};

/// Changes every byte where it lies.
pub fn xor(frame: &mut Frame) {
    let changed: Vec<u8> = frame.to_vec().iter().map(|byte| byte ^ 0xff).collect();
    frame.copy_from(0, &changed);
}

#[test]
fn the_changed_request_is_the_response() {
    for mode in [ProcessingMode::SingleThread, ProcessingMode::ThreadPool(3)] {
        let channel = Channel::new("xor");
        let server = channel.mutable_server();
        server.start(xor, mode).expect("it starts");
        let client = channel.client();
        for (seed, size) in [1, 1024, 102_400, 999].into_iter().enumerate() {
            let request = pattern(size, seed);
            let expected: Vec<u8> = request.iter().map(|byte| !byte).collect();
            assert_eq!(ask(&client, &request), expected, "{size} bytes");
        }
        for index in 0..50 {
            client.send_request(&pattern(2000, index)).expect("sent");
        }
        for index in 0..50 {
            let expected: Vec<u8> = pattern(2000, index).iter().map(|byte| !byte).collect();
            assert_eq!(receive(&client).to_vec(), expected);
        }
    }
}

#[test]
fn the_bytes_that_the_handler_sees_are_those_in_the_ring() {
    let channel = Channel::new("mutable-place");
    let server = channel.mutable_server();
    let segment = format!("/dev/shm/{}_request", &*channel);
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let found = Arc::clone(&seen);
    let handler = move |frame: &mut Frame| {
        frame.copy_from(2, b"CD");
        // First block, metadata of 1024 bytes, header, data.
        let file = std::fs::read(&segment).expect("the segment");
        found
            .lock()
            .expect("whole")
            .extend_from_slice(&file[128 + 1024 + 16..][..6]);
    };
    server
        .start(handler, ProcessingMode::SingleThread)
        .expect("it starts");
    let client = channel.client();
    assert_eq!(ask(&client, b"abcdef"), b"abCDef");
    assert_eq!(*seen.lock().expect("whole"), b"abCDef", "changed in place");
}

#[test]
fn a_failing_handler_ends_the_server_and_is_told() {
    let channel = Channel::new("mutable-fails");
    let server = channel.mutable_server();
    server
        .start(|_: &mut Frame| Err("no"), ProcessingMode::SingleThread)
        .expect("it starts");
    let client = channel.client();
    client.send_request(b"x").expect("sent");
    let error = server.join().expect_err("it ended by the handler");
    assert!(
        matches!(&*error, ServerError::Handler { sequence: 1, source } if source.to_string() == "no")
    );
}
