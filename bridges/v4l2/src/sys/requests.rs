//! The requests of `linux/videodev2.h`.

use rustix::io::Errno;
use rustix::ioctl::{Opcode, Updater, ioctl, opcode};

use super::layout::{
    Buffer, BufferExport, BufferRequest, CAPTURE, CAPTURE_MPLANE, Capability, ControlQuery,
    ControlValue, FormatDescription, FrameInterval, FrameSize, MenuQuery, PictureFormat,
    PlanesFormat, StreamParameters,
};
use super::node::Node;

/// Sends a request.
///
/// # Safety
/// `OPCODE` must be a request of the video subsystem whose argument is a `T`, and an address in
/// `argument` must be one that the kernel may use as that request does.
pub(super) unsafe fn request<const OPCODE: Opcode, T>(
    node: &Node,
    argument: &mut T,
) -> Result<(), Errno> {
    loop {
        // SAFETY: the caller vouches for the number and for the type.
        let updater = unsafe { Updater::<OPCODE, T>::new(argument) };
        // SAFETY: V1, and V2 as the caller vouches for it.
        match unsafe { ioctl(node, updater) } {
            Err(Errno::INTR) => {}
            done => return done,
        }
    }
}

macro_rules! requests {
    ($($(#[$doc:meta])* $name:ident, $opcode:ident: $direction:ident, $number:literal, $argument:ty;)*) => {$(
        pub(super) const $opcode: Opcode = opcode::$direction::<$argument>(b'V', $number);

        $(#[$doc])*
        pub fn $name(node: &Node, argument: &mut $argument) -> Result<(), Errno> {
            // SAFETY: V1; V2: nothing in this structure is an address.
            unsafe { request::<$opcode, $argument>(node, argument) }
        }
    )*};
}

requests! {
    /// `VIDIOC_QUERYCAP`.
    query_capability, QUERYCAP: read, 0, Capability;
    /// `VIDIOC_ENUM_FMT`.
    enumerate_format, ENUM_FMT: read_write, 2, FormatDescription;
    /// `VIDIOC_REQBUFS`.
    request_buffers, REQBUFS: read_write, 8, BufferRequest;
    /// `VIDIOC_EXPBUF`.
    export_buffer, EXPBUF: read_write, 16, BufferExport;
    /// `VIDIOC_STREAMON`.
    stream_on, STREAMON: write, 18, i32;
    /// `VIDIOC_STREAMOFF`.
    stream_off, STREAMOFF: write, 19, i32;
    /// `VIDIOC_G_PARM`.
    get_parameters, G_PARM: read_write, 21, StreamParameters;
    /// `VIDIOC_S_PARM`.
    set_parameters, S_PARM: read_write, 22, StreamParameters;
    /// `VIDIOC_G_CTRL`.
    get_control, G_CTRL: read_write, 27, ControlValue;
    /// `VIDIOC_S_CTRL`.
    set_control, S_CTRL: read_write, 28, ControlValue;
    /// `VIDIOC_QUERYCTRL`.
    query_control, QUERYCTRL: read_write, 36, ControlQuery;
    /// `VIDIOC_QUERYMENU`.
    query_menu, QUERYMENU: read_write, 37, MenuQuery;
    /// `VIDIOC_ENUM_FRAMESIZES`.
    enumerate_size, ENUM_FRAMESIZES: read_write, 74, FrameSize;
    /// `VIDIOC_ENUM_FRAMEINTERVALS`.
    enumerate_interval, ENUM_FRAMEINTERVALS: read_write, 75, FrameInterval;
}

/// `VIDIOC_G_FMT` and `VIDIOC_S_FMT`, whose argument could hold an address for other kinds of
/// device than this one, which is therefore set here.
macro_rules! format_requests {
    ($($(#[$doc:meta])* $name:ident, $opcode:ident: $number:literal, $argument:ty, $kind:ident;)*) => {$(
        pub(super) const $opcode: Opcode = opcode::read_write::<$argument>(b'V', $number);

        $(#[$doc])*
        pub fn $name(node: &Node, argument: &mut $argument) -> Result<(), Errno> {
            argument.kind = $kind;
            // SAFETY: V1; V2: for this kind of device nothing in it is an address.
            unsafe { request::<$opcode, $argument>(node, argument) }
        }
    )*};
}

format_requests! {
    /// `VIDIOC_G_FMT` of pictures in one piece.
    get_picture_format, G_FMT: 4, PictureFormat, CAPTURE;
    /// `VIDIOC_S_FMT` of pictures in one piece.
    set_picture_format, S_FMT: 5, PictureFormat, CAPTURE;
    /// `VIDIOC_G_FMT` of pictures in one piece or more.
    get_planes_format, G_FMT_PLANES: 4, PlanesFormat, CAPTURE_MPLANE;
    /// `VIDIOC_S_FMT` of pictures in one piece or more.
    set_planes_format, S_FMT_PLANES: 5, PlanesFormat, CAPTURE_MPLANE;
}

/// Requests about a buffer.
macro_rules! buffer_requests {
    ($($(#[$doc:meta])* $name:ident, $opcode:ident: $number:literal;)*) => {$(
        pub(super) const $opcode: Opcode = opcode::read_write::<Buffer>(b'V', $number);

        $(#[$doc])*
        ///
        /// # Safety
        /// The buffer must be of `MEMORY_MMAP`. Where it is of `CAPTURE_MPLANE`, `m` must be the
        /// address of `length` planes that nobody else uses meanwhile.
        pub(super) unsafe fn $name(node: &Node, buffer: &mut Buffer) -> Result<(), Errno> {
            // SAFETY: V1; V2: the caller vouches for the address.
            unsafe { request::<$opcode, Buffer>(node, buffer) }
        }
    )*};
}

buffer_requests! {
    /// `VIDIOC_QUERYBUF`.
    query_buffer, QUERYBUF: 9;
    /// `VIDIOC_QBUF`.
    queue_buffer, QBUF: 15;
    /// `VIDIOC_DQBUF`.
    dequeue_buffer, DQBUF: 17;
}
