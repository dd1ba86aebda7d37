//! The subscriber's side: copying the next packet, and finding the way back to a key packet
//! when the writer was faster.

use std::mem::offset_of;

use crate::failpoint::{self, Point};
use crate::ring::rules::{Rule, fence, holds};
use crate::ring::words::{Ordering, Words, WordsMut};
use crate::wire::packets::{
    DATA_HEAD, HEAD_SEQ, LAST_KEYFRAME_SEQ, PACKET_ALIGN, PACKET_FUTEX, PACKET_SLOT_SIZE, STATE,
    packet_flag,
};
use crate::wire::{PacketSlot, SEQ_MAX, StreamState, WireError, page};

use super::extradata::{self, Params, Unread};
use super::{PacketShape, bytes};

/// Offset in a slot of the size, a u32, and of the flags behind it.
const SIZE_AND_FLAGS: usize = offset_of!(PacketSlot, size);
/// How many key packets in a row may be lost to the writer before `next` gives its thread back.
const SEEKING_TURNS: usize = 8;

/// What `next` found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// A packet: its first `size` bytes are in the caller's buffer.
    Packet(PacketSlot),
    /// Nothing new.
    Nothing,
    /// Nothing new, and there will be nothing more.
    Ended,
    /// The packet with this sequence was overwritten. Said once; the next one delivered is a key
    /// packet.
    Overrun(u64),
    /// The caller's buffer must have this many bytes.
    TooSmall(usize),
    /// The extradata is being written: again in a moment.
    Unsettled,
}

/// Why a packet was not delivered.
enum Missed {
    Lost,
    TooSmall(usize),
    Unsettled,
    Wrong(WireError),
}

/// One reader's position in a packet ring. It keeps it over a reconfiguration of the frames.
#[derive(Debug)]
pub struct PacketReader<C> {
    /// The packet segment.
    pub segment: C,
    shape: PacketShape,
    params: Option<Params>,
    /// The first sequence that may be delivered.
    next: u64,
    /// Only a key packet may be delivered, and what is passed over is not told.
    seeking: bool,
    /// What is to come next was overwritten: seeking leads to the newest key packet.
    lost: bool,
    /// What is delivered next does not follow what was delivered before.
    interrupted: bool,
    started: bool,
}

impl<C: Words> PacketReader<C> {
    /// A reader that begins with key packet `initial`; with 0, the first one to come.
    pub fn new(segment: C, shape: PacketShape, initial: u64) -> Self {
        let head = segment.load_u64(HEAD_SEQ, Ordering::Acquire);
        let next = match initial {
            0 => head.min(SEQ_MAX) + 1,
            key => key,
        };
        PacketReader {
            segment,
            shape,
            params: None,
            next,
            seeking: initial == 0,
            lost: false,
            interrupted: false,
            started: false,
        }
    }

    /// Codec and extradata of the packet delivered last, `None` before the first.
    pub fn params(&self) -> Option<&Params> {
        self.params.as_ref()
    }

    /// What is delivered next follows nothing that was delivered before.
    pub fn interrupt(&mut self) {
        self.interrupted = true;
    }

    /// True if something was published after the packet delivered last.
    pub fn is_behind(&self) -> bool {
        self.segment.load_u64(HEAD_SEQ, Ordering::Acquire) >= self.next
    }

    /// Copies the next packet into `to`.
    pub fn next(&mut self, to: &mut [u8]) -> Result<Next, WireError> {
        for _ in 0..SEEKING_TURNS {
            let mut state = self.state()?;
            let is_there = self.is_there()?;
            if !holds(Rule::PacketStateFirst) {
                state = self.state()?;
            }
            if !is_there {
                return Ok(match state {
                    StreamState::Closed => Next::Ended,
                    _ => Next::Nothing,
                });
            }
            match self.copy(to) {
                Ok(packet) => return Ok(Next::Packet(self.deliver(packet))),
                Err(Missed::TooSmall(size)) => return Ok(Next::TooSmall(size)),
                Err(Missed::Unsettled) => return Ok(Next::Unsettled),
                Err(Missed::Wrong(error)) => return Err(error),
                Err(Missed::Lost) => {
                    let lost = self.next;
                    self.next += 1;
                    self.lost = true;
                    if !self.seeking {
                        (self.seeking, self.interrupted) = (true, true);
                        return Ok(Next::Overrun(lost));
                    }
                }
            }
        }
        Ok(Next::Nothing)
    }

    /// Read before the newest number: what was published before the end is not passed over.
    fn state(&self) -> Result<StreamState, WireError> {
        StreamState::from_u32(self.segment.load_u32(STATE, Ordering::Acquire))
    }

    /// True if there is a packet to look at; seeking, the position has moved to a key packet.
    fn is_there(&mut self) -> Result<bool, WireError> {
        let head = self.segment.load_u64(HEAD_SEQ, Ordering::Acquire);
        if head > SEQ_MAX {
            return Err(WireError::Field {
                field: "packets.head_seq",
                value: head,
                allowed: "0 to 2^63-2",
            });
        }
        if self.seeking && head >= self.next {
            self.seek(head);
        }
        Ok(head >= self.next || !holds(Rule::PacketHeadBound))
    }

    /// Moves on to a key packet: the first one from here, or, where some are lost already, the
    /// newest. Beyond `head` if there is none yet.
    fn seek(&mut self, head: u64) {
        while !self.lost && self.next <= head && head - self.next < self.shape.slots {
            let at = self.shape.slot(self.next);
            if self.segment.load_u64(at, Ordering::Acquire) != self.next {
                break;
            }
            // May be those of a later packet already: who copies it looks again.
            let told = self
                .segment
                .load_u64(at + SIZE_AND_FLAGS, Ordering::Relaxed);
            if (told >> 32) as u32 & packet_flag::KEY != 0 {
                return;
            }
            self.next += 1;
        }
        if self.next <= head {
            // Every key packet up to `head` was told before it. One beyond is about to be told.
            let key = self.segment.load_u64(LAST_KEYFRAME_SEQ, Ordering::Acquire);
            self.next = match key {
                key if (self.next..=SEQ_MAX).contains(&key) => key,
                _ => head + 1,
            };
            self.lost = false;
        }
    }

    /// Copies packet `next`, which has been published, if it is still whole.
    fn copy(&mut self, to: &mut [u8]) -> Result<PacketSlot, Missed> {
        let at = self.shape.slot(self.next);
        // Acquire: who sees the sequence sees the fields and the bytes.
        let seq = self.segment.load_u64(at, Ordering::Acquire);
        if seq != self.next && holds(Rule::PacketFirstLook) {
            return Err(Missed::Lost);
        }
        let slot = self.fields(at);
        if !self.is_possible(&slot) || !self.is_wanted(&slot) {
            return Err(Missed::Lost);
        }
        let (size, pos) = (slot.size as usize, slot.data_pos);
        if !self.is_reserved(pos) && holds(Rule::PacketDataLook) {
            return Err(Missed::Lost);
        }
        let Some(to) = to.get_mut(..size) else {
            return Err(Missed::TooSmall(size));
        };
        let params = self.other_params(slot.extradata_gen)?;
        bytes::load(&self.segment, &self.shape, pos, to);
        failpoint::reach(Point::PacketCopied);
        // What overwrote a byte that we read has also changed what we look at now.
        fence(Rule::PacketFence, Ordering::Acquire);
        let same = self.segment.load_u64(at, Ordering::Relaxed) == self.next;
        let whole = (same || !holds(Rule::PacketSlotRecheck))
            && (self.is_reserved(pos) || !holds(Rule::PacketDataRecheck));
        if !whole {
            return Err(Missed::Lost);
        }
        if params.is_some() {
            self.params = params;
        }
        Ok(slot)
    }

    /// The fields of the slot at `at`, of which none has been checked.
    fn fields(&self, at: usize) -> PacketSlot {
        let mut fields = [0; PACKET_SLOT_SIZE];
        self.segment.load_bytes(at + 8, &mut fields[8..]);
        PacketSlot {
            seq: self.next,
            ..zerocopy::transmute!(fields)
        }
    }

    /// True if these can be the fields of a packet: no honest writer leaves any other.
    fn is_possible(&self, slot: &PacketSlot) -> bool {
        let fits = slot.size != 0 && u64::from(slot.size) <= self.shape.bytes / 4;
        let aligned = slot.data_pos.is_multiple_of(PACKET_ALIGN);
        (fits || !holds(Rule::PacketSizeBound)) && (aligned || !holds(Rule::PacketPosAligned))
    }

    /// True if this packet may be delivered where the reader stands.
    fn is_wanted(&self, slot: &PacketSlot) -> bool {
        let goes_on = self.started && !self.seeking;
        goes_on || slot.flags & packet_flag::KEY != 0 || !holds(Rule::PacketKeyFirst)
    }

    /// True while the data from `pos` on has not been given to a later packet.
    fn is_reserved(&self, pos: u64) -> bool {
        let reserved = self.segment.load_u64(DATA_HEAD, Ordering::Relaxed);
        reserved.wrapping_sub(pos) <= self.shape.bytes
    }

    /// The parameters of `generation` where those in hand are others. A packet without its own
    /// is lost.
    fn other_params(&self, generation: u32) -> Result<Option<Params>, Missed> {
        let held = self.params.as_ref();
        if held.is_some_and(|params| params.generation == generation) {
            return Ok(None);
        }
        match extradata::load(&self.segment, Some(generation)) {
            Ok(params) => Ok(Some(params)),
            Err(Unread::Moved) => Err(Missed::Lost),
            Err(Unread::Unsettled) => Err(Missed::Unsettled),
            Err(Unread::Oversized(size)) => Err(Missed::Wrong(WireError::Field {
                field: "packets.extradata_size",
                value: size.into(),
                allowed: "at most 4032",
            })),
        }
    }

    fn deliver(&mut self, mut packet: PacketSlot) -> PacketSlot {
        if self.interrupted {
            packet.flags |= packet_flag::DISCONTINUITY;
        }
        self.next += 1;
        (self.seeking, self.lost) = (false, false);
        (self.interrupted, self.started) = (false, true);
        packet
    }

    /// The value of the futex word, read before looking for a packet.
    pub fn futex_value(&self) -> u32 {
        self.segment.load_u32(PACKET_FUTEX, Ordering::Acquire)
    }

    /// Announces on `page` a sleep on `seen`: true if nothing has happened since, so that
    /// sleeping on that value cannot miss the next packet. `end_sleep` must follow in either
    /// case.
    pub fn begin_sleep(&self, page: &impl WordsMut, seen: u32) -> bool {
        page.add_u32(page::PACKET_WAITING, 1, Ordering::Relaxed);
        // Against the publisher's fence: either it sees us waiting, or we see its new value.
        fence(Rule::PacketSleepFence, Ordering::SeqCst);
        failpoint::reach(Point::PacketAsleep);
        !holds(Rule::PacketSleepRecheck) || self.futex_value() == seen
    }

    /// Asks for a notify byte with the next packet. The caller looks once more before it polls.
    pub fn ask_notify(&self, page: &impl WordsMut) {
        page.or_u32(
            page::PACKET_WAITING,
            page::WAITING_NOTIFY,
            Ordering::Relaxed,
        );
        fence(Rule::PacketSleepFence, Ordering::SeqCst);
    }

    /// Takes the announcement back.
    pub fn end_sleep(&self, page: &impl WordsMut) {
        page.add_u32(page::PACKET_WAITING, u32::MAX, Ordering::Relaxed);
    }
}
