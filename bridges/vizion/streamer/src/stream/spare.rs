//! A frame in memory of this process, for when no slot of the key is free, or there is no key.

use vizion::VideoFormat;

use crate::camera::Canvas;

/// Memory for one raw frame.
#[derive(Debug)]
pub struct Spare {
    planes: [Plane; 2],
}

#[derive(Debug, Default)]
struct Plane {
    bytes: Vec<u8>,
    pitch: usize,
}

impl Spare {
    /// A frame of `format`, black or green, without padding.
    pub fn new(format: VideoFormat) -> Spare {
        let plane = |plane| {
            let pitch = format.format.row_bytes(plane, format.width);
            let rows = format.format.rows(plane, format.height);
            Plane {
                bytes: vec![0; pitch * rows],
                pitch,
            }
        };
        Spare {
            planes: [plane(0), plane(1)],
        }
    }
}

impl Canvas for Spare {
    fn plane_mut(&mut self, plane: usize) -> (&mut [u8], usize) {
        match self.planes.get_mut(plane) {
            Some(plane) => (&mut plane.bytes, plane.pitch),
            None => (&mut [], 0),
        }
    }

    fn plane(&self, plane: usize) -> (&[u8], usize) {
        match self.planes.get(plane) {
            Some(plane) => (&plane.bytes, plane.pitch),
            None => (&[], 0),
        }
    }
}
