//! The order in which pictures are shown: clause 8.2.1, and the "bumping" of annex C.

use super::{Slice, Sps};

/// Decoded pictures that wait to be shown.
pub struct Order<T> {
    waiting: Vec<(i64, T)>,
    /// Most and least significant part of the last reference picture.
    msb: i64,
    lsb: i64,
    /// Pictures of earlier sequences (before an IDR) come first.
    base: i64,
    decoded: i64,
}

/// Further than any picture order count of one sequence.
const SEQUENCE: i64 = 1 << 40;

impl<T> Order<T> {
    pub fn new() -> Self {
        Self {
            waiting: Vec::new(),
            msb: 0,
            lsb: 0,
            base: 0,
            decoded: 0,
        }
    }

    /// Adds a picture, and gives those that are to be shown now.
    pub fn add(&mut self, slice: &Slice, sps: &Sps, picture: T) -> Vec<T> {
        if slice.is_idr {
            self.base += SEQUENCE;
            (self.msb, self.lsb) = (0, 0);
        }
        self.decoded += 1;
        let count = match sps.order_type {
            0 => self.count(slice, sps),
            _ => self.decoded,
        };
        self.waiting.push((self.base + count, picture));
        self.waiting.sort_by_key(|&(count, _)| count);
        // What came before an IDR waits for nothing any more.
        let old = self
            .waiting
            .iter()
            .filter(|(count, _)| *count < self.base - SEQUENCE / 2)
            .count();
        let over = self.waiting.len().saturating_sub(sps.reordered as usize);
        self.show(old.max(over))
    }

    /// All that wait: the stream has ended.
    pub fn flush(&mut self) -> Vec<T> {
        self.show(self.waiting.len())
    }

    /// The pictures that wait.
    pub fn waiting(&self) -> impl Iterator<Item = &T> {
        self.waiting.iter().map(|(_, picture)| picture)
    }

    fn show(&mut self, count: usize) -> Vec<T> {
        self.waiting
            .drain(..count)
            .map(|(_, picture)| picture)
            .collect()
    }

    fn count(&mut self, slice: &Slice, sps: &Sps) -> i64 {
        let range = 1i64 << sps.order_lsb_bits;
        let lsb = i64::from(slice.order_lsb);
        let msb = if lsb < self.lsb && self.lsb - lsb >= range / 2 {
            self.msb + range
        } else if lsb > self.lsb && lsb - self.lsb > range / 2 {
            self.msb - range
        } else {
            self.msb
        };
        if slice.is_reference {
            (self.msb, self.lsb) = (msb, lsb);
        }
        msb + lsb
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sps(reordered: u32) -> Sps {
        Sps {
            coded_width: 64,
            coded_height: 64,
            crop: [0; 4],
            frame_num_bits: 4,
            order_type: 0,
            order_lsb_bits: 4,
            reference_frames: 2,
            reordered,
            frame_rate: None,
            full_range: false,
            colors: [2; 3],
        }
    }

    fn shown(pictures: &[(bool, u32)], sps: &Sps) -> Vec<usize> {
        let mut order = Order::new();
        let mut shown = Vec::new();
        for (i, &(is_idr, order_lsb)) in pictures.iter().enumerate() {
            let is_reference = order_lsb % 4 == 0;
            let slice = Slice {
                starts_picture: true,
                is_intra: is_idr,
                is_idr,
                is_reference,
                order_lsb,
            };
            shown.extend(order.add(&slice, sps, i));
        }
        shown.extend(order.flush());
        shown
    }

    #[test]
    fn pictures_are_shown_in_their_order_over_the_wrap_of_the_count() {
        // I b P b P b P ... decoded as I P b P b; 16 is the wrap.
        let lsbs = [0, 4, 2, 8, 6, 12, 10, 0, 14, 4, 2];
        let pictures: Vec<(bool, u32)> = lsbs
            .iter()
            .enumerate()
            .map(|(i, &lsb)| (i == 0, lsb))
            .collect();
        assert_eq!(
            shown(&pictures, &sps(1)),
            [0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9]
        );
    }

    #[test]
    fn an_idr_comes_after_everything_before_it() {
        let pictures = [
            (true, 0),
            (false, 4),
            (false, 2),
            (true, 0),
            (false, 4),
            (false, 2),
        ];
        assert_eq!(shown(&pictures, &sps(3)), [0, 2, 1, 3, 5, 4]);
    }
}
