//! The MD5 of each frame and of all together, which tell two ends that they saw the same.

use md5::{Digest, Md5};
use program::ending::Ending;
use program::output::print;
use serde::Serialize;

/// How many a JSON document lists, as those of the other languages do.
const LISTED: usize = 100;

/// The sum of one frame.
#[derive(Clone, Debug, Serialize)]
pub struct FrameSum {
    /// Which one, from 0 on.
    frame: u64,
    checksum: String,
}

/// Sums of frames whose bytes come piece by piece.
#[derive(Debug, Default)]
pub struct Sums {
    all: Md5,
    frame: Md5,
    done: u64,
    listed: Vec<FrameSum>,
    /// A line for each frame is printed.
    lines: bool,
}

impl Sums {
    /// Sums that are printed as they come, or only listed.
    pub fn new(lines: bool) -> Sums {
        Sums {
            lines,
            ..Sums::default()
        }
    }

    /// Takes the next bytes of a frame.
    pub fn update(&mut self, piece: &[u8]) {
        self.all.update(piece);
        self.frame.update(piece);
    }

    /// The frame has no more.
    pub fn end_frame(&mut self) -> Result<(), Ending> {
        let sum = FrameSum {
            frame: self.done,
            checksum: hex(&std::mem::take(&mut self.frame)),
        };
        self.done += 1;
        if self.lines {
            print(&format!("frame {} {}\n", sum.frame, sum.checksum))?;
        } else if self.listed.len() < LISTED {
            self.listed.push(sum);
        }
        Ok(())
    }

    /// Those of the first frames.
    pub fn listed(&self) -> &[FrameSum] {
        &self.listed
    }

    /// That of all frames, one behind the other.
    pub fn all(&self) -> String {
        hex(&self.all)
    }
}

fn hex(sum: &Md5) -> String {
    let sum = sum.clone().finalize();
    sum.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_frame_and_all() {
        let mut sums = Sums::new(false);
        for piece in [b"a" as &[u8], b"b"] {
            sums.update(piece);
        }
        sums.end_frame().expect("nothing is printed");
        sums.update(b"c");
        sums.end_frame().expect("nothing is printed");
        let listed: Vec<_> = sums
            .listed()
            .iter()
            .map(|sum| sum.checksum.as_str())
            .collect();
        assert_eq!(
            listed,
            [
                "187ef4436122d1cc2f40dc2b92f0eba0",
                "4a8a08f09d37b73795649038408b5f33"
            ]
        );
        assert_eq!(sums.all(), "900150983cd24fb0d6963f7d28e17f72");
    }

    #[test]
    fn only_the_first_are_listed() {
        let mut sums = Sums::new(false);
        for _ in 0..LISTED + 5 {
            sums.end_frame().expect("nothing is printed");
        }
        assert_eq!(sums.listed().len(), LISTED);
    }
}
