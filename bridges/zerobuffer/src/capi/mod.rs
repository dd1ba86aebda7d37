//! The C API: conversions, handles and panic guards around the Rust API. No logic.
//!
//! `include/zerobuffer/zerobuffer.h` is generated from here, so the items of this module carry
//! the names and the documentation of the header. Rust programs have no use for it.
//!
//! Nothing unwinds into C: a panic is caught and becomes `ZEROBUFFER_ERR_SYSTEM`. Handles are
//! keys of a table and never dereferenced; every other pointer is read and written in `memory`.
//! `SAFETY` comments cite the invariant
//!
//! - **C1** A pointer from C is NULL, which is looked for, or points to what the header says, for
//!   the length of the call; a callback is what the header says, as long as it may be called.

// The names are those of C, and what a function asks of its caller is said in the language of
// the header, where a section "Safety" would mean nothing.
#![allow(non_camel_case_types, clippy::missing_safety_doc)]

mod config;
mod duplex_client;
mod duplex_server;
mod error;
mod frame;
mod handler;
mod handles;
mod inspect;
mod lending;
mod memory;
mod reader;
mod version;
mod writer;

pub use config::*;
pub use duplex_client::*;
pub use duplex_server::*;
pub use error::{zerobuffer_error_t, zerobuffer_last_error, zerobuffer_strerror};
pub use frame::*;
pub use handler::{
    zerobuffer_handler_error, zerobuffer_immutable_handler_t, zerobuffer_mutable_handler_t,
    zerobuffer_response_set, zerobuffer_response_t,
};
pub use inspect::*;
pub use reader::*;
pub use version::*;
pub use writer::*;
