//! Who runs the handlers: the thread that reads the requests, or several of their own.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use super::control::{Control, lock};
use super::delivery::Delivery;
use super::handler::Handle;
use crate::Frame;

/// How a server runs its handler.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProcessingMode {
    /// One request after the other, in the thread that reads them.
    #[default]
    SingleThread,
    /// Up to this many requests at once, each in one of as many threads; 0 counts as 1. The
    /// responses are sent in the order of the requests all the same: who is early waits, so that
    /// no more than this number is ever under way.
    ThreadPool(usize),
}

/// A request that a client waits for.
pub(super) struct Job {
    pub(super) request: Frame,
    pub(super) ticket: u64,
    pub(super) delivery: Arc<Delivery>,
}

fn run(handler: &dyn Handle, job: Job) {
    let sequence = job.request.sequence();
    let outcome = handler.handle(job.request);
    job.delivery.deliver(job.ticket, sequence, outcome);
}

/// Those who run the handlers. Dropped, they finish what they have begun.
pub(super) enum Workers {
    Inline(Arc<dyn Handle>),
    Pool {
        jobs: Option<SyncSender<Job>>,
        threads: Vec<JoinHandle<()>>,
    },
}

impl Workers {
    pub(super) fn new(
        mode: ProcessingMode,
        handler: &Arc<dyn Handle>,
        control: &Arc<Control>,
    ) -> io::Result<Self> {
        let count = match mode {
            ProcessingMode::SingleThread => return Ok(Workers::Inline(Arc::clone(handler))),
            ProcessingMode::ThreadPool(count) => count.max(1),
        };
        // Without a queue: what nobody works on yet stays in the ring.
        let (jobs, source) = sync_channel(0);
        let mut workers = Workers::Pool {
            jobs: Some(jobs),
            threads: Vec::with_capacity(count),
        };
        let source = Arc::new(Mutex::new(source));
        for number in 0..count {
            let worker = Worker {
                handler: Arc::clone(handler),
                control: Arc::clone(control),
                source: Arc::clone(&source),
            };
            let named = thread::Builder::new().name(format!("zb-worker-{number}"));
            let started = named.spawn(move || worker.work())?;
            if let Workers::Pool { threads, .. } = &mut workers {
                threads.push(started);
            }
        }
        Ok(workers)
    }

    /// Runs the handler, or has it run: then it returns as soon as somebody has begun.
    pub(super) fn take(&self, job: Job) {
        match self {
            Workers::Inline(handler) => run(&**handler, job),
            Workers::Pool { jobs, .. } => {
                let jobs = jobs.as_ref().expect("they are there until it is dropped");
                jobs.send(job).expect("workers live as long as this sender");
            }
        }
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        if let Workers::Pool { jobs, threads } = self {
            drop(jobs.take());
            for thread in threads.drain(..) {
                // One that panicked has said so.
                let _ = thread.join();
            }
        }
    }
}

struct Worker {
    handler: Arc<dyn Handle>,
    control: Arc<Control>,
    source: Arc<Mutex<Receiver<Job>>>,
}

impl Worker {
    fn work(self) {
        self.control.enlist();
        loop {
            // A variable of its own: the lock must not be held while the job runs.
            let next = lock(&self.source).recv();
            match next {
                Ok(job) => run(&*self.handler, job),
                Err(_) => return,
            }
        }
    }
}
