//! The duplex channel: both sides ours, in one process and in two, and the Python peer in either
//! role.

mod cancelling;
mod channel;
mod clients;
#[cfg(feature = "faults")]
mod controls;
mod correlation;
mod echo;
mod executor;
mod failing;
mod futures;
mod mutable;
mod ordering;
mod processes;
mod python_client;
mod python_server;
mod stopping;
