//! Clients that come early, late, again and too many.

use std::sync::Arc;
use std::time::Duration;

use zerobuffer::duplex::{ClientConfig, DuplexClient, ProcessingMode};
use zerobuffer::{ErrorKind, Frame, Reader};
use zerobuffer_peer::PATIENCE;

use crate::channel::{Channel, NOW, ask, config, pattern, receive};
use crate::ordering::Gate;

fn connect(channel: &Channel, timeout: Duration) -> Result<DuplexClient, ErrorKind> {
    let config = ClientConfig::from(config()).connect_timeout(timeout);
    DuplexClient::connect(channel, &config).map_err(|error| error.kind())
}

#[test]
fn a_client_that_comes_first_waits_for_the_server() {
    let channel = Channel::new("client-first");
    let server = channel.server();
    std::thread::scope(|scope| {
        let client = scope.spawn(|| {
            let client = channel.client();
            assert_eq!(ask(&client, b"early"), b"early");
        });
        server
            .start(|r| r.to_vec(), ProcessingMode::SingleThread)
            .expect("it starts");
        client.join().expect("it is served");
    });
}

#[test]
fn without_a_server_there_is_an_error_in_time() {
    let channel = Channel::new("no-server");
    let none = connect(&channel, Duration::from_millis(50)).map(drop);
    assert_eq!(none, Err(ErrorKind::BufferNotFound));
    assert_eq!(
        connect(&channel, NOW).map(drop),
        Err(ErrorKind::BufferNotFound)
    );
    // Somebody reads requests, and never answers any.
    let request = format!("{}_request", &*channel);
    let _reader = Reader::create(&request, &config()).expect("nobody has it");
    let silent = connect(&channel, Duration::from_millis(50)).map(drop);
    assert_eq!(silent, Err(ErrorKind::NotReady));
}

#[test]
fn a_second_client_is_refused_at_once_and_the_first_one_goes_on() {
    let channel = Channel::new("second");
    let server = channel.server();
    server
        .start(|r| r.to_vec(), ProcessingMode::SingleThread)
        .expect("it starts");
    let first = channel.client();
    for _ in 0..10 {
        let second = connect(&channel, PATIENCE).map(drop);
        assert_eq!(second, Err(ErrorKind::WriterAlreadyConnected));
        assert_eq!(ask(&first, b"x"), b"x");
    }
    drop(first);
    assert_eq!(ask(&channel.client(), b"y"), b"y");
}

#[test]
fn one_client_after_the_other_is_served() {
    for mode in [ProcessingMode::SingleThread, ProcessingMode::ThreadPool(3)] {
        let channel = Channel::new("one-by-one");
        let server = channel.server();
        server.start(|r| r.to_vec(), mode).expect("it starts");
        for number in 0..30 {
            let client = channel.client();
            for index in 0..3 {
                let request = pattern(1000, number * 3 + index);
                assert_eq!(ask(&client, &request), request);
            }
        }
        assert!(server.is_running() && server.last_error().is_none());
    }
}

#[test]
fn a_client_that_goes_without_its_responses_leaves_none_to_the_next() {
    for mode in [ProcessingMode::SingleThread, ProcessingMode::ThreadPool(3)] {
        let channel = Channel::new("left-behind");
        let server = channel.server();
        server.start(|r| r.to_vec(), mode).expect("it starts");
        for round in 0..20_u8 {
            let hasty = channel.client();
            for _ in 0..5 {
                hasty.send_request(&[0xee; 700]).expect("sent");
            }
            drop(hasty);
            let client = channel.client();
            for index in 0..3 {
                assert_eq!(ask(&client, &[round, index]), [round, index]);
            }
            assert!(
                client
                    .receive_response(NOW)
                    .expect("the server lives")
                    .is_none()
            );
        }
        assert!(server.last_error().is_none());
    }
}

#[test]
fn a_client_that_goes_while_the_handler_runs_is_followed_by_the_next() {
    let channel = Channel::new("goes-busy");
    let gate = Arc::new(Gate::default());
    let (told, begun) = std::sync::mpsc::channel();
    let opened = Arc::clone(&gate);
    let handler = move |r: &Frame| {
        if &*r.to_vec() == b"wait" {
            told.send(()).expect("the test lives");
            opened.wait();
        }
        r.to_vec()
    };
    let server = channel.server();
    server
        .start(handler, ProcessingMode::SingleThread)
        .expect("it starts");
    let first = channel.client();
    for _ in 0..3 {
        first.send_request(b"wait").expect("sent");
    }
    begun.recv_timeout(PATIENCE).expect("the handler begins");
    drop(first);
    std::thread::scope(|scope| {
        let second = scope.spawn(|| {
            let second = channel.client();
            assert_eq!(ask(&second, b"mine"), b"mine");
        });
        gate.open();
        second.join().expect("it is served");
    });
}

#[test]
fn a_channel_is_used_again_after_it_was_left_with_responses() {
    let channel = Channel::new("used-again");
    for round in 0..20_u8 {
        let server = channel.server();
        server
            .start(|r| r.to_vec(), ProcessingMode::SingleThread)
            .expect("it starts");
        let client = channel.client();
        for _ in 0..5 {
            client.send_request(&[round; 100]).expect("sent");
        }
        assert_eq!(receive(&client).to_vec(), [round; 100]);
        match round % 2 {
            0 => drop((client, server)),
            _ => drop((server, client)),
        }
        assert!(channel.files().is_empty());
    }
}

#[test]
fn responses_outlive_their_client() {
    let channel = Channel::new("kept");
    let server = channel.server();
    server
        .start(|r| r.to_vec(), ProcessingMode::SingleThread)
        .expect("it starts");
    let client = channel.client();
    client.send_request(b"to be kept").expect("sent");
    let response = receive(&client);
    drop(client);
    assert_eq!(response.to_vec(), b"to be kept");
    assert_eq!(ask(&channel.client(), b"next"), b"next");
    assert_eq!(response.into_frame().to_vec(), b"to be kept");
}
