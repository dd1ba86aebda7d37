//! The buffers of a stream, mapped.

use std::sync::Arc;

use rustix::io::Errno;

use super::buffers::{Buffers, Filled};
use super::map::Map;
use super::node::Node;

/// Buffers that are asked for: one is filled and one read, and a late reader has two more.
const BUFFERS: u32 = 4;

/// The buffers of a stream, mapped.
#[derive(Debug)]
pub struct Queue {
    mapped: Vec<Mapped>,
    /// Behind the mappings, which have to go before them.
    buffers: Buffers,
}

/// A buffer, and whether the driver has it.
#[derive(Debug)]
struct Mapped {
    parts: Vec<Map>,
    queued: bool,
}

impl Queue {
    /// Asks for buffers of the format that is set, of `parts` pieces of memory each, and maps
    /// them. `None` for `parts`: the driver knows of one piece only.
    pub fn new(node: Arc<Node>, parts: Option<usize>) -> Result<Queue, Errno> {
        let buffers = Buffers::request(node, parts, BUFFERS)?;
        let map = |index| {
            let parts = buffers.places(index)?;
            let map = |(offset, length)| Map::new(buffers.node(), length, offset);
            Ok(Mapped {
                parts: parts.map(map).collect::<Result<_, Errno>>()?,
                queued: false,
            })
        };
        let mapped = (0..buffers.count()).map(map);
        Ok(Queue {
            mapped: mapped.collect::<Result<_, Errno>>()?,
            buffers,
        })
    }

    /// Hands all buffers to the driver and starts the stream.
    pub fn start(&mut self) -> Result<(), Errno> {
        for index in 0..self.mapped.len() {
            self.give_back(index)?;
        }
        self.buffers.start()
    }

    /// The oldest buffer that is filled; `None` if there is none yet.
    pub fn take(&mut self) -> Result<Option<Filled>, Errno> {
        let Some(filled) = self.buffers.take()? else {
            return Ok(None);
        };
        let mapped = self.mapped.get_mut(filled.index).ok_or(Errno::PROTO)?;
        mapped.queued = false;
        Ok(Some(filled))
    }

    /// Hands a buffer back to the driver.
    pub fn give_back(&mut self, index: usize) -> Result<(), Errno> {
        let mapped = self.mapped.get_mut(index).ok_or(Errno::INVAL)?;
        mapped.queued = true;
        self.buffers.give(index)
    }

    /// What the driver wrote into a piece of a buffer; empty if there is no such piece, and if the
    /// driver has the buffer again.
    pub fn bytes(&self, filled: &Filled, part: usize) -> &[u8] {
        let mapped = self.mapped.get(filled.index).filter(|one| !one.queued);
        let map = mapped.and_then(|one| one.parts.get(part));
        let (Some(map), Some(&(begin, end))) = (map, filled.ends.get(part)) else {
            return &[];
        };
        // SAFETY: V3: it is not queued, and queueing it takes the `&mut` of this value.
        let bytes = unsafe { map.bytes() };
        bytes.get(begin..end).unwrap_or_default()
    }
}
