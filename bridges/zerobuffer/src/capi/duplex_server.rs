//! Servers of duplex channels.

use std::ffi::{c_char, c_int};
use std::ops::Deref;
use std::ptr;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use crate::BufferConfig;
use crate::duplex::{
    DuplexChannelFactory, DuplexServer, ImmutableDuplexServer, MutableDuplexServer, ProcessingMode,
    ServerError,
};

use super::config::{self, zerobuffer_config_t};
use super::error::{Failure, guard, guard_value, refuse, zerobuffer_error_t::*};
use super::handler::{Handler, User, zerobuffer_immutable_handler_t, zerobuffer_mutable_handler_t};
use super::handles::{self, Object, Table};
use super::memory;

/// The server of a duplex channel, which calls a handler for each request.
pub struct zerobuffer_duplex_server_t(());

struct Server {
    channel: String,
    config: BufferConfig,
    /// What was started last.
    started: Mutex<Option<Arc<Kind>>>,
}

enum Kind {
    Immutable(ImmutableDuplexServer),
    Mutable(MutableDuplexServer),
}

impl Deref for Kind {
    type Target = DuplexServer;

    fn deref(&self) -> &DuplexServer {
        match self {
            Kind::Immutable(server) => server,
            Kind::Mutable(server) => server,
        }
    }
}

impl Object for Server {
    type Handle = zerobuffer_duplex_server_t;
    const KIND: usize = 5;
    const NAME: &'static str = "duplex server";

    fn table() -> &'static Table<Self> {
        static TABLE: LazyLock<Table<Server>> = LazyLock::new(handles::empty);
        &TABLE
    }
}

impl Server {
    fn started(&self) -> Option<Arc<Kind>> {
        let started = self.started.lock();
        started.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn start(
        &self,
        make: impl FnOnce(&str, BufferConfig) -> Result<Kind, ServerError>,
    ) -> Result<(), Failure> {
        let mut started = self.started.lock().unwrap_or_else(PoisonError::into_inner);
        if started.as_ref().is_some_and(|server| server.is_running()) {
            return refuse("this duplex server is running; stop it before it is started again");
        }
        let server = make(&self.channel, self.config.clone()).map_err(failure)?;
        *started = Some(Arc::new(server));
        Ok(())
    }
}

fn failure(error: ServerError) -> Failure {
    match error {
        ServerError::Channel(error) => Failure::Library(error),
        error => Failure::Said(ZEROBUFFER_ERR_HANDLER, error.to_string()),
    }
}

/// The same for an error that the server keeps.
fn kept(error: &ServerError) -> Failure {
    let code = match error {
        ServerError::Channel(error) => error.kind().into(),
        _ => ZEROBUFFER_ERR_HANDLER,
    };
    Failure::Said(code, error.to_string())
}

fn mode(threads: u32) -> ProcessingMode {
    match threads {
        0 => ProcessingMode::SingleThread,
        threads => ProcessingMode::ThreadPool(threads as usize),
    }
}

/// Describes the server of a channel; nothing exists before it is started.
///
/// config: of the request buffer; NULL for the defaults. out: the new server, NULL on failure;
/// end it with zerobuffer_duplex_server_destroy().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zerobuffer_duplex_server_create(
    channel: *const c_char,
    config: *const zerobuffer_config_t,
    out: *mut *mut zerobuffer_duplex_server_t,
) -> c_int {
    guard(|| {
        // SAFETY: C1: passed on.
        let out = unsafe { memory::out(out, "out") }?;
        let handle = out.write(ptr::null_mut());
        // SAFETY: C1: passed on.
        let channel = unsafe { memory::text(channel, "channel") }?;
        // SAFETY: C1: passed on.
        let config = unsafe { config::read(config) }?;
        *handle = handles::insert(Server {
            channel: channel.to_owned(),
            config,
            started: Mutex::new(None),
        })?;
        Ok(())
    })
}

/// Serves from now on: the handler answers requests with new bytes. When this returns, clients
/// can connect.
///
/// threads: 0 calls the handler for one request after the other, more calls it from so many
/// threads; responses keep the order of the requests.
/// Errors: READER_ALREADY_CONNECTED: the channel has a server. INVALID_ARGUMENT: it runs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zerobuffer_duplex_server_start_immutable(
    server: *mut zerobuffer_duplex_server_t,
    handler: zerobuffer_immutable_handler_t,
    user: *mut std::ffi::c_void,
    threads: u32,
) -> c_int {
    guard(|| {
        let Some(call) = handler else {
            return refuse("handler is NULL");
        };
        let handler = Handler::new(call, User(user));
        handles::get::<Server>(server)?.start(|channel, config| {
            let server = DuplexChannelFactory::new().create_immutable_server(channel, config);
            server.start(move |request| handler.answer(request), mode(threads))?;
            Ok(Kind::Immutable(server))
        })
    })
}

/// Serves from now on: the handler changes requests in place, and what it makes of them is the
/// response. Otherwise as zerobuffer_duplex_server_start_immutable().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zerobuffer_duplex_server_start_mutable(
    server: *mut zerobuffer_duplex_server_t,
    handler: zerobuffer_mutable_handler_t,
    user: *mut std::ffi::c_void,
    threads: u32,
) -> c_int {
    guard(|| {
        let Some(call) = handler else {
            return refuse("handler is NULL");
        };
        let handler = Handler::new(call, User(user));
        handles::get::<Server>(server)?.start(|channel, config| {
            let server = DuplexChannelFactory::new().create_mutable_server(channel, config);
            server.start(move |request| handler.change(request), mode(threads))?;
            Ok(Kind::Mutable(server))
        })
    })
}

/// Whether it serves, or waits for a client. Returns: 1 or 0, or an error.
#[unsafe(no_mangle)]
pub extern "C" fn zerobuffer_duplex_server_is_running(
    server: *mut zerobuffer_duplex_server_t,
) -> c_int {
    let running = |server: Arc<Kind>| server.is_running();
    guard_value(
        || {
            Ok(handles::get::<Server>(server)?
                .started()
                .is_some_and(running)
                .into())
        },
        |code| code,
    )
}

/// Stops a server, and waits until it has ended; in a handler it only asks for the end.
#[unsafe(no_mangle)]
pub extern "C" fn zerobuffer_duplex_server_stop(server: *mut zerobuffer_duplex_server_t) -> c_int {
    guard(|| {
        // Not held while it is waited for: others may ask whether it runs.
        let started = handles::get::<Server>(server)?.started();
        if let Some(server) = started {
            server.stop();
        }
        Ok(())
    })
}

/// The last error of a server since it was started, whether it ended it or not.
///
/// Returns: ZEROBUFFER_OK if there was none, HANDLER for one of its handler, or that of its
/// buffers; zerobuffer_last_error() has the sentence.
#[unsafe(no_mangle)]
pub extern "C" fn zerobuffer_duplex_server_error(server: *mut zerobuffer_duplex_server_t) -> c_int {
    guard(|| {
        let started = handles::get::<Server>(server)?.started();
        match started.and_then(|server| server.last_error()) {
            Some(error) => Err(kept(&error)),
            None => Ok(()),
        }
    })
}

/// Stops a server and ends it.
#[unsafe(no_mangle)]
pub extern "C" fn zerobuffer_duplex_server_destroy(
    server: *mut zerobuffer_duplex_server_t,
) -> c_int {
    guard(|| {
        let started = handles::get::<Server>(server)?.started();
        handles::remove::<Server>(server)?;
        if let Some(server) = started {
            server.stop();
        }
        Ok(())
    })
}
