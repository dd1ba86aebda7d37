//! What a relay does to the bytes of a frame, on their only way from one buffer to the other.

use zerobuffer::{Frame, FrameBuffer};

use crate::args::Transform;
use crate::pattern::{PIECE, pieces};

/// Carries frames over.
pub struct Carrier {
    transform: Transform,
    key: u8,
    /// A piece of a frame on its way; it stays in the processor's cache.
    piece: Vec<u8>,
}

impl Carrier {
    /// With this transform, and the key of an exclusive or.
    pub fn new(transform: Transform, key: u8) -> Carrier {
        Carrier {
            transform,
            key,
            piece: vec![0; PIECE],
        }
    }

    /// Fills `to`, which is as large as `from`.
    pub fn carry(&mut self, from: &Frame, to: &mut FrameBuffer<'_>) {
        let size = from.len();
        for (offset, bytes) in pieces(size) {
            let piece = &mut self.piece[..bytes];
            let target = match self.transform {
                Transform::None => return to.copy_from_frame(from),
                Transform::Xor => {
                    from.copy_range_to(offset, piece);
                    piece.iter_mut().for_each(|byte| *byte ^= self.key);
                    offset
                }
                Transform::Reverse => {
                    from.copy_range_to(offset, piece);
                    piece.reverse();
                    size - offset - bytes
                }
            };
            to.copy_from(target, piece);
        }
    }
}
