//! Streams: threads that do one piece of work after the other, each after a random delay.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::abi::{CONTEXT_IS_DESTROYED, CUresult, INVALID_HANDLE, OUT_OF_MEMORY, SUCCESS};
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
    /// A wait was over before what it waited for had happened: what is behind it is not done.
    cut: AtomicBool,
    /// The error after which nothing works any more, the context's own.
    error: Arc<AtomicU32>,
}

#[derive(Default)]
struct Queue {
    work: VecDeque<Work>,
    ended: bool,
}

impl Stream {
    /// Starts a stream of a context, whose `error` is looked at before each piece of work.
    pub fn start(context: u64, error: &Arc<AtomicU32>, blocking: bool) -> Answer<Arc<Stream>> {
        let stream = Arc::new(Stream {
            id: fresh(),
            context,
            blocking,
            queue: Mutex::default(),
            changed: Condvar::new(),
            given: AtomicU64::new(0),
            done: AtomicU64::new(0),
            stopping: AtomicBool::new(false),
            cut: AtomicBool::new(false),
            error: Arc::clone(error),
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

    fn give(&self, work: Work) {
        let mut queue = self.lock();
        queue.work.push_back(work);
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

    /// The error of its context; SUCCESS if it works.
    pub fn error(&self) -> CUresult {
        self.error.load(Ordering::Relaxed)
    }

    /// True if nothing more is to be done. What was given to a context that is destroyed is still
    /// done, as far as nothing has to be waited for.
    fn is_lost(&self) -> bool {
        let works = matches!(self.error(), SUCCESS | CONTEXT_IS_DESTROYED);
        !works || self.cut.load(Ordering::Relaxed)
    }

    /// Waits, as work of this stream, until `ready` says so, or nothing is waited for any more.
    pub fn wait_until(&self, ready: impl Fn() -> Answer<bool>) -> Answer {
        let mut pause = Duration::from_micros(10);
        while !ready()? {
            if self.is_stopping() || self.error() != SUCCESS {
                self.cut.store(true, Ordering::Relaxed);
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
/// waits for that, and if it is the default stream, behind all that do. A GPU does nothing more in
/// a context that it has lost, but for `lasting` work: nobody is to wait for that for ever.
pub fn enqueue(
    handle: u64,
    lasting: bool,
    work: impl FnOnce(&Stream) -> Answer + Send + 'static,
) -> Answer<Arc<Stream>> {
    let (stream, before) = behind(handle)?;
    stream.give(Box::new(move |stream: &Stream| {
        before.wait(stream)?;
        match lasting || !stream.is_lost() {
            true => work(stream),
            false => Ok(()),
        }
    }));
    Ok(stream)
}

/// What has to be done in other streams first.
struct Before(Vec<(u64, Arc<Stream>)>);

impl Before {
    fn wait(&self, stream: &Stream) -> Answer {
        stream.wait_until(|| Ok(self.0.iter().all(|(given, other)| other.has_done(*given))))
    }
}

/// A stream of the current context, and what work that is now given to it is behind.
fn behind(handle: u64) -> Answer<(Arc<Stream>, Before)> {
    let (context, stream) = find(handle)?;
    let others: Vec<Arc<Stream>> = if stream.id == context.default_stream.id {
        let of_it = |other: &&Arc<Stream>| other.context == context.id && other.blocking;
        world().streams.values().filter(of_it).cloned().collect()
    } else if stream.blocking {
        vec![Arc::clone(&context.default_stream)]
    } else {
        Vec::new()
    };
    let before = others
        .into_iter()
        .map(|other| (other.given(), other))
        .filter(|(given, other)| !other.has_done(*given));
    let before = Before(before.collect());
    Ok((stream, before))
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
