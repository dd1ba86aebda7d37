//! The door to FFmpeg, where `ffmpeg-next` has none, that several commands share.

#![allow(unsafe_code)]

mod colours;
mod parameters;

pub use colours::set_colours;
pub use parameters::{Size, parameters, size};
