//! One look at the ring: is there a frame, is there to be one, or has something ended.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::session::LinkState;
use crate::wire::{CloseReason, MemoryKind, Mode, StreamState};

use super::{Frame, Subscriber};

/// How often a frame may be lost to the publisher between finding and leasing it before the
/// socket is looked at again.
const LOST_TURNS: usize = 64;

/// What one look at the ring brought.
pub(super) enum Look<T> {
    Found(T),
    Nothing {
        seen: u32,
    },
    /// There is one, but the leases that were ended on streams are not over yet.
    Busy,
    Rejoin,
    Ended,
    Gone,
    Away,
}

impl Subscriber {
    /// One look, in the order that loses no last frame: evicted; what the socket said before;
    /// the state; the newest sequence; a frame; and only then the reasons to stop.
    pub(super) fn look(&mut self) -> Result<Look<Frame>> {
        if self.request.packets_only {
            return Err(self.no_frames());
        }
        if !self.come_back()? {
            return Ok(Look::Away);
        }
        let attachment = Arc::clone(&self.attachment);
        let reader = &attachment.reader;
        if reader.evicted() != 0 {
            return Err(self.evicted(reader.evicted()));
        }
        let link_state = self.link_state;
        if link_state == LinkState::Refused
            && let Some(refusal) = self.link.refusal()
        {
            // Leases are not honoured any more, and to join again would be refused again.
            return Err(refusal);
        }
        if link_state == LinkState::Gone && attachment.geometry.memory == MemoryKind::CudaIpc {
            // The memory went with the process that owns it: nothing of it is delivered.
            return Ok(Look::Gone);
        }
        let state = attachment.state();
        let seen = reader.futex_value();
        match self.take_frame() {
            Ok(Some(frame)) => return Ok(Look::Found(frame)),
            Ok(None) => {}
            Err(Error::LeaseLimit { .. }) if attachment.is_ending() => return Ok(Look::Busy),
            Err(error) => return Err(error),
        }
        Ok(match (state, link_state) {
            (StreamState::Reconfigured, _) | (_, LinkState::Reconfigured(_)) => Look::Rejoin,
            (StreamState::Closed, _) => Look::Ended,
            (_, LinkState::Closing(CloseReason::Evicted)) => {
                return Err(self.evicted(reader.evicted()));
            }
            (_, LinkState::Closing(_) | LinkState::Refused | LinkState::Gone) => {
                match reader.evicted() {
                    0 => Look::Gone,
                    code => return Err(self.evicted(code)),
                }
            }
            (StreamState::Live, LinkState::Open) => Look::Nothing { seen },
        })
    }

    /// Finds, leases and accounts for the next frame, if there is one.
    fn take_frame(&mut self) -> Result<Option<Frame>> {
        for _ in 0..LOST_TURNS {
            let latest = self.attachment.reader.latest();
            if latest < self.position.wanted {
                self.pass_unwanted(latest);
                return Ok(None);
            }
            let wanted = match self.request.mode {
                Mode::StrictOrder => self.position.wanted,
                Mode::NewestOnly => latest,
            };
            let Some(found) = self.attachment.reader.find(wanted, latest) else {
                return Ok(None);
            };
            let Some(frame) = Frame::lease(&self.attachment, found)? else {
                continue;
            };
            if self
                .pace
                .is_too_early(self.position.last_ns, frame.publish_ns())
            {
                drop(frame);
                self.skip(found.seq);
                continue;
            }
            return Ok(Some(self.deliver(frame)));
        }
        Ok(None)
    }

    /// Frames that `every_nth` leaves out are consumed as soon as they are there: nobody is to
    /// wait for this subscriber to read them. Not sooner: nothing unpublished is consumed.
    fn pass_unwanted(&self, latest: u64) {
        if self.pace.every_nth > 1 && self.position.is_behind(latest) {
            self.attachment.pass(latest);
        }
    }

    /// Passes over a frame that comes too soon after the last one.
    fn skip(&mut self, seq: u64) {
        self.position.skip(seq, &mut self.counters);
        self.attachment.pass(seq);
    }

    fn deliver(&mut self, mut frame: Frame) -> Frame {
        if self.position.discontinuity {
            frame.mark_discontinuity();
        }
        let left_out = u64::from(self.pace.every_nth - 1);
        let (seq, publish_ns) = (frame.seq(), frame.publish_ns());
        self.position
            .deliver(seq, publish_ns, left_out, &mut self.counters);
        self.attachment.pass(seq);
        self.attachment.tell(&self.counters, publish_ns);
        frame
    }
}
