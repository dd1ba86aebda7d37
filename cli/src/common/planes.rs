//! Where a frame is drawn: in its slot, or, for a slot on a GPU, beside it.

use cuframes::{FrameLayout, WritableFrame};

/// Planes that can be written, with the pitches of their layout.
pub trait Planes {
    /// All bytes of `plane`; empty for one that is not there.
    fn plane_mut(&mut self, plane: usize) -> &mut [u8];
}

impl Planes for WritableFrame<'_> {
    fn plane_mut(&mut self, plane: usize) -> &mut [u8] {
        WritableFrame::plane_mut(self, plane)
    }
}

/// A frame in memory of our own, to be copied to a GPU.
#[derive(Debug)]
pub struct Staging {
    planes: Vec<Vec<u8>>,
    pitches: Vec<usize>,
}

impl Staging {
    /// Room for frames of `layout`.
    pub fn new(layout: &FrameLayout) -> Staging {
        let planes = 0..layout.plane_count;
        Staging {
            planes: planes
                .clone()
                .map(|plane| vec![0; layout.plane_bytes(plane)])
                .collect(),
            pitches: planes.map(|plane| layout.pitch(plane)).collect(),
        }
    }

    /// Each plane with its pitch.
    pub fn planes(&self) -> Vec<(&[u8], usize)> {
        let planes = self.planes.iter().map(Vec::as_slice);
        planes.zip(self.pitches.iter().copied()).collect()
    }
}

impl Planes for Staging {
    fn plane_mut(&mut self, plane: usize) -> &mut [u8] {
        self.planes
            .get_mut(plane)
            .map_or(&mut [], Vec::as_mut_slice)
    }
}
