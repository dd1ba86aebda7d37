//! Streams: threads that do one piece of work after the other, each after a random delay.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::abi::{INVALID_HANDLE, OUT_OF_MEMORY};
use crate::context::{self, Context};
use crate::machine::machine;
use crate::world::{Answer, fresh, world};

/// A piece of work. It may ask whether the stream is being stopped, if it can take long.
type Work = Box<dyn FnOnce(&Stream) -> Answer + Send>;

/// A stream.
pub struct Stream {
    pub id: u64,
    pub context: u64,
    /// It and the default stream wait for each other.
    pub blocking: bool,
    queue: Mutex<Queue>,
    changed: Condvar,
    given: AtomicU64,
    done: AtomicU64,
    stopping: AtomicBool,
}

#[derive(Default)]
struct Queue {
    work: VecDeque<Work>,
    ended: bool,
}

impl Stream {
    /// Starts a stream.
    pub fn start(context: u64, blocking: bool) -> Answer<Arc<Stream>> {
        let stream = Arc::new(Stream {
            id: fresh(),
            context,
            blocking,
            queue: Mutex::default(),
            changed: Condvar::new(),
            given: AtomicU64::new(0),
            done: AtomicU64::new(0),
            stopping: AtomicBool::new(false),
        });
        let worker = Arc::clone(&stream);
        std::thread::Builder::new()
            .name("fake-gpu".to_owned())
            .spawn(move || worker.run())
            .map_err(|_| OUT_OF_MEMORY)?;
        Ok(stream)
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        let mut random = Random::new(self.id);
        while let Some(work) = self.next() {
            if !self.is_stopping() {
                random.pause();
            }
            if let Err(error) = work(self)
                && let Ok(context) = context::find(self.context)
            {
                context.lose(error);
            }
            self.done.fetch_add(1, Ordering::Release);
            drop(self.lock());
            self.changed.notify_all();
        }
    }

    fn next(&self) -> Option<Work> {
        let mut queue = self.lock();
        loop {
            if let Some(work) = queue.work.pop_front() {
                return Some(work);
            }
            if queue.ended {
                return None;
            }
            queue = self
                .changed
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Gives work to the stream.
    pub fn give(&self, work: impl FnOnce(&Stream) -> Answer + Send + 'static) {
        let mut queue = self.lock();
        queue.work.push_back(Box::new(work));
        self.given.fetch_add(1, Ordering::Release);
        self.changed.notify_all();
    }

    /// Pieces of work given so far.
    pub fn given(&self) -> u64 {
        self.given.load(Ordering::Acquire)
    }

    /// True if the first `count` pieces of work are done.
    pub fn has_done(&self, count: u64) -> bool {
        self.done.load(Ordering::Acquire) >= count
    }

    /// Waits until what was given so far is done.
    pub fn drain(&self) {
        let until = self.given();
        let mut queue = self.lock();
        while !self.has_done(until) {
            queue = self
                .changed
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Ends the thread once the work that was given is done; waits end at once.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
        self.end();
    }

    /// Ends the thread once the work that was given is done.
    pub fn end(&self) {
        self.lock().ended = true;
        self.changed.notify_all();
    }

    /// True if its context is being destroyed: waits are over.
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Waits, as work of this stream, until `ready` says so.
    pub fn wait_until(&self, ready: impl Fn() -> Answer<bool>) -> Answer {
        let mut pause = Duration::from_micros(10);
        while !ready()? {
            let lost = context::find(self.context).and_then(|context| context.check());
            if self.is_stopping() || lost.is_err() {
                return Ok(());
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_micros(200));
        }
        Ok(())
    }
}

/// The stream of a handle in the current context, which works.
pub fn find(handle: u64) -> Answer<(Arc<Context>, Arc<Stream>)> {
    let context = context::current()?;
    // NULL, and the names of the default stream.
    if handle <= 2 {
        let stream = Arc::clone(&context.default_stream);
        return Ok((context, stream));
    }
    let stream = world().streams.get(&handle).cloned();
    let stream = stream.ok_or(INVALID_HANDLE)?;
    match stream.context == context.id {
        true => Ok((context, stream)),
        false => Err(INVALID_HANDLE),
    }
}

/// Gives work to a stream of the current context: behind the default stream, if it is one that
/// waits for that, and if it is the default stream, behind all that do.
pub fn give(
    handle: u64,
    work: impl FnOnce(&Stream) -> Answer + Send + 'static,
) -> Answer<Arc<Stream>> {
    let (context, stream) = find(handle)?;
    let others: Vec<Arc<Stream>> = if stream.id == context.default_stream.id {
        let of_it = |other: &&Arc<Stream>| other.context == context.id && other.blocking;
        world().streams.values().filter(of_it).cloned().collect()
    } else if stream.blocking {
        vec![Arc::clone(&context.default_stream)]
    } else {
        Vec::new()
    };
    let before: Vec<_> = others
        .into_iter()
        .map(|other| (other.given(), other))
        .filter(|(given, other)| !other.has_done(*given))
        .collect();
    stream.give(move |stream| {
        stream.wait_until(|| Ok(before.iter().all(|(given, other)| other.has_done(*given))))?;
        work(stream)
    });
    Ok(stream)
}

/// Waits for every stream of a context.
pub fn drain_all(context: &Context) {
    let of_it = |stream: &&Arc<Stream>| stream.context == context.id;
    let streams: Vec<_> = world().streams.values().filter(of_it).cloned().collect();
    for stream in streams {
        stream.drain();
    }
    context.default_stream.drain();
}

/// Delays that repeat themselves with the same seed.
struct Random(u64);

impl Random {
    fn new(stream: u64) -> Random {
        let seed = machine().map_or(1, |machine| machine.seed);
        Random((seed ^ stream.wrapping_mul(0x9E37_79B9_7F4A_7C15)) | 1)
    }

    fn pause(&mut self) {
        let longest = machine().map_or(0, |machine| machine.delay_us);
        if longest == 0 {
            return;
        }
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        std::thread::sleep(Duration::from_micros(self.0 % (longest + 1)));
    }
}
