//! The publisher's side: making room for a packet and making it visible.

use crate::failpoint::{self, Point};
use crate::ring::rules::{Rule, fence, order};
use crate::ring::words::{Ordering, WordsMut};
use crate::wire::packets::{
    DATA_HEAD, HEAD_SEQ, LAST_KEYFRAME_SEQ, MAX_EXTRADATA, PACKET_ALIGN, PACKET_FUTEX,
    PACKET_WRITING, STATE, packet_flag,
};
use crate::wire::{PacketSlot, StreamState};
use zerocopy::IntoBytes;

use super::extradata::{self, Params};
use super::{PacketShape, bytes};

/// What is told of a packet beside its bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PacketMeta {
    /// Bits of [`packet_flag`]; NEW_EXTRADATA is the writer's.
    pub flags: u32,
    /// Presentation time in nanoseconds.
    pub pts_ns: i64,
    /// Decoding time in nanoseconds.
    pub dts_ns: i64,
    /// Duration in nanoseconds, 0 unknown.
    pub duration_ns: i64,
    /// When it was published: CLOCK_MONOTONIC nanoseconds.
    pub publish_ns: u64,
    /// 0 video.
    pub stream_index: u32,
}

/// Why something was not published; nothing has been changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// A packet of no bytes, or of more than are allowed.
    PacketSize,
    /// More extradata than there is room for.
    ExtradataSize,
}

/// A packet ring, seen by its publisher. What it has written it keeps in itself: nothing that
/// it relies on is read from the segment.
#[derive(Debug)]
pub struct PacketWriter<C> {
    /// The packet segment.
    pub segment: C,
    shape: PacketShape,
    largest: u64,
    last: u64,
    reserved: u64,
    generation: u32,
    pending: Option<Params>,
}

impl<C: WordsMut> PacketWriter<C> {
    /// A writer of an empty ring, of packets of `largest` bytes at most: a quarter of the data
    /// where it is more.
    pub fn new(segment: C, shape: PacketShape, largest: u64) -> Self {
        PacketWriter {
            segment,
            shape,
            largest: largest.min(shape.bytes / 4).min(u32::MAX.into()),
            last: 0,
            reserved: 0,
            generation: 0,
            pending: None,
        }
    }

    /// The newest sequence, 0 before the first packet.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// Sets codec and extradata. They take effect with the next key packet.
    pub fn set_params(&mut self, codec: u32, extradata: &[u8]) -> Result<(), Refused> {
        if extradata.len() > MAX_EXTRADATA {
            return Err(Refused::ExtradataSize);
        }
        self.pending = Some(Params {
            codec,
            extradata: extradata.to_vec(),
            generation: self.generation.wrapping_add(2),
        });
        Ok(())
    }

    /// Publishes a packet and returns its sequence; `announce` must follow.
    pub fn publish(&mut self, meta: &PacketMeta, data: &[u8]) -> Result<u64, Refused> {
        let size = data.len() as u64;
        if size == 0 || size > self.largest {
            return Err(Refused::PacketSize);
        }
        let key = meta.flags & packet_flag::KEY != 0;
        let renewed = key && self.renew_params();
        let seq = self.last + 1;
        let at = self.shape.slot(seq);
        let pos = self.reserved;
        self.segment
            .store_u64(at, PACKET_WRITING, Ordering::Relaxed);
        self.reserved = pos.wrapping_add(size.next_multiple_of(PACKET_ALIGN));
        self.segment
            .store_u64(DATA_HEAD, self.reserved, Ordering::Relaxed);
        failpoint::reach(Point::PacketWriting);
        // A reader that sees a new byte of slot or data sees WRITING and the new reservation.
        fence(Rule::PacketWritingFence, Ordering::Release);
        bytes::store(&self.segment, &self.shape, pos, data);
        let mut flags = meta.flags & !packet_flag::NEW_EXTRADATA;
        if renewed {
            flags |= packet_flag::NEW_EXTRADATA;
        }
        let slot = PacketSlot {
            seq,
            data_pos: pos,
            size: size as u32,
            flags,
            pts_ns: meta.pts_ns,
            dts_ns: meta.dts_ns,
            duration_ns: meta.duration_ns,
            publish_ns: meta.publish_ns,
            extradata_gen: self.generation,
            stream_index: meta.stream_index,
        };
        self.segment.store_bytes(at + 8, &slot.as_bytes()[8..]);
        self.show(seq, key);
        Ok(seq)
    }

    /// Makes the packet in its slot visible as `seq`.
    fn show(&mut self, seq: u64, key: bool) {
        let at = self.shape.slot(seq);
        // Release: who sees the sequence sees the fields and the bytes.
        let release = order(Rule::PacketSeqRelease, Ordering::Release);
        self.segment.store_u64(at, seq, release);
        if key {
            // Release: who is led to the key packet finds it.
            let release = order(Rule::PacketKeyRelease, Ordering::Release);
            self.segment.store_u64(LAST_KEYFRAME_SEQ, seq, release);
        }
        failpoint::reach(Point::BeforeHead);
        // Release: who sees the new number finds the packet, and knows of its being a key.
        let release = order(Rule::PacketHeadRelease, Ordering::Release);
        self.segment.store_u64(HEAD_SEQ, seq, release);
        self.last = seq;
    }

    /// Stores the parameters that wait for a key packet; true if there were any.
    fn renew_params(&mut self) -> bool {
        let Some(params) = self.pending.take() else {
            return false;
        };
        extradata::store(&self.segment, &params);
        self.generation = params.generation;
        true
    }

    /// Ends the stream; `announce` must follow.
    pub fn close(&self) {
        let closed = StreamState::Closed as u32;
        // Release: who sees the end sees the last packet.
        let release = order(Rule::PacketCloseRelease, Ordering::Release);
        self.segment.store_u32(STATE, closed, release);
    }

    /// Moves the futex word on and returns what `sleepers` then says: the `packet_waiting`
    /// words of all pages, or-ed together.
    pub fn announce(&self, sleepers: impl FnOnce() -> u32) -> u32 {
        // Release: a sleeper that sees the new value looks again and finds what changed.
        let release = order(Rule::PacketFutexRelease, Ordering::Release);
        self.segment.add_u32(PACKET_FUTEX, 1, release);
        // Against the sleeper's fence: either it sees the new value, or we see it waiting.
        fence(Rule::PacketPublishFence, Ordering::SeqCst);
        sleepers()
    }
}
