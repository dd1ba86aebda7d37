//! The door to a driver: structures of `linux/videodev2.h`, its requests, and mapped buffers.
//!
//! The invariants that `unsafe` here relies on:
//! - V1: a [`Node`] is open on a device of the kernel's video subsystem, which knows every request
//!   of [`requests`] by number and size and reads and writes that structure and nothing else.
//! - V2: a structure that can hold an address is made here, and holds none or one of memory that
//!   outlives the request.
//! - V3: the driver writes to a buffer only from `VIDIOC_QBUF` to `VIDIOC_DQBUF`. Whoever may open
//!   the device is trusted not to write into its buffers.
//! - V4: a descriptor that a request made belongs to whoever made the request.

mod buffers;
// The fields' names are the header's, and so is what is to be known of them.
#[allow(missing_docs)]
mod layout;
mod map;
mod node;
mod queue;
mod requests;
#[cfg(test)]
mod tests;

pub use buffers::{Buffers, Filled};
pub use layout::{
    CAPTURE, CAPTURE_MPLANE, Capability, ControlQuery, ControlValue, FormatDescription, Fraction,
    FrameInterval, FrameSize, MenuQuery, PictureFormat, PlanesFormat, StreamParameters,
};
pub use node::Node;
pub use queue::Queue;
pub use requests::{
    enumerate_format, enumerate_interval, enumerate_size, get_control, get_parameters,
    get_picture_format, get_planes_format, query_capability, query_control, query_menu,
    set_control, set_parameters, set_picture_format, set_planes_format,
};
