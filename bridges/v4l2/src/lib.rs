//! What a V4L2 camera is asked: the requests of `linux/videodev2.h` as safe functions.
//!
//! A [`Node`] is a device. Its [`Buffers`] are where the driver writes pictures: exported as DMA-BUFs,
//! or, in a [`Queue`], mapped.

#[allow(unsafe_code)]
mod sys;

pub use sys::*;
