//! Consumers against an engine that does what a test tells it, over real sockets and memfds.

mod bad_input;
mod connecting;
mod frames;
mod returns;
mod support;
