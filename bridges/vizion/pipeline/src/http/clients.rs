//! Those who connect.

use std::io::{self, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use gst::prelude::*;
use gst_rtsp_server::gio;

use super::request::{self, Wish};

/// Clients that may be about to ask at a time; the ones beyond are closed.
const MAX_ASKING: usize = 64;
/// For the few bytes of an answer's head.
const PATIENCE: Duration = Duration::from_secs(5);

/// Answers those who connect, and passes them on to the sink that sends the frames.
#[derive(Clone, Debug)]
pub struct Clients {
    sink: gst::glib::WeakRef<gst::Element>,
    boundary: Arc<str>,
    asking: Arc<AtomicUsize>,
}

impl Clients {
    /// Clients of `sink`, whose parts are told apart by `boundary`.
    pub fn new(sink: &gst::Element, boundary: &str) -> Clients {
        Clients {
            sink: sink.downgrade(),
            boundary: boundary.into(),
            asking: Arc::default(),
        }
    }

    /// Accepts them on a thread of its own as long as the process lives.
    pub fn accept(self, listener: TcpListener) -> io::Result<()> {
        let thread = thread::Builder::new().name("http".to_owned());
        thread.spawn(move || {
            for client in listener.incoming() {
                match client {
                    Ok(client) => self.answer_aside(client),
                    // Out of descriptors: whoever has one gives it back some time.
                    Err(_) => thread::sleep(Duration::from_millis(100)),
                }
            }
        })?;
        Ok(())
    }

    /// On a thread of the client's, so that a silent one costs nobody anything.
    fn answer_aside(&self, client: TcpStream) {
        let before = self.asking.fetch_add(1, Ordering::Relaxed);
        let clients = self.clone();
        let thread = thread::Builder::new().name("http client".to_owned());
        let started = (before < MAX_ASKING).then(|| {
            thread.spawn(move || {
                // A client that goes away while it asks is nothing to be told.
                let _ = clients.answer(client);
                clients.asking.fetch_sub(1, Ordering::Relaxed);
            })
        });
        if !matches!(started, Some(Ok(_))) {
            self.asking.fetch_sub(1, Ordering::Relaxed);
        }
    }

    fn answer(&self, mut client: TcpStream) -> io::Result<()> {
        client.set_write_timeout(Some(PATIENCE))?;
        let timed = client.try_clone()?;
        let wish = request::read(&mut client, |limit| timed.set_read_timeout(Some(limit)))?;
        let answer = match wish {
            Wish::Frames | Wish::Head => request::head(&self.boundary),
            Wish::Other(status) => request::refusal(status),
        };
        client.write_all(answer.as_bytes())?;
        if wish == Wish::Frames
            && let Some(sink) = self.sink.upgrade()
        {
            client.set_nonblocking(true)?;
            let socket = gio::Socket::from_fd(OwnedFd::from(client)).map_err(io::Error::other)?;
            sink.emit_by_name::<()>("add", &[&socket]);
        }
        Ok(())
    }
}
