//! Why there are no pictures of a camera.

use std::io;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

/// Why there are no pictures of a camera.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CameraError {
    /// Not what a camera is called.
    #[error(
        "'{given}' is no camera; use v4l2:/dev/videoN, and behind it ,WIDTHxHEIGHT or ,FORMAT or both, as in v4l2:/dev/video0,1280x720,NV12"
    )]
    Spec {
        /// What was given.
        given: String,
    },
    /// There is no such device.
    #[error("there is no camera '{}'; plug it in, or see which there are by v4l2-ctl --list-devices", .path.display())]
    Missing {
        /// Which.
        path: PathBuf,
    },
    /// This user may not open it.
    #[error("this user may not open '{}'; add the user to the group that owns it, mostly 'video'", .path.display())]
    Denied {
        /// Which.
        path: PathBuf,
    },
    /// A device of another sort.
    #[error("'{}' takes no pictures into memory that it could lend; see which devices do by v4l2-ctl --list-devices", .path.display())]
    NoCamera {
        /// Which.
        path: PathBuf,
    },
    /// Another program has it.
    #[error("another program streams from '{}'; stop that first", .path.display())]
    Busy {
        /// Which.
        path: PathBuf,
    },
    /// It has no such pictures, or none that can be lent.
    #[error("'{}' makes no pictures that are {wanted}; {}", .path.display(), instead(.path, .possible))]
    Format {
        /// Which.
        path: PathBuf,
        /// What it was to make.
        wanted: String,
        /// Of what it can make, what can be lent.
        possible: Vec<String>,
    },
    /// Its driver exports no buffers.
    #[error("the driver of '{}' makes no DMA-BUFs of its buffers: {source}; publish it, as by cuframes publish, and lend the key", .path.display())]
    Export {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It is not there any more.
    #[error("camera '{}' is gone; plug it in again", .path.display())]
    Lost {
        /// Which.
        path: PathBuf,
    },
    /// Something failed.
    #[error("cannot {what} '{}': {source}", .path.display())]
    System {
        /// Which.
        path: PathBuf,
        /// What was to be done.
        what: &'static str,
        /// Why it was not.
        source: io::Error,
    },
}

fn instead(path: &Path, possible: &[String]) -> String {
    let path = path.display();
    match possible {
        [] => {
            "it makes none that can be lent: publish it, as by cuframes publish, and lend the key"
                .to_owned()
        }
        possible => format!(
            "use {}, as in v4l2:{path},{}",
            possible.join(" or "),
            possible[0]
        ),
    }
}

impl CameraError {
    /// Of a request that failed.
    pub(super) fn request(path: &Path, what: &'static str) -> impl FnOnce(Errno) -> CameraError {
        let path = path.to_owned();
        move |errno| match errno {
            Errno::BUSY => CameraError::Busy { path },
            // vb2 says EIO once its queue is broken, which happens before the device is gone.
            Errno::NODEV | Errno::NXIO | Errno::IO => CameraError::Lost { path },
            errno => CameraError::System {
                path,
                what,
                source: errno.into(),
            },
        }
    }

    /// Of a device that cannot be opened.
    pub(super) fn opening(path: &Path) -> impl FnOnce(Errno) -> CameraError {
        let path = path.to_owned();
        move |errno| match errno {
            Errno::NOENT | Errno::NODEV | Errno::NXIO => CameraError::Missing { path },
            Errno::ACCESS | Errno::PERM => CameraError::Denied { path },
            Errno::NOTTY => CameraError::NoCamera { path },
            errno => CameraError::System {
                path,
                what: "open camera",
                source: errno.into(),
            },
        }
    }
}
