//! Snapshots: the colours that went in come out, by whatever matrix, range and format.

mod colours;
mod found;
mod stage;
mod trouble;
