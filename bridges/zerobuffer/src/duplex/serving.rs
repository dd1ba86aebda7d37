//! A server whose handlers are futures, on whatever executor its user has.
//!
//! Threads of the server wait for requests and write responses, so nothing that blocks is in the
//! future, and it is polled only when a request came or a handler asked for it.

use std::collections::VecDeque;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use super::control::{Control, lock};
use super::error::{Failure, IntoResponse, ServerError};
use super::handler::{Answer, Handle};
use super::server::ImmutableDuplexServer;
use super::workers::ProcessingMode;
use crate::Frame;

type Outcome = Result<Answer, Failure>;

/// A request on its way to the executor.
struct Call {
    request: Frame,
    reply: SyncSender<Outcome>,
}

#[derive(Default)]
struct Inbox {
    calls: VecDeque<Call>,
    waker: Option<Waker>,
    /// Nobody polls any more, so nobody would answer.
    closed: bool,
}

/// The handler as the server's threads see it: they wait until the executor has run the real one.
struct Remote(Arc<Mutex<Inbox>>);

impl Handle for Remote {
    fn handle(&self, request: Frame) -> Outcome {
        let (reply, answer) = sync_channel(1);
        let mut inbox = lock(&self.0);
        if inbox.closed {
            return Err(Failure::Abandoned);
        }
        inbox.calls.push_back(Call { request, reply });
        drop(inbox);
        wake(&self.0);
        answer.recv().unwrap_or(Err(Failure::Abandoned))
    }
}

/// Has the executor poll.
fn wake(inbox: &Mutex<Inbox>) {
    let waker = lock(inbox).waker.take();
    waker.inspect(Waker::wake_by_ref);
}

struct Running<F> {
    future: Pin<Box<F>>,
    reply: SyncSender<Outcome>,
}

/// A server at work: a future that is ready when the server has ended. Dropped, it stops the
/// server, and what its handlers were about is abandoned.
#[must_use = "a future does nothing unless it is polled"]
pub struct Serving<H, F> {
    handler: H,
    inbox: Arc<Mutex<Inbox>>,
    running: Vec<Running<F>>,
    control: Arc<Control>,
}

/// Asks a server to stop, from any thread and without waiting.
#[derive(Clone)]
pub struct Stopper(Arc<Control>);

impl Stopper {
    /// Asks it to stop: its future is ready soon after.
    pub fn stop(&self) {
        self.0.stop();
    }
}

impl ImmutableDuplexServer {
    /// Serves from now on, with a handler that makes futures, of which up to `at_once` are under
    /// way at a time; the responses keep the order of the requests. When this returns, clients can
    /// connect; requests are answered while the future is polled, by any executor.
    ///
    /// ```no_run
    /// # use zerobuffer::{BufferConfig, duplex::DuplexChannelFactory};
    /// # async fn detect(pixels: Vec<u8>) -> std::io::Result<Vec<u8>> { Ok(pixels) }
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let factory = DuplexChannelFactory::new();
    /// let server = factory.create_immutable_server("detector", BufferConfig::default());
    /// let serving = server.serve_async(|request| detect(request.to_vec()), 4)?;
    /// serving.await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn serve_async<H, F, R>(
        &self,
        handler: H,
        at_once: usize,
    ) -> Result<Serving<H, F>, ServerError>
    where
        H: FnMut(Frame) -> F,
        F: Future<Output = R>,
        R: IntoResponse,
    {
        let inbox = Arc::new(Mutex::new(Inbox::default()));
        let mode = match at_once {
            0 | 1 => ProcessingMode::SingleThread,
            more => ProcessingMode::ThreadPool(more),
        };
        let control = self.start_handle(Arc::new(Remote(Arc::clone(&inbox))), mode)?;
        let told = Arc::clone(&inbox);
        control.on_end(Box::new(move || wake(&told)));
        // It may be the only thread that will ever poll, and then must not wait for the end.
        control.enlist();
        Ok(Serving {
            handler,
            inbox,
            running: Vec::new(),
            control,
        })
    }
}

impl<H, F> Serving<H, F> {
    /// What stops it from elsewhere.
    pub fn stopper(&self) -> Stopper {
        Stopper(Arc::clone(&self.control))
    }
}

impl<H, F, R> Serving<H, F>
where
    H: FnMut(Frame) -> F,
    F: Future<Output = R>,
    R: IntoResponse,
{
    fn begin(&mut self, call: Call) {
        let make = AssertUnwindSafe(|| Box::pin((self.handler)(call.request)));
        match catch_unwind(make) {
            Ok(future) => self.running.push(Running {
                future,
                reply: call.reply,
            }),
            Err(payload) => reply(&call.reply, Err(Failure::panicked(payload))),
        }
    }
}

fn reply(to: &SyncSender<Outcome>, outcome: Outcome) {
    // There is room for the one reply, and its receiver waits for it.
    let _ = to.try_send(outcome);
}

impl<F, R> Running<F>
where
    F: Future<Output = R>,
    R: IntoResponse,
{
    /// True as long as it is not done.
    fn poll(&mut self, context: &mut Context<'_>) -> bool {
        let poll = AssertUnwindSafe(|| match self.future.as_mut().poll(context) {
            Poll::Pending => None,
            Poll::Ready(response) => Some(response.into_response()),
        });
        let outcome = match catch_unwind(poll) {
            Ok(None) => return true,
            Ok(Some(response)) => response.map(Answer::Bytes).map_err(Failure::Error),
            Err(payload) => Err(Failure::panicked(payload)),
        };
        reply(&self.reply, outcome);
        false
    }
}

// Its futures are pinned in boxes of their own.
impl<H, F> Unpin for Serving<H, F> {}

impl<H, F, R> Future for Serving<H, F>
where
    H: FnMut(Frame) -> F,
    F: Future<Output = R>,
    R: IntoResponse,
{
    type Output = Result<(), Arc<ServerError>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // Whoever blocks this thread until the server has ended would wait for himself.
        self.control.enlist();
        let mut inbox = lock(&self.inbox);
        inbox.waker = Some(context.waker().clone());
        let calls = std::mem::take(&mut inbox.calls);
        drop(inbox);
        for call in calls {
            self.begin(call);
        }
        self.running.retain_mut(|running| running.poll(context));
        match self.control.ended() {
            true => Poll::Ready(self.control.join()),
            false => Poll::Pending,
        }
    }
}

impl<H, F> Drop for Serving<H, F> {
    fn drop(&mut self) {
        let mut inbox = lock(&self.inbox);
        inbox.closed = true;
        let calls = std::mem::take(&mut inbox.calls);
        drop(inbox);
        // The server's threads wait for these replies.
        drop(calls);
        self.running.clear();
        self.control.stop();
        // Nobody polls it, so nobody hears what it ended by.
        let _ = self.control.join();
    }
}
