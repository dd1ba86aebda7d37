//! The door to FFmpeg where `ffmpeg-next` has none: opening with options and an interrupt,
//! decoding into memory of ours, looking at pictures, converting them.

#![allow(unsafe_code)]

mod decoder;
mod open;
mod parameters;
mod picture;
mod scale;

pub use decoder::{Decoder, Threads};
pub use open::open;
pub use parameters::headers;
pub use picture::{address, planes};
pub use scale::{Scaler, nearest};
