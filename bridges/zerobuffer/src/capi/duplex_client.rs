//! Clients of duplex channels.

use std::ffi::{c_char, c_int, c_void};
use std::ptr;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use crate::duplex::{ClientConfig, DuplexClient};
use crate::frame_buffer::Lent;

use super::config::{self, timeout, zerobuffer_config_t};
use super::error::{Failure, guard, guard_value, refuse, zerobuffer_error_t::*};
use super::frame::{self, zerobuffer_frame_t};
use super::handles::{self, Object, Table};
use super::memory;

/// The client of a duplex channel: sends requests and receives responses. One thread may send
/// while another receives.
pub struct zerobuffer_duplex_client_t(());

struct Client {
    client: DuplexClient,
    /// The place of a request that is being made; nothing else is sent meanwhile.
    lent: Mutex<Option<Lent>>,
}

impl Object for Client {
    type Handle = zerobuffer_duplex_client_t;
    const KIND: usize = 4;
    const NAME: &'static str = "duplex client";

    fn table() -> &'static Table<Self> {
        static TABLE: LazyLock<Table<Client>> = LazyLock::new(handles::empty);
        &TABLE
    }
}

impl Client {
    fn lent(&self) -> MutexGuard<'_, Option<Lent>> {
        self.lent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The right to send, unless a request is being made.
    fn sending(&self) -> Result<MutexGuard<'_, Option<Lent>>, Failure> {
        let lent = self.lent();
        match *lent {
            None => Ok(lent),
            Some(_) => refuse("a request of this client is being made; commit or abandon it first"),
        }
    }
}

/// Asks the client of `handle`; a negative error number if there is none.
fn ask(
    handle: *mut zerobuffer_duplex_client_t,
    answer: impl FnOnce(&DuplexClient) -> c_int,
) -> c_int {
    guard_value(
        || Ok(answer(&handles::get::<Client>(handle)?.client)),
        |code| code,
    )
}

/// Connects to a channel, whose server is waited for.
///
/// config: of the response buffer, which is created; NULL for the defaults. timeout_ms: how long
/// to wait for the server. out: the new client, NULL on failure; end it with
/// zerobuffer_duplex_client_destroy().
/// Errors: BUFFER_NOT_FOUND, READER_DEAD: no server. NOT_READY: it serves another client.
/// WRITER_ALREADY_CONNECTED: the channel has a client.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zerobuffer_duplex_client_connect(
    channel: *const c_char,
    config: *const zerobuffer_config_t,
    timeout_ms: i32,
    out: *mut *mut zerobuffer_duplex_client_t,
) -> c_int {
    guard(|| {
        // SAFETY: C1: passed on.
        let out = unsafe { memory::out(out, "out") }?;
        let handle = out.write(ptr::null_mut());
        // SAFETY: C1: passed on.
        let channel = unsafe { memory::text(channel, "channel") }?;
        // SAFETY: C1: passed on.
        let responses = unsafe { config::read(config) }?;
        let config = ClientConfig::from(responses).connect_timeout(timeout(timeout_ms));
        *handle = handles::insert(Client {
            client: DuplexClient::connect(channel, &config)?,
            lent: Mutex::new(None),
        })?;
        Ok(())
    })
}

/// Ends a client. Responses that are held stay valid until they are released.
#[unsafe(no_mangle)]
pub extern "C" fn zerobuffer_duplex_client_destroy(
    client: *mut zerobuffer_duplex_client_t,
) -> c_int {
    guard(|| handles::remove::<Client>(client))
}

/// Says what the requests are, once in the life of their buffer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zerobuffer_duplex_client_set_metadata(
    client: *mut zerobuffer_duplex_client_t,
    data: *const c_void,
    size: usize,
) -> c_int {
    guard(|| {
        // SAFETY: C1: passed on.
        let data = unsafe { memory::bytes(data.cast(), size, "data") }?;
        Ok(handles::get::<Client>(client)?.client.set_metadata(data)?)
    })
}

/// Sends a copy of a request.
///
/// out_sequence: its number, which the response will have; may be NULL.
/// Errors: as zerobuffer_writer_write(); READER_DEAD: the server is gone.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zerobuffer_duplex_client_send_request(
    client: *mut zerobuffer_duplex_client_t,
    data: *const c_void,
    size: usize,
    out_sequence: *mut u64,
) -> c_int {
    guard(|| {
        // SAFETY: C1: passed on.
        let data = unsafe { memory::bytes(data.cast(), size, "data") }?;
        let client = handles::get::<Client>(client)?;
        let sending = client.sending()?;
        let sequence = client.client.send_request(data)?;
        drop(sending);
        // SAFETY: C1: passed on.
        unsafe { memory::offer(out_sequence, sequence) };
        Ok(())
    })
}

/// Lends space in the ring for a request, to be made there.
///
/// out_data: size bytes, lent until zerobuffer_duplex_client_commit_request() or
/// zerobuffer_duplex_client_abandon_request(); until then everything else that sends is
/// INVALID_ARGUMENT. out_sequence: the number of the request; may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zerobuffer_duplex_client_acquire_request_buffer(
    client: *mut zerobuffer_duplex_client_t,
    size: usize,
    out_data: *mut *mut c_void,
    out_sequence: *mut u64,
) -> c_int {
    guard(|| {
        // SAFETY: C1: passed on.
        let out = unsafe { memory::out(out_data, "out_data") }?;
        let address = out.write(ptr::null_mut());
        let client = handles::get::<Client>(client)?;
        let mut lent = client.sending()?;
        let mut request = client.client.acquire_request_buffer(size)?;
        *address = request.as_mut_ptr().cast();
        // SAFETY: C1: passed on.
        unsafe { memory::offer(out_sequence, request.sequence()) };
        *lent = Some(request.suspend());
        Ok(())
    })
}

/// Sends the request that was made in the lent space.
#[unsafe(no_mangle)]
pub extern "C" fn zerobuffer_duplex_client_commit_request(
    client: *mut zerobuffer_duplex_client_t,
) -> c_int {
    guard(|| {
        let client = handles::get::<Client>(client)?;
        let mut lent = client.lent();
        match lent.take() {
            Some(place) => client.client.resume_request(place).commit(),
            None => return refuse("no request of this client is being made"),
        };
        Ok(())
    })
}

/// Gives the lent space up; nothing is sent.
#[unsafe(no_mangle)]
pub extern "C" fn zerobuffer_duplex_client_abandon_request(
    client: *mut zerobuffer_duplex_client_t,
) -> c_int {
    guard(|| match handles::get::<Client>(client)?.lent().take() {
        Some(_) => Ok(()),
        None => refuse("no request of this client is being made"),
    })
}

/// The next response, in the order of the requests, in place.
///
/// out: the response, NULL on failure; give it back with zerobuffer_frame_release().
/// out_request: the number of the request that it answers; may be NULL.
/// Errors: TIMEOUT: none came. WRITER_DEAD: the server is gone, and all its responses are
/// received.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zerobuffer_duplex_client_receive_response(
    client: *mut zerobuffer_duplex_client_t,
    timeout_ms: i32,
    out: *mut *mut zerobuffer_frame_t,
    out_request: *mut u64,
) -> c_int {
    guard(|| {
        // SAFETY: C1: passed on.
        let out = unsafe { memory::out(out, "out") }?;
        let handle = out.write(ptr::null_mut());
        let client = handles::get::<Client>(client)?;
        let response = client.client.receive_response(timeout(timeout_ms))?;
        let none = Failure::Own(ZEROBUFFER_ERR_TIMEOUT, "no response came in time");
        let response = response.ok_or(none)?;
        // SAFETY: C1: passed on.
        unsafe { memory::offer(out_request, response.sequence()) };
        *handle = frame::lend(response.into_frame())?;
        Ok(())
    })
}

/// Nobody waits for the response to this request any more: it is dropped when it comes.
///
/// Returns: 1, or 0 if no such response is awaited, or an error.
#[unsafe(no_mangle)]
pub extern "C" fn zerobuffer_duplex_client_cancel(
    client: *mut zerobuffer_duplex_client_t,
    request: u64,
) -> c_int {
    ask(client, |client| client.cancel(request).into())
}

/// Whether the server is there. Returns: 1 or 0, or an error.
#[unsafe(no_mangle)]
pub extern "C" fn zerobuffer_duplex_client_is_server_connected(
    client: *mut zerobuffer_duplex_client_t,
) -> c_int {
    ask(client, |client| client.is_server_connected().into())
}
