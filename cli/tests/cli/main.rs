//! The program as people start it: real processes, each test with a run directory of its own.

mod containers;
mod cuda;
mod doctor;
mod ends;
mod frames;
#[cfg(feature = "media")]
mod ingest;
mod options;
mod programs;
#[cfg(feature = "media")]
mod record;
mod reports;
#[cfg(feature = "media")]
mod snapshot;
mod support;
