//! Where in the stream a subscriber is, and the account of what it passed over.

use super::stats::Counters;

/// Where in the stream the subscriber is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Position {
    /// The first sequence wanted next.
    pub wanted: u64,
    /// The sequence last delivered on this publisher, 0 none.
    last: u64,
    /// `publish_ns` of the frame last delivered.
    pub last_ns: u64,
    /// The next frame is the first of a new epoch.
    pub discontinuity: bool,
    /// What was passed over before the next frame was not missed.
    fresh: bool,
}

impl Position {
    /// The start of a subscription: `first` is wanted, and nothing before it was missed.
    pub fn start(first: u64, discontinuity: bool) -> Self {
        Position {
            wanted: first,
            last: 0,
            last_ns: 0,
            discontinuity,
            fresh: true,
        }
    }

    /// True if `latest` was published after the frame delivered last.
    pub fn is_behind(&self, latest: u64) -> bool {
        !self.fresh && self.last < latest
    }

    /// Goes on behind `seq`, which was delivered; the next `left_out` sequences are not wanted.
    pub fn deliver(&mut self, seq: u64, publish_ns: u64, left_out: u64, counters: &mut Counters) {
        self.pass(seq, counters);
        counters.received += 1;
        counters.last_seq = seq;
        *self = Position {
            wanted: seq + 1 + left_out,
            last: seq,
            last_ns: publish_ns,
            discontinuity: false,
            fresh: false,
        };
    }

    /// Goes on behind `seq`, which came too soon after the frame before it.
    pub fn skip(&mut self, seq: u64, counters: &mut Counters) {
        self.pass(seq, counters);
        counters.skipped += 1;
        self.wanted = seq + 1;
        self.last = seq;
        self.fresh = false;
    }

    /// Accounts for the sequences between the last one and `seq`: those that were not wanted
    /// are skipped, the others are missed.
    fn pass(&self, seq: u64, counters: &mut Counters) {
        if !self.fresh {
            let skipped = self.wanted - (self.last + 1);
            counters.skipped += skipped;
            counters.missed += seq - self.wanted;
        }
    }
}
