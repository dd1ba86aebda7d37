//! A writer, and the space of its ring that it has lent to C.

use crate::Writer;
use crate::frame_buffer::Lent;

use super::error::{Failure, refuse};

/// What is lent stays so until it is committed or abandoned: C cannot say that it borrows the
/// writer, which does nothing else meanwhile.
pub(super) struct Lending {
    writer: Writer,
    lent: Option<Lent>,
}

impl Lending {
    pub fn new(writer: Writer) -> Lending {
        Lending { writer, lent: None }
    }

    /// The writer, to be asked.
    pub fn look(&self) -> &Writer {
        &self.writer
    }

    /// The writer, unless some of its ring is lent.
    pub fn writer(&mut self) -> Result<&mut Writer, Failure> {
        match self.lent {
            None => Ok(&mut self.writer),
            Some(_) => refuse("space of this writer is lent; commit or abandon it first"),
        }
    }

    /// Lends space for a frame: its address, and the number that the frame will have.
    pub fn lend(&mut self, size: usize) -> Result<(*mut u8, u64), Failure> {
        let mut space = self.writer()?.buffer(size)?;
        let address = space.as_mut_ptr();
        let lent = space.suspend();
        self.lent = Some(lent);
        Ok((address, lent.sequence()))
    }

    /// Writes what was made in the lent space, and returns its number.
    pub fn commit(&mut self) -> Result<u64, Failure> {
        let lent = self.take()?;
        Ok(lent.resume(self.writer.outlet()).commit())
    }

    /// Ends the loan; nothing is written.
    pub fn take(&mut self) -> Result<Lent, Failure> {
        match self.lent.take() {
            Some(lent) => Ok(lent),
            None => refuse("no space of this writer is lent"),
        }
    }
}
