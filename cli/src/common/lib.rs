//! What the programs `cuframes` and `cuframes-media` share: arguments, the ways to end, and
//! how things are said. Nothing here knows FFmpeg.

pub mod args;
pub mod connecting;
pub mod exit;
pub mod hearing;
pub mod log;
pub mod planes;
pub mod publishing;
pub mod report;
pub mod summary;
pub mod terminal;
