//! A CUDA driver without a GPU, for tests of programs that share frames on one.
//!
//! Streams are threads that work later, after a random delay, so that a wait that was left out
//! shows as wrong pixels. Device pointers fault when the host touches them. Handles for other
//! processes are refused where the driver refuses them. Calls fail on demand, and a book of each
//! process tells what it never gave back. The README beside this crate says what it cannot show.

#![allow(
    unsafe_code,
    non_camel_case_types,
    non_snake_case,
    clippy::missing_safety_doc
)]

mod abi;
mod api;
pub mod books;
mod context;
mod copy;
mod device;
mod event;
mod faults;
mod file;
mod fill;
mod kernel;
mod machine;
mod map;
mod memory;
mod names;
mod stream;
mod vmm;
mod world;
