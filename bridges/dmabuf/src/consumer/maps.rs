//! Memory that frames lie in, mapped once for all the frames in it.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use crate::memory::LentMap;
use crate::message::Send;
use crate::socket::Packet;

use super::Refusal;
use super::layout::{Plane, planes};

/// What is mapped.
#[derive(Debug)]
pub struct Maps {
    /// In the order of their use, the longest unused first.
    known: Vec<Known>,
    /// How many of those are kept that have no number.
    kept: usize,
}

#[derive(Debug)]
struct Known {
    map: Arc<LentMap>,
    /// The engine's number. The descriptor of memory that has one comes once.
    number: Option<u64>,
}

impl Maps {
    pub fn new(kept: usize) -> Maps {
        Maps {
            known: Vec::new(),
            kept,
        }
    }

    /// The memory of a frame that came in `packet`, and where its planes are in it.
    pub fn of(
        &mut self,
        send: &Send,
        packet: Packet,
    ) -> Result<(Arc<LentMap>, Vec<Plane>), Refusal> {
        if packet.lost_fds {
            return Err(Refusal::LostDescriptors);
        }
        let number = send.extras.as_ref().map(|extras| extras.buffer_id);
        let count = packet.fds.len();
        let mut fds = packet.fds.into_iter();
        let map = match (fds.next(), fds.next(), number) {
            (Some(fd), None, _) => self.of_descriptor(fd, number)?,
            (None, None, Some(buffer_id)) => self
                .of_number(buffer_id)
                .ok_or(Refusal::UnknownBuffer { buffer_id })?,
            _ => return Err(Refusal::Descriptors { count }),
        };
        let planes = planes(send, &map)?;
        Ok((map, planes))
    }

    fn of_number(&mut self, number: u64) -> Option<Arc<LentMap>> {
        let found = self.known.iter().find(|known| known.number == Some(number));
        found.map(|known| Arc::clone(&known.map))
    }

    fn of_descriptor(&mut self, fd: OwnedFd, number: Option<u64>) -> Result<Arc<LentMap>, Refusal> {
        let identity = LentMap::identity_of(&fd)?;
        let known = self.known.iter();
        let place = { known }.position(|known| known.map.identity() == identity);
        let mut found = match place {
            Some(place) => self.known.remove(place),
            None => Known {
                map: Arc::new(LentMap::new(fd)?),
                number: None,
            },
        };
        if number.is_some() {
            // A number that was other memory's is not any more.
            let mut known = self.known.iter_mut();
            if let Some(other) = known.find(|known| known.number == number) {
                other.number = None;
            }
            found.number = number;
        }
        let map = Arc::clone(&found.map);
        self.known.push(found);
        self.unmap_oldest();
        Ok(map)
    }

    /// A frame keeps what it lies in, wherever this forgets it.
    fn unmap_oldest(&mut self) {
        let without = self.known.iter().filter(|known| known.number.is_none());
        let surplus = without.count().saturating_sub(self.kept);
        let mut left = surplus;
        self.known.retain(|known| {
            let goes = known.number.is_none() && left > 0;
            left -= usize::from(goes);
            !goes
        });
    }
}
