//! Who is let in.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::message::MAX_DETECTIONS_PACKET;
use crate::socket::Connection;

use super::{Ear, Fan, Queue, lock};

/// After a listener could not be accepted, for want of descriptors: nothing tells when there are some.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

impl Fan {
    /// Takes whoever waits.
    pub(super) fn accept(&mut self) {
        loop {
            match self.listener.accept() {
                Ok(Some(connection)) => self.admit(connection),
                Ok(None) => {
                    self.is_short = false;
                    return;
                }
                Err(error) => {
                    // Once, and not for each try.
                    if !std::mem::replace(&mut self.is_short, true) {
                        tracing::warn!(%error, "listeners have to wait; raise RLIMIT_NOFILE");
                    }
                    self.paused = Some(Instant::now() + ACCEPT_PAUSE);
                    return;
                }
            }
        }
    }

    fn admit(&self, connection: Connection) {
        let allowed = &self.options.allow_uids;
        let peer = connection.peer();
        let is_trusted = peer.is_ok_and(|peer| peer.is_trusted(allowed));
        // Without that room it takes what there is; what is larger is lost, and told.
        let _ = connection.allow_packets(MAX_DETECTIONS_PACKET);
        let mut state = lock(&self.shared.state);
        if !is_trusted || state.listeners.len() >= self.options.max_listeners {
            state.counts.refused += 1;
            return;
        }
        state.listeners.push(Ear {
            connection: Arc::new(connection),
            queue: Queue::new(self.shared.capacity),
        });
    }
}
