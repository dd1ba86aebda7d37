//! The program as people start it: real processes, each test with a run directory of its own.

mod bridge;
mod containers;
mod cuda;
mod detections;
mod doctor;
mod ends;
mod formats;
mod frames;
#[cfg(feature = "media")]
mod ingest;
mod lend;
mod options;
mod programs;
#[cfg(feature = "media")]
mod record;
mod reports;
#[cfg(feature = "media")]
mod snapshot;
mod support;
mod vizion;
