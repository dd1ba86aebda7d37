//! Requests and responses.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};

use zerobuffer::duplex::{ProcessingMode, ServerConfig};
use zerobuffer::{BufferConfig, ErrorKind, Frame};
use zerobuffer_peer::PATIENCE;

use crate::channel::{Channel, NOW, ask, config, pattern, receive};
use crate::ordering::Gate;

#[test]
fn every_byte_comes_back() {
    let channel = Channel::new("echo");
    let server = channel.server();
    server
        .start(|r| r.to_vec(), ProcessingMode::SingleThread)
        .expect("it starts");
    let client = channel.client();
    assert!(client.is_server_connected() && server.is_running());
    for (seed, size) in [1, 1024, 102_400, 1005, 1, 17].into_iter().enumerate() {
        let request = pattern(size, seed);
        assert_eq!(ask(&client, &request), request, "{size} bytes");
    }
    assert_eq!(client.pending(), 0);
}

#[test]
fn many_requests_are_answered_in_their_order() {
    let channel = Channel::new("order");
    let server = channel.server();
    server
        .start(|r| r.to_vec(), ProcessingMode::SingleThread)
        .expect("it starts");
    let client = channel.client();
    for count in [10, 20, 300] {
        let mut sent = Vec::new();
        for index in 0..count {
            sent.push(
                client
                    .send_request(&pattern(100 + index, index))
                    .expect("sent"),
            );
        }
        assert_eq!(client.pending(), count);
        for (index, sequence) in sent.into_iter().enumerate() {
            let response = receive(&client);
            assert_eq!(response.sequence(), sequence);
            assert_eq!(response.to_vec(), pattern(100 + index, index));
        }
        assert_eq!(client.pending(), 0);
    }
    assert!(
        client
            .receive_response(NOW)
            .expect("the server lives")
            .is_none()
    );
}

#[test]
fn one_thread_sends_while_another_waits_for_a_response() {
    let channel = Channel::new("two-threads");
    let server = channel.server();
    server
        .start(|r| r.to_vec(), ProcessingMode::SingleThread)
        .expect("it starts");
    let client = channel.client();
    const COUNT: usize = 5000;
    let (told, about_to_wait) = channel_of_unit();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            told.send(()).expect("the other thread lives");
            for index in 0..COUNT {
                let response = receive(&client);
                assert_eq!(response.sequence(), index as u64 + 1);
                assert_eq!(response.to_vec(), pattern(64 + index % 100, index));
            }
        });
        // From here on it waits, and nothing comes unless this thread can send.
        about_to_wait.recv_timeout(PATIENCE).expect("it begins");
        assert!(client.is_server_connected());
        for index in 0..COUNT {
            client
                .send_request(&pattern(64 + index % 100, index))
                .expect("sent");
        }
    });
}

fn channel_of_unit() -> (std::sync::mpsc::Sender<()>, std::sync::mpsc::Receiver<()>) {
    channel()
}

#[test]
fn several_threads_send_and_receive_and_each_request_has_one_response() {
    let channel = Channel::new("many-threads");
    let server = channel.server();
    server
        .start(|r| r.to_vec(), ProcessingMode::ThreadPool(3))
        .expect("it starts");
    let client = channel.client();
    const EACH: usize = 500;
    let (sent, received) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for thread in 0..3_usize {
            let (client, sent, received) = (&client, &sent, &received);
            scope.spawn(move || {
                for index in 0..EACH {
                    let text = format!("{thread}/{index}").into_bytes();
                    let sequence = client.send_request(&text).expect("sent");
                    sent.lock().expect("whole").push((sequence, text));
                }
            });
            scope.spawn(move || {
                for _ in 0..EACH {
                    let response = receive(client);
                    let pair = (response.sequence(), response.to_vec());
                    received.lock().expect("whole").push(pair);
                }
            });
        }
    });
    let (mut sent, mut received) = (
        sent.into_inner().expect("whole"),
        received.into_inner().expect("whole"),
    );
    assert_eq!(sent.len(), 3 * EACH);
    sent.sort();
    received.sort();
    assert_eq!(sent, received);
}

#[test]
fn a_request_is_made_in_place_or_given_up() {
    let channel = Channel::new("in-place");
    let server = channel.server();
    server
        .start(|r| r.to_vec(), ProcessingMode::SingleThread)
        .expect("it starts");
    let client = channel.client();
    let mut request = client.acquire_request_buffer(6).expect("there is space");
    assert_eq!((request.sequence(), request.len()), (1, 6));
    request.copy_from(3, b"def");
    request.copy_from(0, b"abc");
    assert_eq!(request.commit(), 1);
    assert_eq!(receive(&client).to_vec(), b"abcdef");
    drop(client.acquire_request_buffer(100).expect("there is space"));
    assert_eq!(client.pending(), 0);
    let mut request = client.acquire_request_buffer(2).expect("there is space");
    request.copy_from(0, b"gh");
    assert_eq!(
        client.commit_request(request),
        2,
        "what was given up was never sent"
    );
    let response = receive(&client);
    assert_eq!(
        (response.sequence(), response.to_vec()),
        (2, b"gh".to_vec())
    );
}

#[test]
fn requests_that_cannot_be_are_refused_and_harm_nothing() {
    let channel = Channel::new("refused");
    let server = channel.server();
    server
        .start(|r| r.to_vec(), ProcessingMode::SingleThread)
        .expect("it starts");
    let client = channel.client();
    let empty = client.send_request(&[]).expect_err("a frame has bytes");
    assert_eq!(empty.kind(), ErrorKind::InvalidFrameSize);
    let large = client
        .send_request(&vec![0; 1 << 20])
        .expect_err("it has a header too");
    assert_eq!(large.kind(), ErrorKind::FrameTooLarge);
    assert_eq!(client.pending(), 0);
    assert_eq!(ask(&client, b"still here"), b"still here");
}

#[test]
fn the_server_is_told_the_metadata_once_before_the_first_request() {
    let channel = Channel::new("metadata");
    let (told, heard) = channel_of_bytes();
    let calls = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&calls);
    let server = channel.server_with(ServerConfig::from(config()).on_init(move |metadata| {
        counter.fetch_add(1, Ordering::SeqCst);
        told.send(metadata.to_vec()).expect("the test lives");
    }));
    server
        .start(|r| r.to_vec(), ProcessingMode::SingleThread)
        .expect("it starts");
    let client = channel.client();
    client
        .set_metadata(b"{\"caps\":\"GRAY8\"}")
        .expect("it is written");
    let again = client.set_metadata(b"other").expect_err("once");
    assert_eq!(again.kind(), ErrorKind::MetadataAlreadyWritten);
    for _ in 0..3 {
        ask(&client, b"x");
    }
    assert_eq!(
        heard.try_recv().expect("before the first request"),
        b"{\"caps\":\"GRAY8\"}"
    );
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}

type Bytes = Vec<u8>;

fn channel_of_bytes() -> (
    std::sync::mpsc::Sender<Bytes>,
    std::sync::mpsc::Receiver<Bytes>,
) {
    channel()
}

#[test]
fn a_full_response_ring_holds_the_server_up_and_nothing_is_lost() {
    let channel = Channel::new("ring-full");
    let (told, begun) = channel_of_unit();
    let server = channel.server_with(BufferConfig::new(0, 10_240));
    let handler = move |r: &Frame| {
        told.send(()).expect("the test lives");
        pattern(8192, r.sequence() as usize)
    };
    server
        .start(handler, ProcessingMode::SingleThread)
        .expect("it starts");
    let small = BufferConfig::new(0, 10_240);
    let client = channel.client_with(crate::channel::patient(small.into()));
    for _ in 0..2 {
        client
            .send_request(&[1; 4096])
            .expect("the request ring has space");
        begun.recv_timeout(PATIENCE).expect("the handler begins");
    }
    // One response fills the ring, and the second one waits for the first to be released.
    for sequence in 1..=2 {
        let response = receive(&client);
        assert_eq!(response.sequence(), sequence);
        assert_eq!(response.to_vec(), pattern(8192, sequence as usize));
    }
    assert!(server.is_running());
}

#[test]
fn a_full_request_ring_is_told_after_the_time_out_and_nothing_is_lost() {
    let channel = Channel::new("requests-full");
    let gate = Arc::new(Gate::default());
    let opened = Arc::clone(&gate);
    let handler = move |r: &Frame| {
        opened.wait();
        r.to_vec()
    };
    let server = channel.server_with(BufferConfig::new(0, 10_240));
    server
        .start(handler, ProcessingMode::SingleThread)
        .expect("it starts");
    let client = channel.client();
    client.set_send_timeout(NOW);
    let mut sent = 0;
    let full = loop {
        match client.send_request(&pattern(1000, sent)) {
            Ok(_) => sent += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(full.kind(), ErrorKind::BufferFull);
    // 1016 bytes each, and the one that the handler has keeps its space.
    assert_eq!((sent, client.pending()), (10, 10));
    gate.open();
    for index in 0..sent {
        let response = receive(&client);
        assert_eq!(response.sequence(), index as u64 + 1);
        assert_eq!(response.to_vec(), pattern(1000, index));
    }
    assert_eq!(ask(&client, b"space again"), b"space again");
}
