//! Handlers that are futures, on an executor of a few lines.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::task::{Context, Poll, Waker};
use std::thread;

use zerobuffer::duplex::{DuplexClient, OnError, ServerConfig, ServerError};
use zerobuffer::{ErrorKind, Frame};
use zerobuffer_peer::PATIENCE;

use crate::channel::{Channel, ask, config, pattern, receive};
use crate::executor::{block_on, unpark, yield_once};

/// A client in a thread of its own, and a stop when it is done.
fn with_client<T: Send>(
    channel: &Channel,
    work: impl FnOnce(&DuplexClient) -> T + Send,
    serve: impl FnOnce(),
) -> T {
    thread::scope(|scope| {
        let client = scope.spawn(|| work(&channel.client()));
        serve();
        client.join().expect("the client is content")
    })
}

#[test]
fn a_handler_that_waits_for_others_answers_on_any_executor() {
    let channel = Channel::new("async");
    let server = channel.server();
    // Neither Send nor Sync: it runs where the future is polled.
    let count = Rc::new(RefCell::new(0));
    let counter = Rc::clone(&count);
    let serving = server
        .serve_async(
            move |request: Frame| {
                let counter = Rc::clone(&counter);
                async move {
                    yield_once().await;
                    *counter.borrow_mut() += 1;
                    request.to_vec()
                }
            },
            1,
        )
        .expect("it starts");
    let stopper = serving.stopper();
    assert!(server.is_running());
    with_client(
        &channel,
        |client| {
            for index in 0..100 {
                let request = pattern(500 + index, index);
                assert_eq!(ask(client, &request), request);
            }
            stopper.stop();
        },
        || {
            let (ended, woken) = block_on(serving);
            ended.expect("a stop is no error");
            // Once for each request, once for its yield, once for the end.
            assert_eq!(woken, 201, "nothing is polled for nothing");
        },
    );
    assert_eq!(*count.borrow(), 100);
    assert!(!server.is_running());
}

/// A future that is ready once another thread said so.
struct Signalled(Receiver<()>);

impl Future for Signalled {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        match self.0.try_recv() {
            Ok(()) => Poll::Ready(()),
            Err(_) => Poll::Pending,
        }
    }
}

#[test]
fn futures_that_finish_in_reverse_are_answered_in_order() {
    const COUNT: usize = 4;
    let channel_ = Channel::new("async-reverse");
    let server = channel_.server();
    // Each is ready when the one after it is.
    let (senders, receivers): (Vec<Sender<()>>, Vec<_>) = (0..COUNT).map(|_| channel()).unzip();
    let mut receivers: Vec<_> = receivers.into_iter().map(Some).collect();
    let finished = Rc::new(RefCell::new(Vec::new()));
    let order = Rc::clone(&finished);
    let handler = move |request: Frame| {
        let index = request.sequence() as usize - 1;
        let own = Signalled(receivers[index].take().expect("each number once"));
        let before = index.checked_sub(1).map(|before| senders[before].clone());
        let order = Rc::clone(&order);
        async move {
            if index + 1 < COUNT {
                own.await;
            }
            order.borrow_mut().push(index + 1);
            if let Some(before) = before {
                before.send(()).expect("it waits");
                // Who has been waiting is looked at again.
                yield_once().await;
            }
            request.to_vec()
        }
    };
    let serving = server.serve_async(handler, COUNT).expect("it starts");
    let stopper = serving.stopper();
    with_client(
        &channel_,
        |client| {
            for index in 1..=COUNT as u8 {
                client.send_request(&[index; 8]).expect("sent");
            }
            for index in 1..=COUNT as u8 {
                assert_eq!(receive(client).to_vec(), [index; 8]);
            }
            stopper.stop();
        },
        || block_on(serving).0.expect("a stop is no error"),
    );
    assert_eq!(*finished.borrow(), [4, 3, 2, 1]);
}

#[test]
fn what_fails_in_a_future_ends_it_with_the_error() {
    for (request, message) in [
        ("error", "the handler of request 1 failed: no such image"),
        ("panic", "the handler of request 1 panicked: in the future"),
        (
            "early",
            "the handler of request 1 panicked: before the future",
        ),
    ] {
        let channel = Channel::new("async-fails");
        let server = channel.server();
        let handler = |request: Frame| {
            let request = request.to_vec();
            assert!(request != b"early", "before the future");
            async move {
                match &*request {
                    b"error" => Err("no such image"),
                    b"panic" => panic!("in the future"),
                    _ => Ok(request),
                }
            }
        };
        let serving = server.serve_async(handler, 2).expect("it starts");
        with_client(
            &channel,
            |client| {
                client.send_request(request.as_bytes()).expect("sent");
                let heard = client.receive_response(PATIENCE).expect_err("it ended");
                assert_eq!(heard.kind(), ErrorKind::WriterDead);
            },
            || {
                let error = block_on(serving).0.expect_err("the handler failed");
                assert!(error.to_string().starts_with(message), "{error}");
            },
        );
    }
}

#[test]
fn the_callback_decides_for_futures_too() {
    let channel = Channel::new("async-policy");
    let config = ServerConfig::from(config()).on_error(|_| OnError::Respond(b"sorry".to_vec()));
    let server = channel.server_with(config);
    let handler = async |request: Frame| match &*request.to_vec() {
        b"bad" => Err("bad"),
        other => Ok(other.to_vec()),
    };
    let serving = server.serve_async(handler, 1).expect("it starts");
    let stopper = serving.stopper();
    with_client(
        &channel,
        |client| {
            assert_eq!(ask(client, b"good"), b"good");
            assert_eq!(ask(client, b"bad"), b"sorry");
            assert_eq!(ask(client, b"good"), b"good");
            stopper.stop();
        },
        || block_on(serving).0.expect("a stop is no error"),
    );
    let last = server.last_error().expect("it is kept");
    assert!(matches!(&*last, ServerError::Handler { sequence: 2, .. }));
}

#[test]
fn dropped_it_stops_though_its_handlers_never_end() {
    let channel_ = Channel::new("async-dropped");
    let server = channel_.server();
    let (told, begun) = channel();
    let handler = move |_: Frame| {
        told.send(()).expect("the test lives");
        std::future::pending::<Vec<u8>>()
    };
    let mut serving = Box::pin(server.serve_async(handler, 3).expect("it starts"));
    let client = channel_.client();
    for _ in 0..5 {
        client.send_request(b"x").expect("sent");
    }
    let waker = Waker::from(unpark());
    let mut context = Context::from_waker(&waker);
    // Three run, and two are not begun.
    for _ in 0..3 {
        while begun.try_recv().is_err() {
            assert!(serving.as_mut().poll(&mut context).is_pending());
        }
    }
    drop(serving);
    assert!(!server.is_running());
    let heard = client
        .receive_response(PATIENCE)
        .expect_err("nothing was answered");
    assert_eq!(heard.kind(), ErrorKind::WriterDead);
}

#[test]
fn stopped_in_the_thread_that_polls_it_ends_when_it_is_polled_again() {
    let channel = Channel::new("async-stop");
    let server = channel.server();
    let here = &server;
    let handler = async |request: Frame| {
        here.stop();
        request.to_vec()
    };
    let serving = server.serve_async(handler, 1).expect("it starts");
    with_client(
        &channel,
        |client| assert_eq!(ask(client, b"last words"), b"last words"),
        || block_on(serving).0.expect("a stop is no error"),
    );
    assert!(!server.is_running());
}

#[test]
fn a_server_can_be_dropped_where_its_future_is_still_to_be_polled() {
    let channel_ = Channel::new("async-server-dropped");
    let server = channel_.server();
    let (told, begun) = channel();
    let handler = move |request: Frame| {
        told.send(()).expect("the test lives");
        async move { request.to_vec() }
    };
    let mut serving = Box::pin(server.serve_async(handler, 1).expect("it starts"));
    let client = channel_.client();
    client.send_request(b"last words").expect("sent");
    let waker = Waker::from(unpark());
    while begun.try_recv().is_err() {
        let polled = serving.as_mut().poll(&mut Context::from_waker(&waker));
        assert!(polled.is_pending());
    }
    // It has one under way, perhaps, and this is the thread that has to answer it.
    client.send_request(b"more").expect("sent");
    drop(server);
    block_on(serving).0.expect("a stop is no error");
    assert_eq!(receive(&client).to_vec(), b"last words");
}
