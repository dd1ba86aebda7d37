//! A simulated `libnvcuvid.so.1`: NVIDIA's video decoder, for machines without a GPU.
//!
//! It decodes nothing. A picture's pixels are noise that follows from its compressed bytes
//! (`picture`), painted into device memory of the driver below (`driver`), in the order of the
//! stream that the caller names, and overwritten when the caller gives the surface back.
//!
//! Seven calls have substance for a program with a parser of its own (`decoder`, `caps`); with
//! `parser` and `h264` the library also cuts an H.264 stream into pictures. Video sources,
//! interlaced streams and the parsers of other codecs are refused as `NOT_SUPPORTED`.

#![allow(unsafe_code, reason = "an interface of C")]

mod abi;
mod calls;
mod caps;
mod decoder;
mod driver;
mod faults;
mod h264;
mod handles;
mod lock;
mod parser;
mod picture;
