//! The Python client with our server.

use std::sync::Arc;

use zerobuffer::Frame;
use zerobuffer::duplex::ProcessingMode;
use zerobuffer_peer::{PATIENCE, Process, await_gone};

use crate::channel::{Channel, ask, script};
use crate::mutable::xor;
use crate::ordering::Gate;

/// Milliseconds.
fn patience() -> u128 {
    PATIENCE.as_millis()
}

fn connect(channel: &Channel) -> Process {
    let mut client = script("client.py");
    assert_eq!(client.ask(&format!("connect {}", &**channel)), "connected");
    client
}

fn receive(client: &mut Process) -> String {
    client.ask(&format!("receive {}", patience()))
}

#[test]
fn it_gets_every_byte_back() {
    let channel = Channel::with_peer("py-echo");
    let server = channel.server();
    server
        .start(|r| r.to_vec(), ProcessingMode::SingleThread)
        .expect("it starts");
    let mut client = connect(&channel);
    for (index, size) in [1, 1024, 102_400, 1005, 4080].into_iter().enumerate() {
        let sequence = index + 1;
        assert_eq!(
            client.ask(&format!("send {size} {index}")),
            sequence.to_string()
        );
        assert_eq!(receive(&mut client), format!("{sequence} {size} {index}"));
    }
    assert_eq!(client.ask("alive"), "True");
    assert_eq!(client.ask("close"), "closed");
}

#[test]
fn its_requests_are_answered_in_order_by_one_thread_and_by_many() {
    for mode in [ProcessingMode::SingleThread, ProcessingMode::ThreadPool(4)] {
        let channel = Channel::with_peer("py-order");
        let server = channel.server();
        server.start(|r| r.to_vec(), mode).expect("it starts");
        let mut client = connect(&channel);
        for index in 1..=20 {
            assert_eq!(
                client.ask(&format!("send {} {index}", 100 + index)),
                index.to_string()
            );
        }
        for index in 1..=20 {
            assert_eq!(
                receive(&mut client),
                format!("{index} {} {index}", 100 + index)
            );
        }
        assert_eq!(client.ask("receive 0"), "none");
    }
}

#[test]
fn its_requests_are_answered_in_order_though_the_handlers_finish_in_reverse() {
    const COUNT: usize = 4;
    let channel = Channel::with_peer("py-reverse");
    let gates: Arc<[Gate; COUNT]> = Arc::default();
    let handler = move |request: &Frame| {
        let index = request.sequence() as usize - 1;
        if index + 1 < COUNT {
            gates[index + 1].wait();
        }
        gates[index].open();
        request.to_vec()
    };
    let server = channel.server();
    server
        .start(handler, ProcessingMode::ThreadPool(COUNT))
        .expect("it starts");
    let mut client = connect(&channel);
    for index in 1..=COUNT {
        client.ask(&format!("send 10 {index}"));
    }
    for index in 1..=COUNT {
        assert_eq!(receive(&mut client), format!("{index} 10 {index}"));
    }
}

#[test]
fn it_gets_its_request_changed_in_place() {
    let channel = Channel::with_peer("py-xor");
    let server = channel.mutable_server();
    server
        .start(xor, ProcessingMode::SingleThread)
        .expect("it starts");
    let mut client = connect(&channel);
    for index in 1..=5 {
        client.ask(&format!("send 1000 {index}"));
        assert_eq!(
            receive(&mut client),
            format!("{index} 1000 {index} inverted")
        );
    }
}

#[test]
fn it_dies_with_requests_under_way_and_others_are_served() {
    let channel = Channel::with_peer("py-dies");
    let server = channel.server();
    server
        .start(|r| r.to_vec(), ProcessingMode::SingleThread)
        .expect("it starts");
    for round in 0..2 {
        let mut dying = connect(&channel);
        for index in 1..=5 {
            dying.ask(&format!("send 500 {index}"));
        }
        dying.kill();
        // One that comes before the server has missed it would fail, and so would all after it.
        let lock = format!("/tmp/zerobuffer/{}_response.lock", &*channel);
        await_gone(lock.as_ref(), PATIENCE);
        // Its numbers begin with 1 again, and those of ours go on.
        let mut next = connect(&channel);
        for index in 1..=3 {
            assert_eq!(next.ask(&format!("send 300 {index}")), index.to_string());
            assert_eq!(receive(&mut next), format!("{index} 300 {index}"));
        }
        assert_eq!(next.ask("close"), "closed");
        let ours = channel.client();
        assert_eq!(ask(&ours, &[round; 10]), [round; 10]);
    }
    assert!(server.is_running());
    let last = server.last_error();
    assert!(last.is_none(), "{last:?}");
}

#[test]
fn it_hears_that_the_server_stopped() {
    let channel = Channel::with_peer("py-stopped");
    let server = channel.server();
    server
        .start(|r| r.to_vec(), ProcessingMode::SingleThread)
        .expect("it starts");
    let mut client = connect(&channel);
    client.ask("send 10 1");
    assert_eq!(receive(&mut client), "1 10 1");
    server.stop();
    let heard = client.ask("receive 100");
    assert!(heard.starts_with("error WriterDead"), "{heard}");
    let heard = client.ask("send 10 2");
    assert!(heard.starts_with("error ReaderDead"), "{heard}");
    assert_eq!(client.ask("alive"), "False");
}
