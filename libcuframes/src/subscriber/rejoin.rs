//! Joining again: another geometry on the same connection, or the key's next publisher.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::error::Result;
use crate::session::LinkState;
use crate::wire::ErrorCode;

use super::attachment::Attachment;
use super::position::Position;
use super::{Event, Subscriber, deadline};

/// How long the message about a new epoch may take after the word about it.
const RECONFIGURE_TIME: Duration = Duration::from_secs(2);

impl Subscriber {
    /// Everyone is to join again on the same connection: the picture has another geometry.
    pub(super) fn rejoin(&mut self) -> Result<()> {
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
        if !matches!(self.link_state, LinkState::Reconfigured(_)) {
            return self.reattach();
        }
        let consumed = self.position.wanted.saturating_sub(1);
        match self.request.rejoin(&self.link, self.epoch(), consumed) {
            Ok(joined) => {
                self.link_state = LinkState::Open;
                self.attach(Attachment::new(Arc::clone(&self.link), joined));
                self.position.discontinuity = true;
                let event = Event::Reconfigured {
                    epoch: self.epoch(),
                    layout: *self.layout(),
                };
                self.tell(&event);
                Ok(())
            }
            Err(error) if error.code() == ErrorCode::Disconnected => self.reattach(),
            Err(error) => Err(error),
        }
    }

    /// The publisher is gone: waits for the key to come back.
    pub(super) fn reattach(&mut self) -> Result<()> {
        self.link.detach();
        self.tell(&Event::Disconnected);
        if !self.reattach {
            return Err(self.request.disconnected());
        }
        let deadline = deadline(self.connect_timeout);
        let old_epoch = self.epoch();
        let joined = self.request.join(deadline, old_epoch);
        let (link, joined) = joined.map_err(|error| match error.code() {
            ErrorCode::NotFound => self.request.disconnected(),
            _ => error,
        })?;
        self.link = Arc::new(link);
        self.link_state = LinkState::Open;
        let mut first = joined.grant.latest_seq.max(1);
        self.attach(Attachment::new(Arc::clone(&self.link), joined));
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
        self.attachment = Arc::new(attachment);
        if let Some(poller) = self.poller.take() {
            // A new descriptor would be a surprise: the same set gets new members.
            self.poller = match self.fill(&poller) {
                Ok(()) => Some(poller),
                Err(error) => {
                    tracing::warn!(%error, "the subscriber's descriptor is of no more use");
                    None
                }
            };
        }
    }
}
