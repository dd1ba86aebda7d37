//! The door to FFmpeg where `ffmpeg-next` has none: opening with options and an interrupt,
//! decoding into memory of ours, looking at pictures, converting them.

#![allow(unsafe_code)]

mod cuda;
mod decoder;
mod number;
mod open;
mod parameters;
mod picture;
mod scale;

pub use cuda::{Gpu, download, pixels_of, rows};
pub use decoder::{Decoder, Place, Threads};
pub use number::of as packet_of;
pub use open::open;
pub use parameters::{bit_rate, delay, headers, new_headers, size, time_bits};
pub use picture::{address, planes};
pub use scale::{Scaler, nearest};
