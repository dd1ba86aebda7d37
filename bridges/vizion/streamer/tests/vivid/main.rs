//! A V4L2 camera at a real driver, vivid, which makes its own pictures and breaks down when asked
//! to. `ci/vizion_v4l2.sh` runs this in a virtual machine; it needs `/dev/video0` and
//! `/dev/video1` of vivid, the second with more than one piece of memory for a picture, and
//! `v4l2-ctl` as another program that sees and sets the same.

mod controls;
mod formats;
mod loss;
mod pictures;
mod rig;
