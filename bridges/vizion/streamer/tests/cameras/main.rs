//! Cameras that are no devices: keys that other processes publish, and video files.

mod canvas;
mod clip;
mod file;
mod key;
