//! How a frame becomes a message and a descriptor.

use std::collections::BTreeMap;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use super::{FrameDescription, Lease, Lending, SharedMemory, SourceError};
use crate::buffers::{Buffer, BufferError, BufferKind, Buffers};
use crate::memory::MemoryError;
use crate::message::{ExtrasOnWire, OnWire, PlanePlace, Planes, VERSION};

/// What one consumer was lent, and has of the memories.
pub struct Lender {
    buffers: Buffers,
    /// Whether memory of publishers that is no DMA-BUF is lent as it is.
    in_place: bool,
    /// Memories whose descriptors the consumer has, by their numbers there.
    known: BTreeMap<Memory, u64>,
    last_id: u64,
}

/// A memory that frames are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Memory {
    /// A publisher's, of a stream.
    Shared(usize, u64),
    /// One of ours.
    Copy(u64),
}

/// What is kept while a consumer has a frame.
pub struct Loan<L> {
    /// What it is.
    pub frame: FrameDescription,
    /// How long its publisher lets frames be kept; copies are kept no longer.
    pub time_limit: Option<Duration>,
    keeps: Keeps<L>,
}

enum Keeps<L> {
    InPlace(L),
    Copy(Buffer),
}

/// A frame that is ready to be sent.
pub struct Parcel<L> {
    /// What is kept.
    pub loan: Loan<L>,
    planes: Planes,
    memory: Memory,
    /// How it is lent.
    pub lending: Lending,
}

impl Lender {
    pub fn new(kind: BufferKind) -> Result<Lender, BufferError> {
        Ok(Lender {
            in_place: kind == BufferKind::Memfd,
            buffers: Buffers::new(kind)?,
            known: BTreeMap::new(),
            last_id: 0,
        })
    }

    /// Makes a frame ready: in place for who knows where to look, as a copy for who does not.
    pub fn pack<L: Lease>(
        &mut self,
        stream: usize,
        lease: L,
        version: u32,
    ) -> Result<Parcel<L>, SourceError> {
        let frame = lease.description();
        let time_limit = lease.time_limit();
        let loan = |keeps| Loan {
            frame,
            time_limit,
            keeps,
        };
        let tight = frame.format.tight(frame.width, frame.height);
        let suits = |shared: &SharedMemory<'_>, version| match version {
            0 => shared.is_dma_buf && Some(shared.planes) == tight,
            _ => shared.is_dma_buf || self.in_place,
        };
        let shared = lease.shared();
        let would_suit = shared.as_ref().is_some_and(|shared| suits(shared, VERSION));
        if let Some(SharedMemory { id, planes, .. }) =
            shared.filter(|shared| suits(shared, version))
        {
            let keeps = Keeps::InPlace(lease);
            return Ok(Parcel {
                loan: loan(keeps),
                planes,
                memory: Memory::Shared(stream, id),
                lending: Lending::InPlace,
            });
        }
        let planes = tight.ok_or(BufferError::Memory(MemoryError::Empty))?;
        let size = usize::try_from(extent(&planes)).map_err(|_| MemoryError::Empty);
        let mut buffer = self.buffers.get(size.map_err(BufferError::Memory)?)?;
        let copied = copy(&lease, &mut buffer);
        if let Err(error) = copied {
            self.buffers.give_back(buffer);
            return Err(error);
        }
        let memory = Memory::Copy(buffer.id());
        let keeps = Keeps::Copy(buffer);
        Ok(Parcel {
            loan: loan(keeps),
            planes,
            memory,
            lending: match would_suit {
                true => Lending::CopiedWithoutHello,
                false => Lending::Copied,
            },
        })
    }

    /// Writes the message of a parcel in place of what is in `packet`. True: its descriptor goes with
    /// it.
    pub fn write<L>(
        &self,
        parcel: &Parcel<L>,
        stream: &str,
        terms: Option<Terms>,
        packet: &mut Vec<u8>,
    ) -> bool {
        let frame = &parcel.loan.frame;
        let known = self.known.get(&parcel.memory).copied();
        let extras = terms.map(|terms| ExtrasOnWire {
            v: VERSION,
            size: extent(&parcel.planes),
            planes: &parcel.planes,
            fourcc: frame.format.fourcc,
            modifier: 0,
            buffer_id: known.unwrap_or(self.last_id + 1),
            pts_ns: frame.pts_ns,
            clock: "realtime",
            deadline_ns: terms.now
                + i64::try_from(terms.timeout.as_nanos()).unwrap_or(i64::MAX >> 1),
        });
        let is_fd_sent = extras.is_none() || known.is_none();
        let message = OnWire {
            stream_id: stream,
            sequence: frame.sequence,
            width: frame.width,
            height: frame.height,
            format: frame.format.name,
            timestamp: frame.timestamp,
            extras,
        };
        message.write(packet);
        is_fd_sent
    }

    /// The consumer has the descriptor of a memory, by the number that its message said.
    pub fn note_known(&mut self, memory: Memory) {
        self.last_id += 1;
        self.known.insert(memory, self.last_id);
    }

    /// Takes back what was kept.
    pub fn give_back<L>(&mut self, loan: Loan<L>) {
        if let Keeps::Copy(buffer) = loan.keeps {
            self.buffers.give_back(buffer);
        }
    }
}

/// When a frame is sent, and until when it may be kept.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Nanoseconds of CLOCK_REALTIME.
    pub now: i64,
    /// From then on.
    pub timeout: Duration,
}

impl<L> Parcel<L> {
    /// Which memory it is in.
    pub fn memory(&self) -> Memory {
        self.memory
    }
}

impl<L: Lease> Loan<L> {
    /// Whether it keeps memory of its publisher.
    pub fn keeps_lease(&self) -> bool {
        matches!(self.keeps, Keeps::InPlace(_))
    }

    /// Whether its consumer has looked at this frame and no other.
    pub fn check(&self) -> Result<(), SourceError> {
        match &self.keeps {
            Keeps::InPlace(lease) => lease.check(),
            // Ours is written only when it is back.
            Keeps::Copy(_) => Ok(()),
        }
    }

    /// The descriptor of its memory.
    pub fn fd(&self) -> Option<BorrowedFd<'_>> {
        match &self.keeps {
            Keeps::InPlace(lease) => lease.shared().map(|shared| shared.fd),
            Keeps::Copy(buffer) => Some(buffer.as_fd()),
        }
    }
}

/// Bytes from the first plane's first to the last's last.
fn extent(planes: &[PlanePlace]) -> u64 {
    let first = planes.iter().map(|plane| plane.offset).min();
    let end = planes.iter().map(|plane| plane.offset + plane.size).max();
    end.unwrap_or_default() - first.unwrap_or_default()
}

fn copy(lease: &impl Lease, buffer: &mut Buffer) -> Result<(), SourceError> {
    let mut writing = buffer.begin()?;
    lease.copy_to(&mut writing)?;
    Ok(writing.end()?)
}
