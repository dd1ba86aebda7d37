//! The server of the control socket, with a handler that needs no camera and real clients.

mod bad_clients;
mod clients;
mod crowd;
mod path;
mod peers;
mod support;
