//! What an engine says of its frames.

use serde_json::Value;

/// One line of its report.
#[derive(Clone, Debug)]
pub struct Account {
    /// All consumers, those that are gone included.
    pub total: Frames,
    /// Those that are there, by their names.
    pub consumers: Vec<(String, Frames)>,
    /// How many are gone.
    pub gone: u64,
}

/// Frames of one consumer, or of all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Frames {
    pub sent: u64,
    pub returned: u64,
    pub errors: u64,
    pub timed_out: u64,
    pub abandoned: u64,
    pub in_flight: u64,
    pub late: u64,
    pub unknown: u64,
    pub quarantined: u64,
    pub malformed: u64,
}

impl Account {
    pub fn of(report: &Value) -> Account {
        let consumers = report["consumers"].as_array();
        let row = |row: &Value| {
            let name = row["name"].as_str().expect("a name");
            (name.to_owned(), Frames::of(row))
        };
        Account {
            total: Frames::of(report),
            consumers: consumers.expect("a list").iter().map(row).collect(),
            gone: report["gone"].as_u64().expect("a count"),
        }
    }

    /// Every frame is accounted for once.
    pub fn check(&self) {
        let rows = self.consumers.iter().map(|(_, frames)| frames);
        for frames in rows.chain([&self.total]) {
            let ended = frames.returned + frames.errors + frames.timed_out + frames.abandoned;
            assert_eq!(frames.sent, ended + frames.in_flight, "{self:?}");
            assert_eq!((frames.unknown, frames.malformed), (0, 0), "{self:?}");
        }
    }

    /// The frames of the consumer of that name.
    pub fn consumer(&self, name: &str) -> Option<Frames> {
        let mut rows = self.consumers.iter();
        rows.find(|(known, _)| known == name).map(|row| row.1)
    }

    /// The frames of consumers that are gone.
    pub fn of_the_gone(&self) -> Frames {
        let there = self.consumers.iter().map(|(_, frames)| frames);
        there.fold(self.total, |all, one| all.without(one))
    }
}

impl Frames {
    fn of(row: &Value) -> Frames {
        let count = |name: &str| {
            let count = row[name].as_u64();
            count.unwrap_or_else(|| panic!("no {name} in {row}"))
        };
        Frames {
            sent: count("sent"),
            returned: count("returned"),
            errors: count("errors"),
            timed_out: count("timed_out"),
            abandoned: count("abandoned"),
            in_flight: count("in_flight"),
            late: count("late"),
            unknown: count("unknown"),
            quarantined: count("quarantined"),
            malformed: count("malformed"),
        }
    }

    /// These, and not those of `other` among them.
    pub fn without(&self, other: &Frames) -> Frames {
        Frames {
            sent: self.sent - other.sent,
            returned: self.returned - other.returned,
            errors: self.errors - other.errors,
            timed_out: self.timed_out - other.timed_out,
            abandoned: self.abandoned - other.abandoned,
            in_flight: self.in_flight - other.in_flight,
            late: self.late - other.late,
            unknown: self.unknown - other.unknown,
            quarantined: self.quarantined - other.quarantined,
            malformed: self.malformed - other.malformed,
        }
    }

    /// Frames that came back, in time or not.
    pub fn back(&self) -> u64 {
        self.returned + self.errors + self.late
    }
}
