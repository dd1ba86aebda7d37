//! The program as people start it: real processes, each test with buffers of its own.

mod ends;
mod look;
mod options;
mod quick_start;
mod relay;
mod support;
mod write_read;
