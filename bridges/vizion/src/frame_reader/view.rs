//! A frame where it is.

use super::attached::Attached;
use crate::{FrameHeader, ShmError};

/// A frame in its segment, which the writer writes over when it has the next one.
#[derive(Debug)]
pub struct View<'a> {
    name: &'a str,
    segment: &'a Attached,
    header: FrameHeader,
    entered: u32,
    first: *const u8,
}

impl<'a> View<'a> {
    pub(super) fn new(
        name: &'a str,
        segment: &'a Attached,
        header: FrameHeader,
        entered: u32,
        first: *const u8,
    ) -> View<'a> {
        View {
            name,
            segment,
            header,
            entered,
            first,
        }
    }

    /// What the frame is.
    #[must_use]
    pub fn header(&self) -> &FrameHeader {
        &self.header
    }

    /// True if nothing was written over the frame so far: what was computed from it until now is of
    /// this frame alone. False says that it is torn, and has to be thrown away.
    #[must_use]
    pub fn still_valid(&self) -> bool {
        self.segment.is_unchanged(self.entered)
    }

    /// Copies the bytes of the frame that begin at `from`: a row, or a plane. Whether they are of
    /// this frame, [`still_valid`](View::still_valid) tells behind it.
    pub fn copy(&self, from: usize, to: &mut [u8]) -> Result<(), ShmError> {
        let invalid = |why: &str| ShmError::Invalid {
            name: self.name.to_owned(),
            why: why.to_owned(),
        };
        let end = from.checked_add(to.len());
        if end.is_none_or(|end| end > self.header.data_size) {
            return Err(invalid("these bytes are outside of its frame"));
        }
        let at = self.header.data_at + from;
        let copied = self.segment.load(at, to);
        match copied.map_err(ShmError::system("read", self.name))? {
            true => Ok(()),
            false => Err(invalid("somebody has cut it short")),
        }
    }

    /// Where the bytes of the frame are, as many as the header says.
    ///
    /// They may change at any moment, so that no slice can be made of them, unless the writer is known
    /// to wait or to be slow enough. And if somebody cuts the segment short, an access to what is gone
    /// ends this process: [`copy`](View::copy) does not.
    #[must_use]
    pub fn as_ptr(&self) -> *const u8 {
        self.first
    }
}
