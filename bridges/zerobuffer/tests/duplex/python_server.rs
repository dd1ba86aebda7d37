//! Our client with the Python server.

use zerobuffer::ErrorKind;
use zerobuffer_peer::{PATIENCE, Process};

use crate::channel::{Channel, ask, pattern, receive, script};

fn start(channel: &Channel, handler: &str) -> Process {
    let mut server = script("server.py");
    assert_eq!(
        server.ask(&format!("start {} {handler}", &**channel)),
        "started"
    );
    server
}

#[test]
fn every_byte_comes_back() {
    let channel = Channel::with_peer("py-server");
    let mut server = start(&channel, "echo");
    let client = channel.client();
    assert!(client.is_server_connected());
    for (seed, size) in [1, 1024, 102_400, 1005, 4080].into_iter().enumerate() {
        let request = pattern(size, seed);
        assert_eq!(ask(&client, &request), request, "{size} bytes");
    }
    for index in 0..20 {
        client
            .send_request(&pattern(100 + index, index))
            .expect("sent");
    }
    for index in 0..20 {
        let response = receive(&client);
        assert_eq!(response.sequence(), 6 + index as u64);
        assert_eq!(response.to_vec(), pattern(100 + index, index));
    }
    let mut request = client.acquire_request_buffer(3).expect("there is space");
    request.copy_from(0, b"abc");
    request.commit();
    assert_eq!(receive(&client).to_vec(), b"abc");
    assert_eq!(server.ask("running"), "True");
}

#[test]
fn a_cancelled_request_is_passed_over() {
    let channel = Channel::with_peer("py-cancel");
    let _server = start(&channel, "invert");
    let client = channel.client();
    for index in 1..=3_u8 {
        client.send_request(&[index; 4]).expect("sent");
    }
    assert!(client.cancel(2));
    for sequence in [1, 3_u8] {
        let response = receive(&client);
        assert_eq!(response.sequence(), u64::from(sequence));
        assert_eq!(response.to_vec(), [!sequence; 4]);
    }
}

#[test]
fn a_client_that_comes_first_waits_for_it() {
    let channel = Channel::with_peer("py-late");
    std::thread::scope(|scope| {
        let client = scope.spawn(|| {
            let client = channel.client();
            assert_eq!(ask(&client, b"early"), b"early");
        });
        let _server = start(&channel, "echo");
        client.join().expect("it is served");
    });
}

#[test]
fn its_death_is_heard_of() {
    let channel = Channel::with_peer("py-server-dies");
    let mut server = start(&channel, "echo");
    let client = channel.client();
    assert_eq!(ask(&client, b"x"), b"x");
    server.kill();
    let heard = client.receive_response(PATIENCE).expect_err("it is gone");
    assert_eq!(heard.kind(), ErrorKind::WriterDead);
    assert!(!client.is_server_connected());
}

/// A server of this kind that leaves requests unanswered cannot be told from one that answers
/// others: its responses are numbered by its own count. This is why by order every request needs a
/// response.
#[test]
fn what_it_leaves_unanswered_shifts_the_responses() {
    let channel = Channel::with_peer("py-even");
    let _server = start(&channel, "even");
    let client = channel.client();
    for index in 1..=4_u8 {
        client.send_request(&[index]).expect("sent");
    }
    for (response, request) in [(1, 2), (2, 4_u8)] {
        let received = receive(&client);
        assert_eq!(received.frame().sequence(), response);
        assert_eq!(received.to_vec(), [request]);
    }
    assert_eq!(client.pending(), 2);
}
