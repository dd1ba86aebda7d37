//! Snapshots: the colours that went in come out, by whatever matrix, range and format.

mod colours;
mod stage;
mod trouble;
