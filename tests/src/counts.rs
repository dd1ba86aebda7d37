//! What a test counts itself, and whether both sides count the same.

use crate::line::Line;

/// The frames of one subscriber as its lines told them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Own {
    /// Frames read.
    pub received: u64,
    /// Sequences between two of them.
    pub missed: u64,
    /// The newest one.
    pub last: u64,
}

impl Own {
    /// Counts a FRAME line.
    ///
    /// # Panics
    /// If the frame is torn, or is not newer than the one before.
    pub fn count(&mut self, frame: &Line) {
        assert!(frame.is("whole"), "torn: {frame}");
        let seq: u64 = frame.get("seq");
        assert!(seq > self.last, "after {}: {frame}", self.last);
        if self.last != 0 {
            self.missed += seq - self.last - 1;
        }
        self.received += 1;
        self.last = seq;
    }

    /// Compares with what a subscriber's STATS line or a publisher's ROW line says.
    pub fn compare(&self, told: &Line) -> Result<(), String> {
        let last = if told.word() == "ROW" {
            told.get("consumed")
        } else {
            told.get("last")
        };
        let theirs = Own {
            received: told.get("received"),
            missed: told.get("missed"),
            last,
        };
        match theirs == *self {
            true => Ok(()),
            false => Err(format!("counted {self:?}, told: {told}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_frame_too_many_is_noticed() {
        let mut own = Own::default();
        for seq in [1, 2, 5] {
            own.count(&Line::new(format!("FRAME seq={seq} whole=1")));
        }
        let expected = Own {
            received: 3,
            missed: 2,
            last: 5,
        };
        assert_eq!(own, expected);
        let told = |text: &str| own.compare(&Line::new(text));
        assert!(told("STATS received=3 missed=2 last=5").is_ok());
        assert!(told("ROW received=3 missed=2 consumed=5").is_ok());
        assert!(told("STATS received=4 missed=2 last=5").is_err());
        assert!(told("STATS received=3 missed=1 last=5").is_err());
        assert!(told("ROW received=3 missed=2 consumed=4").is_err());
    }

    #[test]
    #[should_panic(expected = "torn")]
    fn a_torn_frame_is_noticed() {
        Own::default().count(&Line::new("FRAME seq=1 whole=0"));
    }

    #[test]
    #[should_panic(expected = "after 2")]
    fn a_frame_told_twice_is_noticed() {
        let mut own = Own::default();
        own.count(&Line::new("FRAME seq=2 whole=1"));
        own.count(&Line::new("FRAME seq=2 whole=1"));
    }
}
