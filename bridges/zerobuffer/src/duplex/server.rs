//! Servers, as their users hold them.

use std::io;
use std::ops::Deref;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use super::control::{Control, lock};
use super::delivery::Policy;
use super::error::{IntoDone, IntoResponse, ServerError};
use super::handler::{Handle, Immutable, Mutable};
use super::serve::Server;
use super::server_config::ServerConfig;
use super::watch::{Seen, Signal, Watch};
use super::workers::{ProcessingMode, Workers};
use super::{request_name, response_name};
use crate::{Error, Frame, Reader};

/// What servers of both kinds have in common.
pub struct DuplexServer {
    channel: String,
    config: ServerConfig,
    running: Mutex<Option<Running>>,
}

struct Running {
    control: Arc<Control>,
    serving: Option<JoinHandle<()>>,
}

impl DuplexServer {
    fn new(channel: &str, config: ServerConfig) -> Self {
        DuplexServer {
            channel: channel.to_owned(),
            config,
            running: Mutex::new(None),
        }
    }

    /// Name of the channel.
    pub fn channel(&self) -> &str {
        &self.channel
    }

    /// True while it serves, or waits for a client. False as soon as it has ended, by whatever.
    pub fn is_running(&self) -> bool {
        self.control().is_some_and(|control| !control.ended())
    }

    /// Stops it, and waits until it has ended: its buffer is gone then. Requests whose handlers
    /// have begun are still answered. In a thread that runs a handler or a
    /// callback, or polls its future, it only asks for the end.
    pub fn stop(&self) {
        let Some(control) = self.control() else {
            return;
        };
        control.stop();
        if control.is_own_thread() {
            return;
        }
        // What it ended by stays there to be asked for.
        let _ = control.join();
        let serving = lock(&self.running).as_mut().and_then(|r| r.serving.take());
        if let Some(serving) = serving {
            // It has caught its own panics.
            let _ = serving.join();
        }
    }

    /// Waits until it has ended. An error is what it ended by; [`stop`](Self::stop) is none.
    pub fn join(&self) -> Result<(), Arc<ServerError>> {
        self.control().map_or(Ok(()), |control| control.join())
    }

    /// The last error since it was started, whether it ended the server or not.
    pub fn last_error(&self) -> Option<Arc<ServerError>> {
        self.control()?.last_error()
    }

    fn control(&self) -> Option<Arc<Control>> {
        let running = lock(&self.running);
        running.as_ref().map(|running| Arc::clone(&running.control))
    }

    fn start(
        &self,
        handler: Arc<dyn Handle>,
        mode: ProcessingMode,
    ) -> Result<Arc<Control>, ServerError> {
        let mut running = lock(&self.running);
        if running.as_ref().is_some_and(|r| !r.control.ended()) {
            return Err(ServerError::Running {
                channel: self.channel.clone(),
            });
        }
        let started = self.launch(&handler, mode)?;
        let control = Arc::clone(&started.control);
        *running = Some(started);
        Ok(control)
    }

    fn launch(&self, handler: &Arc<dyn Handle>, mode: ProcessingMode) -> crate::Result<Running> {
        let requests = Reader::create(&request_name(&self.channel), &self.config.buffer)?;
        let signal = Signal::new().map_err(|why| self.refused("making an eventfd", why))?;
        let control = Arc::new(Control::new(requests.waker(), signal));
        let workers = Workers::new(mode, handler, &control);
        let server = Server {
            workers: workers.map_err(|why| self.refused("starting a worker thread", why))?,
            requests,
            response_name: response_name(&self.channel),
            policy: Arc::new(Policy {
                correlation: self.config.correlation,
                on_error: self.config.on_error.clone(),
                control: Arc::clone(&control),
            }),
            on_init: self.config.on_init.clone(),
            last: None,
        };
        let ending = Ending(Arc::clone(&control));
        // Watched before the server looks, so that no client is missed.
        let watching = watch_clients(&server.response_name, &control)
            .map_err(|why| self.refused("starting a thread", why))?;
        let serving = thread::Builder::new().name("zb-serve".to_owned());
        let serving = serving.spawn(move || {
            ending.0.enlist();
            server.run();
            ending.0.stop();
            // It has nothing to panic about.
            let _ = watching.join();
        });
        Ok(Running {
            control,
            serving: Some(serving.map_err(|why| self.refused("starting a thread", why))?),
        })
    }

    fn refused(&self, doing: &str, source: io::Error) -> Error {
        Error::System {
            name: self.channel.clone(),
            doing: doing.to_owned(),
            source,
        }
    }
}

impl Drop for DuplexServer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Tells the end, also if the thread that it is in panics or never starts.
struct Ending(Arc<Control>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.stop();
        self.0.end();
    }
}

/// Tells the server of response buffers that come and go, until it stops.
fn watch_clients(name: &str, control: &Arc<Control>) -> io::Result<JoinHandle<()>> {
    let watch = Watch::new(name);
    let control = Arc::clone(control);
    let named = thread::Builder::new().name("zb-watch".to_owned());
    named.spawn(move || {
        while watch.wait(None, Some(control.signal())) != Seen::Signal {
            control.changed();
        }
    })
}

/// A server that answers requests with new bytes.
///
/// Made by [`DuplexChannelFactory`](super::DuplexChannelFactory).
pub struct ImmutableDuplexServer(DuplexServer);

impl ImmutableDuplexServer {
    pub(super) fn new(channel: &str, config: ServerConfig) -> Self {
        ImmutableDuplexServer(DuplexServer::new(channel, config))
    }

    /// Serves from now on, in threads of its own. When this returns, clients can connect.
    pub fn start<H, R>(&self, handler: H, mode: ProcessingMode) -> Result<(), ServerError>
    where
        H: Fn(&Frame) -> R + Send + Sync + 'static,
        R: IntoResponse + 'static,
    {
        self.start_handle(Arc::new(Immutable(handler)), mode)
            .map(drop)
    }

    pub(super) fn start_handle(
        &self,
        handler: Arc<dyn Handle>,
        mode: ProcessingMode,
    ) -> Result<Arc<Control>, ServerError> {
        self.0.start(handler, mode)
    }
}

impl Deref for ImmutableDuplexServer {
    type Target = DuplexServer;

    fn deref(&self) -> &DuplexServer {
        &self.0
    }
}

/// A server whose handler changes the request in place; the changed bytes are the response. They
/// are copied once, from the ring of the requests into that of the responses.
///
/// Made by [`DuplexChannelFactory`](super::DuplexChannelFactory).
pub struct MutableDuplexServer(DuplexServer);

impl MutableDuplexServer {
    pub(super) fn new(channel: &str, config: ServerConfig) -> Self {
        MutableDuplexServer(DuplexServer::new(channel, config))
    }

    /// Serves from now on, in threads of its own. When this returns, clients can connect.
    pub fn start<H, R>(&self, handler: H, mode: ProcessingMode) -> Result<(), ServerError>
    where
        H: Fn(&mut Frame) -> R + Send + Sync + 'static,
        R: IntoDone + 'static,
    {
        self.0.start(Arc::new(Mutable(handler)), mode).map(drop)
    }
}

impl Deref for MutableDuplexServer {
    type Target = DuplexServer;

    fn deref(&self) -> &DuplexServer {
        &self.0
    }
}
