//! What a reader looks for in a frame: its size, its bytes and their sum.

use zerobuffer::Frame;

use crate::exit::Failure;
use crate::pattern::{Frames, PIECE, pieces};
use crate::sums::Sums;

/// What is looked for.
pub struct Checks {
    /// Bytes that a frame must have, or 0.
    pub size: u64,
    /// What it must hold.
    pub frames: Option<Frames>,
    /// The sums that are asked for.
    pub sums: Option<Sums>,
    /// Where a piece of a frame is copied to, so that it is fetched from memory once.
    piece: Vec<u8>,
    wrong_content: u64,
    wrong_size: u64,
}

impl Checks {
    /// Nothing is checked yet.
    pub fn new(size: u64, frames: Option<Frames>, sums: Option<Sums>) -> Checks {
        Checks {
            size,
            frames,
            sums,
            piece: vec![0; PIECE],
            wrong_content: 0,
            wrong_size: 0,
        }
    }

    /// Looks at a frame; what is wrong with it is a message.
    pub fn look(&mut self, frame: &Frame) -> Result<Option<String>, Failure> {
        let len = frame.len() as u64;
        let mut told = None;
        if self.size != 0 && len != self.size {
            self.wrong_size += 1;
            told = Some(format!("expected size {}, got {len}", self.size));
        }
        if self.frames.is_none() && self.sums.is_none() {
            return Ok(told);
        }
        let mut same = true;
        for (offset, bytes) in pieces(frame.len()) {
            let piece = &mut self.piece[..bytes];
            frame.copy_range_to(offset, piece);
            if let Some(frames) = &mut self.frames {
                same &= frames.piece(frame.sequence(), offset, bytes) == piece;
            }
            if let Some(sums) = &mut self.sums {
                sums.update(piece);
            }
        }
        if let Some(sums) = &mut self.sums {
            sums.end_frame()?;
        }
        if !same {
            self.wrong_content += 1;
            told.get_or_insert_with(|| "it differs from the pattern".to_owned());
        }
        Ok(told)
    }

    /// Frames that differ from the pattern.
    pub fn wrong_content(&self) -> u64 {
        self.wrong_content
    }

    /// An error if anything was wrong with `all` frames.
    pub fn verdict(&self, all: u64) -> Result<(), Failure> {
        match (self.wrong_content, self.wrong_size) {
            (0, 0) => Ok(()),
            (content, size) => Err(Failure::Wrong { content, size, all }),
        }
    }
}
