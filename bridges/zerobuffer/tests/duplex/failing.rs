//! Handlers that fail: who hears of it, and what the client gets.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use zerobuffer::duplex::{Correlation, OnError, ProcessingMode, ServerConfig, ServerError};
use zerobuffer::{ErrorKind, Frame};
use zerobuffer_peer::PATIENCE;

use crate::channel::{Channel, ask, config, patient, receive};

const MODES: [ProcessingMode; 2] = [ProcessingMode::SingleThread, ProcessingMode::ThreadPool(2)];

/// Fails in every way that a handler can.
fn fragile(request: &Frame) -> Result<Vec<u8>, std::io::Error> {
    match &*request.to_vec() {
        b"error" => Err(std::io::Error::other("no such image")),
        b"panic" => panic!("index out of bounds"),
        b"empty" => Ok(Vec::new()),
        b"large" => Ok(vec![0; 2 << 20]),
        other => Ok(other.to_vec()),
    }
}

#[test]
fn by_default_the_server_ends_and_both_sides_hear_of_it() {
    let failures = [
        ("error", "the handler of request 2 failed: no such image"),
        (
            "panic",
            "the handler of request 2 panicked: index out of bounds",
        ),
        ("empty", "the handler of request 2 returned no bytes"),
        ("large", "the response to request 2 cannot be written"),
    ];
    for (request, message) in failures {
        for mode in MODES {
            let channel = Channel::new("fails");
            let server = channel.server();
            server.start(fragile, mode).expect("it starts");
            let client = channel.client();
            assert_eq!(ask(&client, b"fine"), b"fine");
            assert!(server.last_error().is_none());
            client.send_request(request.as_bytes()).expect("sent");
            let heard = client
                .receive_response(PATIENCE)
                .expect_err("the server ended");
            assert_eq!(heard.kind(), ErrorKind::WriterDead);
            let error = server.join().expect_err("it did not end by itself");
            assert!(error.to_string().starts_with(message), "{error}");
            assert_eq!(error.sequence(), Some(2));
            assert!(!server.is_running());
            let last = server.last_error().expect("it is kept");
            assert!(Arc::ptr_eq(&last, &error));
            let refused = client.send_request(b"more").expect_err("nobody reads");
            assert_eq!(refused.kind(), ErrorKind::ReaderDead);
            assert!(!client.is_server_connected());
        }
    }
}

#[test]
fn the_callback_can_answer_instead_and_the_server_goes_on() {
    for mode in MODES {
        let channel = Channel::new("substitute");
        let server = channel.server_with(
            ServerConfig::from(config())
                .on_error(|error| OnError::Respond(format!("sorry: {error}").into_bytes())),
        );
        server.start(fragile, mode).expect("it starts");
        let client = channel.client();
        for request in ["a", "error", "b", "panic", "empty", "large", "c"] {
            client.send_request(request.as_bytes()).expect("sent");
        }
        let heard: Vec<_> = (1..=7)
            .map(|sequence| {
                let response = receive(&client);
                assert_eq!(response.sequence(), sequence);
                String::from_utf8(response.to_vec()).expect("text")
            })
            .collect();
        assert_eq!(
            heard[0..3],
            [
                "a",
                "sorry: the handler of request 2 failed: no such image",
                "b"
            ]
        );
        assert_eq!(
            heard[3],
            "sorry: the handler of request 4 panicked: index out of bounds"
        );
        assert!(heard[4].contains("no bytes") && heard[5].contains("larger than the payload"));
        assert_eq!(heard[6], "c");
        assert!(server.is_running());
        let last = server.last_error().expect("the last of four");
        assert!(matches!(&*last, ServerError::Response { sequence: 6, .. }));
    }
}

#[test]
fn a_request_can_be_left_without_response_where_numbers_tell() {
    for mode in MODES {
        let channel = Channel::new("skip");
        let by_number = ServerConfig::from(config()).correlation(Correlation::Sequence);
        let server = channel.server_with(by_number.on_error(|_| OnError::Skip));
        server.start(fragile, mode).expect("it starts");
        let client =
            channel.client_with(patient(config().into()).correlation(Correlation::Sequence));
        for request in ["a", "error", "panic", "b"] {
            client.send_request(request.as_bytes()).expect("sent");
        }
        for (sequence, text) in [(1, b"a"), (4, b"b")] {
            let response = receive(&client);
            assert_eq!(
                (response.sequence(), &*response.to_vec()),
                (sequence, &text[..])
            );
        }
        assert_eq!(
            client.pending(),
            0,
            "those that were skipped are not waited for"
        );
        assert!(server.is_running());
    }
}

#[test]
fn where_order_tells_a_gap_would_shift_all_that_follows_so_the_server_ends() {
    let channel = Channel::new("skip-by-order");
    let server = channel.server_with(ServerConfig::from(config()).on_error(|_| OnError::Skip));
    server
        .start(fragile, ProcessingMode::SingleThread)
        .expect("it starts");
    let client = channel.client();
    client.send_request(b"error").expect("sent");
    // The server may end before this one.
    let _ = client.send_request(b"a");
    let heard = client
        .receive_response(PATIENCE)
        .expect_err("the server ended");
    assert_eq!(heard.kind(), ErrorKind::WriterDead);
    assert_eq!(
        server.join().expect_err("by the handler").sequence(),
        Some(1)
    );
}

#[test]
fn a_pool_answers_what_came_before_the_failure_and_nothing_after() {
    let channel = Channel::new("pool-fails");
    let server = channel.server();
    server
        .start(fragile, ProcessingMode::ThreadPool(4))
        .expect("it starts");
    let client = channel.client();
    for request in ["a", "b", "error", "c", "d"] {
        // The server may end before the last ones.
        let _ = client.send_request(request.as_bytes());
    }
    assert_eq!(receive(&client).to_vec(), b"a");
    assert_eq!(receive(&client).to_vec(), b"b");
    client
        .receive_response(PATIENCE)
        .expect_err("c is not the response to the third");
    assert_eq!(
        server.join().expect_err("by the handler").sequence(),
        Some(3)
    );
}

#[test]
fn a_callback_that_panics_ends_the_server_with_the_error_it_was_asked_about() {
    let channel = Channel::new("callback-panics");
    let server = channel.server_with(ServerConfig::from(config()).on_error(|_| panic!("oh")));
    server
        .start(fragile, ProcessingMode::SingleThread)
        .expect("it starts");
    let client = channel.client();
    client.send_request(b"error").expect("sent");
    let error = server.join().expect_err("it ended");
    assert!(matches!(&*error, ServerError::Handler { sequence: 1, .. }));
}

#[test]
fn a_callback_for_metadata_that_panics_ends_the_server_and_is_told() {
    let channel = Channel::new("init-panics");
    let server = channel.server_with(ServerConfig::from(config()).on_init(|_| panic!("no caps")));
    server
        .start(fragile, ProcessingMode::SingleThread)
        .expect("it starts");
    let client = channel.client();
    client.set_metadata(b"x").expect("written");
    client.send_request(b"a").expect("sent");
    let error = server.join().expect_err("it ended");
    assert_eq!(
        error.to_string(),
        "the callback for metadata panicked: no caps"
    );
}

#[test]
fn after_a_failure_it_can_be_started_again() {
    let channel = Channel::new("again");
    let server = channel.server();
    let calls = Arc::new(AtomicU64::new(0));
    for round in 1..=3 {
        let counter = Arc::clone(&calls);
        let handler = move |request: &Frame| {
            counter.fetch_add(1, Ordering::SeqCst);
            fragile(request)
        };
        server
            .start(handler, ProcessingMode::SingleThread)
            .expect("it starts");
        assert!(server.last_error().is_none(), "that was another life");
        let client = channel.client();
        client.send_request(b"error").expect("sent");
        server.join().expect_err("it ended");
        assert_eq!(calls.load(Ordering::SeqCst), round);
    }
}
