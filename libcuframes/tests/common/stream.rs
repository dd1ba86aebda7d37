//! A stream that runs while somebody misbehaves.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use cuframes::{Error, Policy};

use super::raw::Raw;
use super::{WATCHDOG, is_whole, key, publisher, send, strict};

/// Frames published at least.
const LEAST: u64 = 50;

/// A publisher that never pauses, and an honest subscriber that may miss nothing.
pub struct Stream {
    pub key: String,
    stop: Arc<AtomicBool>,
    publisher: JoinHandle<u64>,
    subscriber: JoinHandle<u64>,
}

impl Stream {
    /// Starts both.
    pub fn start(name: &str) -> Stream {
        let key = key(name);
        let builder = publisher(&key).policy(Policy::StrictWait);
        let mut source = builder.strict_timeout(WATCHDOG).build().expect("publisher");
        let mut honest = strict(&key, "honest").connect().expect("honest");
        source.wait_subscribers(1, Some(WATCHDOG)).expect("it");
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let publisher = std::thread::spawn(move || {
            // Misbehaving may take less time than starting a thread.
            while send(&mut source) < LEAST || !stopped.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(1));
            }
            let stats = source.stats();
            assert_eq!((stats.dropped, stats.evicted), (0, 0));
            source.finish().expect("finish");
            stats.published
        });
        let subscriber = std::thread::spawn(move || {
            for number in 1.. {
                match honest.next(Some(WATCHDOG)) {
                    Ok(frame) => assert!(frame.seq() == number && is_whole(&frame), "{number}"),
                    Err(Error::EndOfStream { .. }) => break,
                    Err(error) => panic!("the honest one got {error}"),
                }
            }
            assert_eq!(honest.stats().missed, 0);
            honest.stats().received
        });
        Stream {
            key,
            stop,
            publisher,
            subscriber,
        }
    }

    /// Ends the stream: every frame has arrived, in its order.
    pub fn finish(self) {
        self.stop.store(true, Ordering::Relaxed);
        let published = self.publisher.join().expect("publisher");
        let received = self.subscriber.join().expect("honest subscriber");
        assert!(published >= LEAST);
        assert_eq!(received, published);
    }

    /// A connection that has not said anything.
    pub fn connect(&self) -> Raw {
        Raw::connect(&self.key)
    }
}
