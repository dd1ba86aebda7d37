//! The requests about controls.

use rustix::io::Errno;

use crate::camera::CameraError;
use crate::camera::v4l2::device::Device;
use v4l2::{ControlQuery, ControlValue, MenuQuery};

/// What has controls: a device, and in tests what behaves as one.
pub trait Driver {
    /// The name of the camera in messages.
    fn camera(&self) -> String;
    /// The error of a request that failed.
    fn failed(&self, what: &str, errno: Errno) -> CameraError;
    /// `VIDIOC_QUERYCTRL`.
    fn query(&self, query: &mut ControlQuery) -> Result<(), Errno>;
    /// `VIDIOC_QUERYMENU`.
    fn query_menu(&self, query: &mut MenuQuery) -> Result<(), Errno>;
    /// `VIDIOC_G_CTRL`.
    fn read(&self, id: u32) -> Result<i32, Errno>;
    /// `VIDIOC_S_CTRL`.
    fn write(&self, id: u32, value: i32) -> Result<(), Errno>;
}

impl Driver for Device {
    fn camera(&self) -> String {
        Device::camera(self)
    }

    fn failed(&self, what: &str, errno: Errno) -> CameraError {
        Device::failed(self, what, errno)
    }

    fn query(&self, query: &mut ControlQuery) -> Result<(), Errno> {
        v4l2::query_control(self.node(), query)
    }

    fn query_menu(&self, query: &mut MenuQuery) -> Result<(), Errno> {
        v4l2::query_menu(self.node(), query)
    }

    fn read(&self, id: u32) -> Result<i32, Errno> {
        let mut value = ControlValue { id, value: 0 };
        v4l2::get_control(self.node(), &mut value)?;
        Ok(value.value)
    }

    fn write(&self, id: u32, value: i32) -> Result<(), Errno> {
        v4l2::set_control(self.node(), &mut ControlValue { id, value })
    }
}
