//! Raw frames from standard input, read into their places.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::fd::AsFd;

use cuframes::FrameLayout;
use program::signals::Signals;

use cuframes_cli::exit::Failure;

use super::Planes;

/// Small rows are read many at a time; large ones go past this buffer.
const BUFFER: usize = 64 * 1024;

/// Standard input, cut into frames.
#[derive(Debug)]
pub struct Input {
    from: BufReader<Interruptible>,
    layout: FrameLayout,
    /// Where frames go that there is no slot for.
    discarded: Vec<u8>,
}

/// A file that is not read any more when a signal has come.
#[derive(Debug)]
struct Interruptible {
    file: File,
    signals: Signals,
}

/// How far reading a frame came.
enum End {
    /// To its end.
    Whole,
    /// The input ended after so many bytes.
    After(usize),
}

impl Input {
    /// Reads frames of this layout, without padding, until a signal comes.
    pub fn new(layout: &FrameLayout, signals: Signals) -> Result<Input, Failure> {
        let stdin = io::stdin().as_fd().try_clone_to_owned();
        let file = File::from(stdin.map_err(Failure::io("open standard input"))?);
        Ok(Input {
            from: BufReader::with_capacity(BUFFER, Interruptible { file, signals }),
            layout: *layout,
            discarded: Vec::new(),
        })
    }

    /// Reads frame `number` into `place`, or past it if there is none. False at the end.
    pub fn next(&mut self, place: Option<&mut dyn Planes>, number: u64) -> Result<bool, Failure> {
        let end = match place {
            Some(place) => self.read(place),
            None => self.discard(),
        };
        match end {
            Ok(End::Whole) => Ok(true),
            Ok(End::After(0)) => Ok(false),
            Ok(End::After(bytes)) => Err(Failure::Truncated {
                whole: number,
                bytes,
                needed: self.layout.packed_size(),
            }),
            Err(error) => {
                self.from.get_ref().signals.check()?;
                Err(Failure::io("read standard input")(error))
            }
        }
    }

    fn read(&mut self, place: &mut dyn Planes) -> io::Result<End> {
        let mut before = 0;
        for plane in 0..self.layout.plane_count {
            let row_bytes = self.layout.plane_row_bytes(plane) as usize;
            let rows = self.layout.plane_rows(plane) as usize;
            let pitch = self.layout.pitch(plane);
            let pixels = place.plane_mut(plane);
            // Rows without padding between them are one row.
            let (rows, row_bytes) = match pitch == row_bytes {
                true => (1, row_bytes * rows),
                false => (rows, row_bytes),
            };
            for row in 0..rows {
                let at = row * pitch;
                let place = pixels.get_mut(at..at + row_bytes).unwrap_or_default();
                let bytes = read_full(&mut self.from, place)?;
                before += bytes;
                if bytes < row_bytes {
                    return Ok(End::After(before));
                }
            }
        }
        Ok(End::Whole)
    }

    fn discard(&mut self) -> io::Result<End> {
        let size = usize::try_from(self.layout.packed_size()).unwrap_or(usize::MAX);
        self.discarded.resize(size, 0);
        let bytes = read_full(&mut self.from, &mut self.discarded)?;
        match bytes == size {
            true => Ok(End::Whole),
            false => Ok(End::After(bytes)),
        }
    }
}

/// Reads until `place` is full or the input ends; the number of bytes read.
fn read_full(from: &mut impl Read, place: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = place.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match from.read(rest) {
            Ok(0) => break,
            Ok(bytes) => filled += bytes,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

impl Read for Interruptible {
    fn read(&mut self, place: &mut [u8]) -> io::Result<usize> {
        let ready = self.signals.wait(Some(self.file.as_fd()), None);
        ready.map_err(io::Error::other)?;
        self.file.read(place)
    }
}
