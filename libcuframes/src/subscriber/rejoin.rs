//! Joining again: another geometry on the same connection, or the key's next publisher.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::error::Result;
use crate::session::{Joined, Link, LinkState, is_passing};
use crate::wire::{ErrorCode, MemoryKind, SyncKind};

use super::attachment::Attachment;
use super::position::Position;
use super::{Event, Subscriber, deadline};

/// How long the message about a new epoch may take after the word about it.
const RECONFIGURE_TIME: Duration = Duration::from_secs(2);

/// There is no publisher right now.
#[derive(Debug)]
pub(super) struct Away {
    /// When it is no longer waited for; `None`: never.
    deadline: Option<Instant>,
}

impl Subscriber {
    /// Everyone is to join again on the same connection: the picture has another geometry.
    /// False if that has to wait, because frames are held whose memory is to be closed first.
    pub(super) fn rejoin(&mut self) -> Result<bool> {
        let deadline = Instant::now() + RECONFIGURE_TIME;
        // The word in memory can be seen before the message, and HELLO may only follow that.
        while self.link_state == LinkState::Open {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                self.link_state = LinkState::Gone;
            } else if !self.look_at_socket() {
                self.link.wait(left);
            }
        }
        if let Some(refusal) = self.link.refusal() {
            return Err(refusal);
        }
        if !matches!(self.link_state, LinkState::Reconfigured(_)) {
            self.leave();
            return Ok(true);
        }
        if !self.close_import() {
            return Ok(false);
        }
        let consumed = self.position.wanted.saturating_sub(1);
        match self.request.rejoin(&self.link, self.epoch(), consumed) {
            Ok(mut joined) => {
                self.go_on_with_packets(joined.packets.take());
                self.link_state = LinkState::Open;
                self.attach(Attachment::new(Arc::clone(&self.link), joined)?);
                self.position.discontinuity = true;
                let event = Event::Reconfigured {
                    epoch: self.epoch(),
                    layout: *self.layout(),
                };
                self.tell(&event);
                Ok(true)
            }
            Err(error) if error.code() == ErrorCode::Disconnected => {
                self.leave();
                Ok(true)
            }
            Err(error) => Err(error),
        }
    }

    /// Closes what the publisher can free only then. False while somebody uses it.
    fn close_import(&mut self) -> bool {
        let geometry = &self.attachment.geometry;
        let owned_there =
            geometry.memory == MemoryKind::CudaIpc || geometry.sync == SyncKind::CudaEvent;
        !owned_there || Arc::get_mut(&mut self.attachment).is_some_and(Attachment::close)
    }

    /// The publisher is gone. The frames that are still held stay what they are.
    pub(super) fn leave(&mut self) {
        self.link.detach();
        let deadline = match self.reattach {
            true => deadline(self.connect_timeout),
            false => Some(Instant::now()),
        };
        self.away = Some(Away { deadline });
        if let Some(set) = &self.poller
            && let Err(error) = self.poll_while_away(set)
        {
            tracing::warn!(%error, "the subscriber's descriptor is of no more use");
        }
        self.tell(&Event::Disconnected);
    }

    /// One try to find the key's next publisher: true if it was found and joined. When the
    /// connect time-out is over it is `Disconnected`.
    pub(super) fn come_back(&mut self) -> Result<bool> {
        let Some(away) = &self.away else {
            return Ok(true);
        };
        let over = away
            .deadline
            .is_some_and(|deadline| Instant::now() >= deadline);
        if !self.reattach {
            return Err(self.request.disconnected());
        }
        let old_epoch = self.epoch();
        match self.request.try_join(old_epoch) {
            Ok((link, joined)) => {
                self.go_on(link, joined, old_epoch)?;
                Ok(true)
            }
            Err(error) if is_passing(&error) && !over => Ok(false),
            Err(error) if is_passing(&error) => Err(self.request.disconnected()),
            Err(error) => Err(error),
        }
    }

    /// Reads on from another publisher of the key, or from the same over a new connection.
    fn go_on(&mut self, link: Link, mut joined: Joined, old_epoch: u64) -> Result<()> {
        let link = Arc::new(link);
        let mut first = joined.grant.latest_seq.max(1);
        let packets = joined.packets.take();
        let attachment = Attachment::new(Arc::clone(&link), joined)?;
        self.away = None;
        self.link = link;
        self.link_state = LinkState::Open;
        self.attach(attachment);
        self.go_on_with_packets(packets);
        if self.epoch() == old_epoch {
            // Only the connection was lost: nothing is delivered twice.
            first = first.max(self.position.wanted);
        }
        self.position = Position::start(first, true);
        self.counters.reattached += 1;
        let epoch = self.epoch();
        self.tell(&Event::Reattached { epoch });
        Ok(())
    }

    fn attach(&mut self, attachment: Attachment) {
        if let Some(set) = &self.poller {
            self.forget_notify(set);
        }
        self.attachment = Arc::new(attachment);
        // A new descriptor would be a surprise: the same set gets new members.
        if let Some(set) = &self.poller
            && let Err(error) = self.poll_publisher(set)
        {
            tracing::warn!(%error, "the subscriber's descriptor is of no more use");
        }
    }
}
