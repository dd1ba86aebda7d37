//! Bytes and numbers: what lies where in a segment, and which values can be.

#![forbid(unsafe_code)]

mod geometry;
mod names;
mod oieb;

pub use geometry::{Geometry, HEADER_SIZE, frame_bytes};
pub use names::{LOCK_DIR, Names, SHM_DIR, check as check_name};
pub use oieb::{OIEB_SIZE, Oieb, VERSION, field};
