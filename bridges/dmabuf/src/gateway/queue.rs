//! What waits for one listener.

use std::collections::VecDeque;
use std::sync::Arc;

/// A message without its closing brace.
pub type Body = Arc<[u8]>;

/// The newest messages that a listener has not got.
#[derive(Debug)]
pub struct Queue {
    waiting: VecDeque<Body>,
    capacity: usize,
    /// Messages that were lost right before the first that waits.
    lost: u64,
}

/// A message that is on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    body: Body,
    lost: u64,
}

impl Outgoing {
    /// The packet.
    pub fn packet(&self) -> Vec<u8> {
        let mut packet = self.body.to_vec();
        if self.lost > 0 {
            packet.extend_from_slice(format!(",\"lost\":{}", self.lost).as_bytes());
        }
        packet.push(b'}');
        packet
    }
}

impl Queue {
    /// One for at least one message.
    pub fn new(capacity: usize) -> Queue {
        Queue {
            waiting: VecDeque::new(),
            capacity: capacity.max(1),
            lost: 0,
        }
    }

    /// Adds a message; returns how many were lost for it.
    pub fn push(&mut self, body: &Body) -> u64 {
        let is_full = self.waiting.len() >= self.capacity;
        if is_full {
            self.waiting.pop_front();
            self.lost += 1;
        }
        self.waiting.push_back(Arc::clone(body));
        u64::from(is_full)
    }

    /// The oldest message, to be sent.
    pub fn take(&mut self) -> Option<Outgoing> {
        let body = self.waiting.pop_front()?;
        let lost = std::mem::take(&mut self.lost);
        Some(Outgoing { body, lost })
    }

    /// A message that could not be sent yet waits again, unless younger ones are lost already;
    /// returns how many are lost.
    pub fn put_back(&mut self, outgoing: Outgoing) -> u64 {
        if self.lost > 0 || self.waiting.len() >= self.capacity {
            return self.lose(&outgoing);
        }
        self.lost = outgoing.lost;
        self.waiting.push_front(outgoing.body);
        0
    }

    /// A message will never be sent; returns how many are lost.
    pub fn lose(&mut self, outgoing: &Outgoing) -> u64 {
        self.lost += outgoing.lost + 1;
        1
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }
}
