//! The thread that has the listeners.

mod accepting;

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::message::DetectionMessage;
use crate::socket::{self, Connection, Received, SendError};

use super::queue::{Body, Queue};
use super::{GatewayCounts, GatewayOptions, lock};

/// What the gateway and its thread share.
#[derive(Debug)]
pub struct Shared {
    state: Mutex<State>,
    bell: OwnedFd,
    capacity: usize,
}

#[derive(Debug, Default)]
struct State {
    listeners: Vec<Ear>,
    counts: GatewayCounts,
    is_over: bool,
}

/// One listener.
#[derive(Debug)]
struct Ear {
    connection: Arc<Connection>,
    queue: Queue,
}

impl Shared {
    pub fn new(bell: OwnedFd, capacity: usize) -> Shared {
        let state = Mutex::default();
        Shared {
            state,
            bell,
            capacity,
        }
    }

    pub fn publish(&self, message: &DetectionMessage) {
        // Nobody pays for what nobody hears.
        if self.heard_by_nobody() {
            return;
        }
        let mut body = DetectionMessage {
            lost: 0,
            ..message.clone()
        }
        .to_json();
        body.pop();
        let body = Body::from(body);
        let mut state = lock(&self.state);
        let State {
            listeners, counts, ..
        } = &mut *state;
        counts.published += 1;
        for ear in listeners {
            counts.lost += ear.queue.push(&body);
        }
        drop(state);
        self.ring();
    }

    fn heard_by_nobody(&self) -> bool {
        let mut state = lock(&self.state);
        let is_empty = state.listeners.is_empty();
        state.counts.published += u64::from(is_empty);
        is_empty
    }

    pub fn counts(&self) -> GatewayCounts {
        let state = lock(&self.state);
        let waiting = state.listeners.iter().map(|ear| ear.queue.len() as u64);
        GatewayCounts {
            waiting: waiting.sum(),
            listeners: state.listeners.len(),
            ..state.counts
        }
    }

    pub fn stop(&self) {
        lock(&self.state).is_over = true;
        self.ring();
    }

    fn ring(&self) {
        // It can only be full, and then it rings.
        let _ = rustix::io::write(&self.bell, &1u64.to_ne_bytes());
    }
}

/// The thread's side.
#[derive(Debug)]
pub struct Fan {
    listener: socket::Listener,
    options: GatewayOptions,
    shared: Arc<Shared>,
    /// Until when nobody is accepted.
    paused: Option<Instant>,
    /// Somebody waits who could not be accepted.
    is_short: bool,
    /// What listeners say goes here, and no further.
    heard: Vec<u8>,
}

/// What the kernel says of a listener.
#[derive(Clone, Copy, Debug)]
struct Ready {
    may_be_gone: bool,
    is_writable: bool,
}

impl Fan {
    pub fn new(listener: socket::Listener, options: GatewayOptions, shared: Arc<Shared>) -> Fan {
        Fan {
            listener,
            options,
            shared,
            paused: None,
            is_short: false,
            heard: vec![0; 4096],
        }
    }

    /// Until the gateway is dropped.
    pub fn run(mut self) {
        loop {
            let (ears, is_over) = self.ears();
            if is_over {
                return self.flush(&ears);
            }
            let Some((is_called, ready)) = self.wait(&ears) else {
                return;
            };
            for ((connection, _), ready) in ears.iter().zip(ready) {
                let is_gone = ready.may_be_gone && self.is_gone(connection);
                if is_gone || (ready.is_writable && !self.send_one(connection)) {
                    self.forget(connection);
                }
            }
            if is_called {
                self.accept();
            }
        }
    }

    /// The listeners, and for each if something waits for it; and whether all is over.
    fn ears(&self) -> (Vec<(Arc<Connection>, bool)>, bool) {
        let state = lock(&self.shared.state);
        let ears = state.listeners.iter();
        let ears = ears.map(|ear| (Arc::clone(&ear.connection), ear.queue.len() > 0));
        (ears.collect(), state.is_over)
    }

    /// Waits until somebody calls, a listener can be sent to or is gone, or there is something to
    /// send. A listener's socket polls writable when it holds a quarter of what it can, so that the
    /// newest are not behind all of that.
    fn wait(&mut self, ears: &[(Arc<Connection>, bool)]) -> Option<(bool, Vec<Ready>)> {
        let calls = match self.paused {
            Some(_) => PollFlags::empty(),
            None => PollFlags::IN,
        };
        let fd = |fd, flags| PollFd::from_borrowed_fd(fd, flags);
        let mut fds = vec![
            fd(self.shared.bell.as_fd(), PollFlags::IN),
            fd(self.listener.as_fd(), calls),
        ];
        fds.extend(ears.iter().map(|(connection, has_mail)| {
            let out = if *has_mail {
                PollFlags::OUT
            } else {
                PollFlags::empty()
            };
            fd(connection.as_fd(), PollFlags::IN | out)
        }));
        let left = self
            .paused
            .map(|end| end.saturating_duration_since(Instant::now()));
        let left = left.and_then(|left| Timespec::try_from(left).ok());
        match poll(&mut fds, left.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            // Without memory for a poll nothing goes on; listeners see the end.
            Err(_) => return None,
        }
        let happened: Vec<PollFlags> = fds.iter().map(PollFd::revents).collect();
        drop(fds);
        drain(self.shared.bell.as_fd());
        if self.paused.is_some_and(|end| end <= Instant::now()) {
            self.paused = None;
        }
        let ready = happened.iter().skip(2).map(|flags| Ready {
            may_be_gone: flags.intersects(PollFlags::IN | PollFlags::HUP | PollFlags::ERR),
            is_writable: flags.contains(PollFlags::OUT),
        });
        let is_called = happened.get(1).is_some_and(|flags| !flags.is_empty());
        Some((is_called, ready.collect()))
    }

    /// Reads what a listener says, which nobody has asked for.
    fn is_gone(&mut self, connection: &Connection) -> bool {
        match connection.receive(&mut self.heard) {
            Ok(Received::Packet(_) | Received::Nothing) => false,
            Ok(Received::Closed) | Err(_) => true,
        }
    }

    /// Sends the oldest message; false if the listener is gone.
    fn send_one(&self, connection: &Arc<Connection>) -> bool {
        let Some(outgoing) = self.with(connection, |queue, _| queue.take()).flatten() else {
            return true;
        };
        let sent = connection.send(&outgoing.packet(), &[]);
        let is_there = !matches!(sent, Err(SendError::Gone | SendError::System(_)));
        self.with(connection, |queue, counts| match sent {
            Ok(()) => counts.sent += 1,
            Err(SendError::Full) => counts.lost += queue.put_back(outgoing),
            Err(_) => counts.lost += queue.lose(&outgoing),
        });
        is_there
    }

    /// Does something with the queue of a listener.
    fn with<T>(
        &self,
        connection: &Arc<Connection>,
        work: impl FnOnce(&mut Queue, &mut GatewayCounts) -> T,
    ) -> Option<T> {
        let mut state = lock(&self.shared.state);
        let State {
            listeners, counts, ..
        } = &mut *state;
        let mut ears = listeners.iter_mut();
        let ear = ears.find(|ear| Arc::ptr_eq(&ear.connection, connection));
        ear.map(|ear| work(&mut ear.queue, counts))
    }

    fn forget(&self, connection: &Arc<Connection>) {
        let mut state = lock(&self.shared.state);
        let place = state.listeners.iter();
        let mut place = place.map(|ear| Arc::ptr_eq(&ear.connection, connection));
        if let Some(place) = place.position(|is_it| is_it) {
            let ear = state.listeners.swap_remove(place);
            state.counts.lost += ear.queue.len() as u64;
        }
    }

    /// What the sockets still take.
    fn flush(&self, ears: &[(Arc<Connection>, bool)]) {
        for (connection, _) in ears {
            let waiting = || self.with(connection, |queue, _| queue.len());
            let mut before = usize::MAX;
            while let Some(left) = waiting().filter(|&left| left > 0 && left < before) {
                before = left;
                self.send_one(connection);
            }
            self.forget(connection);
        }
    }
}

fn drain(bell: BorrowedFd<'_>) {
    // Nothing to read is as good.
    let _ = rustix::io::read(bell, &mut [0; 8]);
}
