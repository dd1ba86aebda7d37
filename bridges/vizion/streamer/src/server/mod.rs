//! The control socket: one thread that takes requests from many clients and answers them one after
//! the other.
//!
//! A request is answered as soon as its JSON is complete, since there are clients that send neither
//! a newline nor an end; the answer is sent at once and whole, since there are clients that receive
//! just once. Nothing that a client does, or does not do, makes the others wait.

mod client;
mod error;

use std::collections::BTreeSet;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{SocketFlags, SocketType, accept_with};
use socket::{Claimed, claim};
use vizion::control::{Answer, Request};

pub use error::ServerError;
pub use socket::Peer;

use client::Client;

/// Between two tries to accept a client where no descriptor is left.
const SCARCITY: Duration = Duration::from_millis(100);
/// Most bytes that are taken from a client at once.
const SCRATCH: usize = 16 << 10;

/// What answers the requests.
pub trait Handler {
    /// Does what is asked for. Meanwhile nobody else is served.
    fn handle(&mut self, request: &Request, peer: Peer) -> Answer;
}

/// Who may connect, and for how long.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// Mode of the socket's file.
    pub mode: u32,
    /// Users who are served, besides that of this process and root. The mode has to let them
    /// connect, too.
    pub allow_uids: Vec<u32>,
    /// Most clients at a time. One more takes the place of the one that has been silent longest.
    pub max_clients: usize,
    /// How long it has to have been silent for that.
    pub grace: Duration,
    /// How long a client may be silent.
    pub idle: Duration,
}

impl Default for ServerOptions {
    fn default() -> ServerOptions {
        ServerOptions {
            mode: 0o600,
            allow_uids: Vec::new(),
            max_clients: 64,
            grace: Duration::from_millis(100),
            idle: Duration::from_secs(30),
        }
    }
}

/// The socket and its clients. Dropping it removes the socket's file.
#[derive(Debug)]
pub struct Server {
    listener: Claimed,
    options: ServerOptions,
    clients: Vec<Client>,
    /// Until then nobody is accepted, as there is no descriptor left.
    full_until: Option<Instant>,
    /// Users who have been refused, each of which is told about once.
    refused: BTreeSet<u32>,
    scratch: Vec<u8>,
}

impl Server {
    /// Listens at `path`. What a daemon left there that is gone is replaced.
    pub fn bind(path: &Path, options: ServerOptions) -> Result<Server, ServerError> {
        let listener = claim(path, options.mode, SocketType::STREAM)?;
        Ok(Server {
            listener,
            options: ServerOptions {
                max_clients: options.max_clients.max(1),
                ..options
            },
            clients: Vec::new(),
            full_until: None,
            refused: BTreeSet::new(),
            scratch: vec![0; SCRATCH],
        })
    }

    /// Serves until `stop` has something to read.
    pub fn run(
        &mut self,
        handler: &mut dyn Handler,
        stop: BorrowedFd<'_>,
    ) -> Result<(), ServerError> {
        while let Some(heard) = self.wait(stop)? {
            for (client, heard) in self.clients.iter_mut().zip(heard.clients) {
                if heard {
                    client.receive(&mut self.scratch);
                }
            }
            // One request of each, so that a client with many is no burden to the others.
            for client in self.clients.iter_mut().filter(|client| client.is_fresh()) {
                client.serve(handler);
            }
            self.expire();
            if heard.listener {
                self.admit()?;
            }
        }
        Ok(())
    }

    /// Waits until there is something to do. `None` is the end.
    fn wait(&mut self, stop: BorrowedFd<'_>) -> Result<Option<Heard>, ServerError> {
        let now = Instant::now();
        let closed_until = self.closed_until().filter(|until| *until > now);
        let listening = match closed_until {
            None => PollFlags::IN,
            Some(_) => PollFlags::empty(),
        };
        let mut fds = vec![
            PollFd::from_borrowed_fd(stop, PollFlags::IN),
            PollFd::new(&self.listener, listening),
        ];
        fds.extend(
            self.clients
                .iter()
                .map(|client| match client.wants_input() {
                    true => PollFd::new(client, PollFlags::IN),
                    false => PollFd::new(client, PollFlags::empty()),
                }),
        );
        let deadlines = self
            .clients
            .iter()
            .map(|one| one.deadline(self.options.idle));
        let next = deadlines.chain(closed_until).min();
        let left = match self.clients.iter().any(Client::is_fresh) {
            true => Some(Duration::ZERO),
            false => next.map(|next| next.saturating_duration_since(now)),
        };
        let left = left.and_then(|left| Timespec::try_from(left).ok());
        match poll(&mut fds, left.as_ref()) {
            Ok(_) => {}
            Err(Errno::INTR) => return Ok(Some(Heard::default())),
            Err(error) => return Err(self.failed("wait at", error)),
        }
        let mut heard = fds.iter().map(|fd| !fd.revents().is_empty());
        if heard.next() == Some(true) {
            return Ok(None);
        }
        Ok(Some(Heard {
            listener: heard.next() == Some(true),
            clients: heard.collect(),
        }))
    }

    /// When the next client can be accepted, if not now.
    fn closed_until(&self) -> Option<Instant> {
        let full = self.clients.len() >= self.options.max_clients;
        let grace = self.options.grace;
        let expendable = self.clients.iter().map(|one| one.expendable_from(grace));
        let room_at = expendable.min().filter(|_| full);
        self.full_until.max(room_at)
    }

    /// Closes clients that have been silent for too long, and those that are gone.
    fn expire(&mut self) {
        let now = Instant::now();
        for client in &mut self.clients {
            if client.deadline(self.options.idle) <= now && !client.is_fresh() {
                client.expire();
            }
        }
        self.clients.retain(|client| !client.is_gone());
    }

    /// Accepts as many of those who wait as there is room for; if there is none, one in the place
    /// of another.
    fn admit(&mut self) -> Result<(), ServerError> {
        let was_full = self.full_until.take().is_some();
        let mut room = self.options.max_clients - self.clients.len();
        if room == 0 && self.make_room() {
            room = 1;
        }
        while room > 0 {
            match accept_with(&self.listener, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK) {
                Ok(socket) => {
                    self.greet(socket);
                    room -= 1;
                }
                Err(Errno::AGAIN) => break,
                Err(Errno::INTR | Errno::CONNABORTED) => {}
                Err(Errno::MFILE | Errno::NFILE | Errno::NOBUFS | Errno::NOMEM) => {
                    if !self.make_room() {
                        if !was_full {
                            tracing::warn!("no descriptor is left for another client");
                        }
                        self.full_until = Some(Instant::now() + SCARCITY);
                        break;
                    }
                    room = 1;
                }
                Err(error) => return Err(self.failed("accept at", error)),
            }
        }
        Ok(())
    }

    /// Closes the client that has been silent longest, and is false if there is none.
    fn make_room(&mut self) -> bool {
        let (now, grace) = (Instant::now(), self.options.grace);
        let from = |client: &Client| client.expendable_from(grace);
        let mut silent: Vec<usize> = (0..self.clients.len())
            .filter(|index| from(&self.clients[*index]) <= now)
            .collect();
        silent.sort_by_key(|index| from(&self.clients[*index]));
        for index in silent {
            let client = &mut self.clients[index];
            // It may have sent something since it was looked at.
            client.receive(&mut self.scratch);
            if !client.is_fresh() {
                self.clients.remove(index);
                return true;
            }
        }
        false
    }

    fn failed(&self, what: &'static str, error: Errno) -> ServerError {
        let path = self.listener.path().to_owned();
        let source = error.into();
        ServerError::Io { what, path, source }
    }

    fn greet(&mut self, socket: OwnedFd) {
        let Ok(peer) = Peer::of(socket.as_fd()) else {
            return;
        };
        let mut client = Client::new(socket, peer);
        if !peer.is_trusted(&self.options.allow_uids) {
            if self.refused.insert(peer.uid) {
                tracing::warn!("{peer} is not served: only the daemon's user and root are");
            }
            let message = format!(
                "user {} may not control this camera; its owner can allow it",
                peer.uid
            );
            client.refuse(&message, "refused");
        }
        self.clients.push(client);
    }
}

/// Who has something to say.
#[derive(Debug, Default)]
struct Heard {
    listener: bool,
    clients: Vec<bool>,
}
