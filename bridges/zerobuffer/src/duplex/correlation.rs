//! Which response belongs to which request.

use std::collections::VecDeque;

use crate::fault::{Fault, planted};

/// How a response tells which request it answers. Client and server have to agree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Correlation {
    /// By order: the n-th response answers the n-th request. This is what implementations in
    /// other languages do; their readers refuse responses that are numbered in any other way.
    #[default]
    ByOrder,
    /// By number: a response carries the sequence number of its request, so that requests can be
    /// left without one. Only between a client and a server of this library.
    Sequence,
}

/// Whom a response is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Addressee {
    /// Who sent the request with this number.
    Request(u64),
    /// Nobody any more: that request was cancelled.
    Cancelled,
    /// Nobody ever: no request waits for it.
    Nobody,
}

struct Waiting {
    request: u64,
    cancelled: bool,
}

/// The requests that have no response yet, oldest first.
pub(super) struct Pending {
    correlation: Correlation,
    waiting: VecDeque<Waiting>,
}

impl Pending {
    pub(super) fn new(correlation: Correlation) -> Self {
        Pending {
            correlation,
            waiting: VecDeque::new(),
        }
    }

    /// A request is about to be sent; numbers grow.
    pub(super) fn sent(&mut self, request: u64) {
        self.waiting.push_back(Waiting {
            request,
            cancelled: false,
        });
    }

    /// Nobody waits for this response any more; false if nobody did.
    pub(super) fn cancel(&mut self, request: u64) -> bool {
        let found = self
            .waiting
            .iter_mut()
            .find(|waiting| waiting.request == request && !waiting.cancelled);
        found.map(|waiting| waiting.cancelled = true).is_some()
    }

    /// Requests that somebody waits for.
    pub(super) fn len(&self) -> usize {
        self.waiting.iter().filter(|w| !w.cancelled).count()
    }

    /// A response came, numbered `sequence`.
    pub(super) fn answered(&mut self, sequence: u64) -> Addressee {
        if self.correlation == Correlation::Sequence {
            let Ok(skipped) = self.waiting.binary_search_by_key(&sequence, |w| w.request) else {
                return Addressee::Nobody;
            };
            // Servers answer in the order of the requests: what was skipped gets no response.
            self.waiting.drain(..skipped);
        }
        match self.waiting.pop_front() {
            None => Addressee::Nobody,
            Some(answered) if answered.cancelled && !planted(Fault::CancelledDelivered) => {
                Addressee::Cancelled
            }
            Some(answered) => Addressee::Request(answered.request),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pending(correlation: Correlation, requests: impl IntoIterator<Item = u64>) -> Pending {
        let mut pending = Pending::new(correlation);
        requests.into_iter().for_each(|n| pending.sent(n));
        pending
    }

    #[test]
    fn by_order_a_response_answers_the_oldest_request_whatever_its_own_number() {
        let mut pending = pending(Correlation::ByOrder, [7, 8, 9]);
        assert_eq!(pending.answered(1), Addressee::Request(7));
        assert_eq!(pending.answered(2), Addressee::Request(8));
        assert_eq!(pending.answered(3), Addressee::Request(9));
        assert_eq!(pending.answered(4), Addressee::Nobody);
    }

    #[test]
    fn by_order_a_cancelled_request_still_takes_its_response() {
        let mut pending = pending(Correlation::ByOrder, [1, 2, 3]);
        assert!(pending.cancel(2));
        assert!(!pending.cancel(2), "it is cancelled already");
        assert!(!pending.cancel(4), "it was never sent");
        assert_eq!(pending.len(), 2);
        assert_eq!(pending.answered(1), Addressee::Request(1));
        assert_eq!(pending.answered(2), Addressee::Cancelled);
        assert_eq!(pending.answered(3), Addressee::Request(3));
        assert_eq!(pending.len(), 0);
    }

    #[test]
    fn by_number_requests_can_be_left_without_a_response() {
        let mut pending = pending(Correlation::Sequence, 1..=5);
        assert!(pending.cancel(4));
        assert_eq!(pending.answered(2), Addressee::Request(2));
        assert_eq!(pending.answered(1), Addressee::Nobody, "it was skipped");
        assert_eq!(pending.answered(4), Addressee::Cancelled);
        assert_eq!(pending.answered(6), Addressee::Nobody);
        assert_eq!(pending.len(), 1, "an unknown number takes nothing away");
        assert_eq!(pending.answered(5), Addressee::Request(5));
    }
}
