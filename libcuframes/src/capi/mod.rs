//! The C API: conversions, handles and panic guards around the Rust API. No logic.
//!
//! `include/cuframes/cuframes.h` is generated from here, so the items of this module carry
//! the names and the documentation of the header. Rust programs have no use for it.
//!
//! Nothing unwinds into C: a panic is caught and becomes `CUFRAMES_ERR_SYSTEM`. Handles are
//! keys of a table (I10); every other pointer is read and written in `memory` (I13).

// The names are those of C, and what a function asks of its caller is said in the language of
// the header, where a section "Safety" would mean nothing.
#![allow(non_camel_case_types, clippy::missing_safety_doc)]

mod async_subscriber;
mod callback;
mod cuda;
mod cuda_frame;
mod cuda_probe;
mod cuda_publish;
mod error;
mod format;
mod frame;
mod handles;
mod log;
mod memory;
mod meta;
mod packet_publish;
mod packet_subscribe;
mod packets;
mod publish;
mod publisher;
mod publisher_config;
mod slot;
mod stats;
mod subscriber;
mod subscriber_config;
mod version;

pub use self::log::*;
pub use async_subscriber::*;
pub use cuda::*;
pub use cuda_frame::*;
pub use cuda_probe::*;
pub use cuda_publish::*;
pub use error::{cuframes_error_t, cuframes_last_error, cuframes_strerror};
pub use format::*;
pub use frame::*;
pub use meta::{cuframes_frame_flag_t, cuframes_frame_meta_t, cuframes_stream_info_t};
pub use packet_publish::*;
pub use packet_subscribe::*;
pub use packets::{
    cuframes_codec_t, cuframes_packet_flag_t, cuframes_packet_meta_t, cuframes_packet_ring_t,
    cuframes_packet_start_t, cuframes_packet_t, cuframes_packets_t,
};
pub use publish::*;
pub use publisher::*;
pub use publisher_config::*;
pub use slot::*;
pub use stats::{cuframes_publisher_stats_t, cuframes_subscriber_stats_t};
pub use subscriber::*;
pub use subscriber_config::*;
pub use version::*;
