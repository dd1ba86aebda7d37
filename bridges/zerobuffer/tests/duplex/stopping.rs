//! How a server ends, and what is left then.

use std::sync::mpsc::channel;
use std::sync::{Arc, OnceLock};

use zerobuffer::duplex::{ImmutableDuplexServer, ProcessingMode, ServerError};
use zerobuffer::{BufferConfig, ErrorKind, Frame};
use zerobuffer_peer::PATIENCE;

use crate::channel::{Channel, NOW, ask, patient, receive};
use crate::ordering::Gate;

const MODES: [ProcessingMode; 2] = [ProcessingMode::SingleThread, ProcessingMode::ThreadPool(2)];

#[test]
fn it_runs_from_start_to_stop_and_can_be_started_again() {
    for mode in MODES {
        let channel = Channel::new("life");
        let server = channel.server();
        assert!(!server.is_running());
        server.stop();
        server.join().expect("it never ran");
        for _ in 0..20 {
            server.start(|r| r.to_vec(), mode).expect("it starts");
            assert!(server.is_running());
            let twice = server.start(|r| r.to_vec(), mode).expect_err("it runs");
            assert!(matches!(twice, ServerError::Running { .. }));
            server.stop();
            assert!(!server.is_running());
            server.join().expect("a stop is no error");
            assert!(channel.files().is_empty());
        }
    }
}

#[test]
fn a_name_that_is_taken_or_cannot_be_is_told_at_the_start() {
    let channel = Channel::new("taken");
    let server = channel.server();
    server
        .start(|r| r.to_vec(), ProcessingMode::SingleThread)
        .expect("it starts");
    let other = channel.server();
    let refused = other.start(|r| r.to_vec(), ProcessingMode::SingleThread);
    let refused = refused.expect_err("the channel has a server");
    assert!(
        matches!(&refused, ServerError::Channel(e) if e.kind() == ErrorKind::ReaderAlreadyConnected)
    );
    assert!(!other.is_running());
    drop(other);
    assert_eq!(ask(&channel.client(), b"x"), b"x");
    let impossible = zerobuffer::duplex::DuplexChannelFactory::new()
        .create_immutable_server("a/b", BufferConfig::new(0, 4096));
    impossible
        .start(|r| r.to_vec(), ProcessingMode::SingleThread)
        .expect_err("no buffer has such a name");
}

#[test]
fn a_client_hears_at_once_that_the_server_stopped() {
    for mode in MODES {
        let channel = Channel::new("stopped");
        let server = channel.server();
        server.start(|r| r.to_vec(), mode).expect("it starts");
        let client = channel.client();
        assert_eq!(ask(&client, b"x"), b"x");
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| client.receive_response(PATIENCE).map(drop));
            server.stop();
            let heard = waiting
                .join()
                .expect("no panic")
                .expect_err("it waits for nobody");
            assert_eq!(heard.kind(), ErrorKind::WriterDead);
        });
        let refused = client.send_request(b"y").expect_err("nobody reads");
        assert_eq!(refused.kind(), ErrorKind::ReaderDead);
        assert!(!client.is_server_connected());
    }
}

#[test]
fn what_was_begun_is_answered_and_nothing_else() {
    for (mode, at_once) in [(MODES[0], 1), (MODES[1], 2)] {
        let channel = Channel::new("stop-busy");
        let gate = Arc::new(Gate::default());
        let (told, begun) = std::sync::mpsc::channel();
        let opened = Arc::clone(&gate);
        let handler = move |r: &Frame| {
            told.send(()).expect("the test lives");
            opened.wait();
            r.to_vec()
        };
        let server = channel.server();
        server.start(handler, mode).expect("it starts");
        let client = channel.client();
        for index in 1..=at_once {
            client.send_request(&[index; 5]).expect("sent");
            begun.recv_timeout(PATIENCE).expect("the handler begins");
        }
        std::thread::scope(|scope| {
            let stopping = scope.spawn(|| server.stop());
            assert!(client.receive_response(NOW).expect("it lives").is_none());
            gate.open();
            stopping.join().expect("it stops");
        });
        for index in 1..=at_once {
            assert_eq!(receive(&client).to_vec(), [index; 5]);
        }
        let end = client.receive_response(PATIENCE).expect_err("it stopped");
        assert_eq!(end.kind(), ErrorKind::WriterDead);
    }
}

#[test]
fn a_client_that_does_not_read_cannot_keep_it_from_stopping() {
    for mode in MODES {
        let channel = Channel::new("stop-full");
        let (told, begun) = std::sync::mpsc::channel();
        let handler = move |_: &Frame| {
            told.send(()).expect("the test lives");
            vec![7; 8192]
        };
        let server = channel.server();
        server.start(handler, mode).expect("it starts");
        let small = BufferConfig::new(0, 10_240);
        let client = channel.client_with(patient(small.into()));
        for _ in 0..2 {
            client.send_request(b"x").expect("sent");
            begun.recv_timeout(PATIENCE).expect("the handler begins");
        }
        // The second response has no space, and never gets any.
        server.stop();
        assert!(!server.is_running());
        assert_eq!(receive(&client).to_vec(), [7; 8192]);
        client
            .receive_response(PATIENCE)
            .expect_err("the second one was given up");
    }
}

#[test]
fn a_handler_can_stop_its_server() {
    for mode in MODES {
        let channel = Channel::new("stop-inside");
        let server: Arc<OnceLock<ImmutableDuplexServer>> = Arc::default();
        let inside = Arc::downgrade(&server);
        let handler = move |r: &Frame| {
            let server = inside.upgrade().expect("the test holds it");
            server.get().expect("it is there").stop();
            r.to_vec()
        };
        let server = server.get_or_init(|| channel.server());
        server.start(handler, mode).expect("it starts");
        let client = channel.client();
        assert_eq!(ask(&client, b"last words"), b"last words");
        server.join().expect("a stop is no error");
        assert!(!server.is_running());
    }
}

#[test]
fn a_server_that_waits_for_its_first_client_stops_at_once() {
    let name = Channel::new("stop-idle");
    let (told, stopped) = channel();
    let server = name.server();
    server
        .start(|r| r.to_vec(), ProcessingMode::SingleThread)
        .expect("it starts");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            server.stop();
            told.send(()).expect("the test lives");
        });
        stopped.recv_timeout(PATIENCE).expect("it stops");
    });
    // And one whose client has gone.
    server
        .start(|r| r.to_vec(), ProcessingMode::SingleThread)
        .expect("it starts");
    drop(name.client());
    server.stop();
    server.join().expect("a stop is no error");
}
