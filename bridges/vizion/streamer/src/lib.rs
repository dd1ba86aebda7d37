//! The camera daemon `vizion-streamer`: its parts, for its tests and benches.

pub mod camera;
mod clock;
mod commands;
mod desk;
mod jpeg;
pub mod pipeline;
mod program;
pub mod server;
pub mod stream;
pub mod streamer;
