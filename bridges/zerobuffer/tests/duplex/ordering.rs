//! Handlers that run at once, and responses that keep the order all the same.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Condvar, Mutex};

use zerobuffer::Frame;
use zerobuffer::duplex::ProcessingMode;
use zerobuffer_peer::PATIENCE;

use crate::channel::{Channel, receive};

/// Something that becomes true, and stays so.
#[derive(Default)]
pub struct Gate(Mutex<bool>, Condvar);

impl Gate {
    pub fn open(&self) {
        *self.0.lock().expect("whole") = true;
        self.1.notify_all();
    }

    pub fn wait(&self) {
        let open = self.0.lock().expect("whole");
        let (open, _) = self
            .1
            .wait_timeout_while(open, PATIENCE, |open| !*open)
            .expect("whole");
        assert!(*open, "nobody opened it in time");
    }
}

/// How many run at once, and did at most.
#[derive(Default)]
pub struct Crowd {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Crowd {
    pub fn within<T>(&self, work: impl FnOnce() -> T) -> T {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        let done = work();
        self.now.fetch_sub(1, Ordering::SeqCst);
        done
    }

    pub fn most(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }
}

#[test]
fn a_single_thread_runs_one_handler_at_a_time() {
    let channel = Channel::new("single");
    let crowd = Arc::new(Crowd::default());
    let seen = Arc::clone(&crowd);
    let server = channel.server();
    let handler = move |r: &Frame| seen.within(|| r.to_vec());
    server
        .start(handler, ProcessingMode::SingleThread)
        .expect("it starts");
    let client = channel.client();
    for _ in 0..50 {
        client.send_request(b"x").expect("sent");
    }
    for sequence in 1..=50 {
        assert_eq!(receive(&client).sequence(), sequence);
    }
    assert_eq!(crowd.most(), 1);
}

#[test]
fn handlers_that_finish_in_reverse_are_answered_in_order() {
    const COUNT: usize = 4;
    let channel = Channel::new("reverse");
    let done: Arc<[Gate; COUNT]> = Arc::default();
    let finished = Arc::new(Mutex::new(Vec::new()));
    let (gates, order) = (Arc::clone(&done), Arc::clone(&finished));
    let handler = move |request: &Frame| {
        let index = request.sequence() as usize - 1;
        // Each waits for the one that came after it.
        if index + 1 < COUNT {
            gates[index + 1].wait();
        }
        order.lock().expect("whole").push(index + 1);
        gates[index].open();
        request.to_vec()
    };
    let server = channel.server();
    server
        .start(handler, ProcessingMode::ThreadPool(COUNT))
        .expect("it starts");
    let client = channel.client();
    for index in 1..=COUNT as u8 {
        client.send_request(&[index; 10]).expect("sent");
    }
    for index in 1..=COUNT as u8 {
        let response = receive(&client);
        assert_eq!(response.sequence(), u64::from(index));
        assert_eq!(response.to_vec(), [index; 10]);
    }
    assert_eq!(
        *finished.lock().expect("whole"),
        [4, 3, 2, 1],
        "they did run at once"
    );
}

#[test]
fn a_pool_runs_as_many_as_it_has_threads_and_never_more() {
    const THREADS: usize = 3;
    let channel = Channel::new("bounded");
    let crowd = Arc::new(Crowd::default());
    let seen = Arc::clone(&crowd);
    // Passed only if so many are there at once.
    let together = Barrier::new(THREADS);
    let handler = move |r: &Frame| {
        seen.within(|| {
            together.wait();
            r.to_vec()
        })
    };
    let server = channel.server();
    server
        .start(handler, ProcessingMode::ThreadPool(THREADS))
        .expect("it starts");
    let client = channel.client();
    for index in 0..30_u8 {
        client.send_request(&[index + 1]).expect("sent");
    }
    for index in 0..30_u8 {
        assert_eq!(receive(&client).to_vec(), [index + 1]);
    }
    assert_eq!(crowd.most(), THREADS);
}

#[test]
fn a_pool_of_none_is_one_of_one() {
    let channel = Channel::new("pool-0");
    let server = channel.server();
    server
        .start(|r| r.to_vec(), ProcessingMode::ThreadPool(0))
        .expect("it starts");
    let client = channel.client();
    assert_eq!(crate::channel::ask(&client, b"x"), b"x");
}

#[test]
fn thousands_of_requests_keep_their_order_in_a_pool() {
    let channel = Channel::new("pool-many");
    let server = channel.server();
    server
        .start(|r| r.to_vec(), ProcessingMode::ThreadPool(4))
        .expect("it starts");
    let client = channel.client();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for index in 1..=5000_u64 {
                client.send_request(&index.to_le_bytes()).expect("sent");
            }
        });
        for index in 1..=5000_u64 {
            let response = receive(&client);
            assert_eq!(response.sequence(), index);
            assert_eq!(response.to_vec(), index.to_le_bytes());
        }
    });
}
