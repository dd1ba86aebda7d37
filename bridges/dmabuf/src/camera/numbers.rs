//! The numbers of a camera's pictures.

use std::sync::atomic::{AtomicI64, Ordering};

/// A driver counts from 0 each time that it starts, and in 32 bits. These go on, and have the gaps
/// that the driver's have.
#[derive(Debug)]
pub struct Numbers {
    last: AtomicI64,
    /// The driver's number of that one; none of this stream yet if negative.
    theirs: AtomicI64,
}

impl Numbers {
    pub fn new() -> Numbers {
        Numbers {
            last: AtomicI64::new(0),
            theirs: AtomicI64::new(-1),
        }
    }

    /// The driver starts.
    pub fn begin(&self) {
        self.theirs.store(-1, Ordering::Relaxed);
    }

    /// The number of the picture that the driver gives that number. One thread asks at a time.
    pub fn of(&self, theirs: u32) -> i64 {
        let before = u32::try_from(self.theirs.swap(theirs.into(), Ordering::Relaxed));
        let ahead = match before.map(|before| theirs.wrapping_sub(before)) {
            // The first one, or a driver that counts anew, or not at all.
            Err(_) | Ok(0 | 0x8000_0000..) => 1,
            Ok(ahead) => ahead.into(),
        };
        self.last.fetch_add(ahead, Ordering::Relaxed) + ahead
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_go_on_over_the_end_of_the_drivers_and_over_a_new_start() {
        let numbers = Numbers::new();
        let found = [5, 6, 9, 9, 0, u32::MAX, 1].map(|theirs| numbers.of(theirs));
        assert_eq!(found, [1, 2, 5, 6, 7, 8, 10]);
        numbers.begin();
        assert_eq!([0, 3].map(|theirs| numbers.of(theirs)), [11, 14]);
    }
}
