//! How many slots a stream needs to be decoded into them.

use cuframes::wire::{DEFAULT_SLOTS, MAX_SLOTS};

use super::ffmpeg::Threads;

/// What is known about a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Pictures that others are decoded from.
    pub references: usize,
    /// Pictures that wait for their turn to be shown.
    pub reorder: usize,
}

/// Slots, and how they are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Slots of the ring.
    pub slots: u32,
    /// Decoding threads.
    pub threads: Threads,
    /// Frames that one subscriber may hold.
    pub leases: u32,
    /// Slots for every frame to be decoded in its place.
    pub needed: usize,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Given {
    /// Slots of the ring.
    pub slots: Option<u32>,
    /// Frames that one subscriber may hold.
    pub leases: Option<u32>,
    /// Decoding threads.
    pub threads: Option<u16>,
}

impl Needs {
    /// Chooses what is not given. A live stream waits for no threads to fill.
    pub fn plan(&self, given: Given, processors: usize, live: bool) -> Plan {
        const MOST_THREADS: usize = 4;
        let Given { slots, leases, .. } = given;
        let wanted = given.threads.map(usize::from);
        let most = slots.unwrap_or(MAX_SLOTS as u32);
        let leases_of = |slots: u32| leases.unwrap_or((slots / 4).max(1));
        let fixed = |slots: u32| self.references + self.reorder + leases_of(slots) as usize + 1;
        let spare = (most as usize).saturating_sub(fixed(most));
        let threads = match live {
            true => Threads::Slices(wanted.unwrap_or(processors.clamp(1, MOST_THREADS))),
            false => {
                let enough = || spare.min(processors).clamp(1, MOST_THREADS);
                Threads::Frames(wanted.unwrap_or_else(enough))
            }
        };
        let in_work = match threads {
            Threads::Frames(count) => count,
            Threads::Slices(_) => 1,
        };
        let enough = |slots: &u32| fixed(*slots) + in_work <= *slots as usize;
        let found = (DEFAULT_SLOTS..=MAX_SLOTS as u32).find(enough);
        let slots = slots.or(found).unwrap_or(MAX_SLOTS as u32);
        Plan {
            slots,
            threads,
            leases: leases_of(slots),
            needed: fixed(slots) + in_work,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILM: Needs = Needs {
        references: 4,
        reorder: 2,
    };
    const NOTHING: Given = Given {
        slots: None,
        leases: None,
        threads: None,
    };

    #[test]
    fn slots_are_as_many_as_are_needed() {
        let plan = FILM.plan(NOTHING, 2, false);
        // 4 references, 2 to be shown later, 2 in work, a quarter lent, the newest.
        assert_eq!((plan.slots, plan.leases, plan.needed), (11, 2, 11));
        assert_eq!(plan.threads, Threads::Frames(2));
        let live = FILM.plan(NOTHING, 8, true);
        assert_eq!((live.slots, live.needed), (10, 10));
        assert_eq!(live.threads, Threads::Slices(4));
        assert_eq!(Needs::default().plan(NOTHING, 1, false).slots, 8);
    }

    #[test]
    fn what_is_given_stays() {
        let given = Given {
            slots: Some(8),
            leases: Some(2),
            ..NOTHING
        };
        let plan = FILM.plan(given, 4, false);
        assert_eq!((plan.slots, plan.leases, plan.needed), (8, 2, 10));
        assert_eq!(plan.threads, Threads::Frames(1));
        let many = Needs {
            references: 16,
            reorder: 16,
        };
        let plan = many.plan(NOTHING, 4, false);
        assert_eq!((plan.slots, plan.needed), (16, 38));
        let given = Given {
            threads: Some(6),
            ..NOTHING
        };
        let plan = FILM.plan(given, 2, false);
        assert_eq!(plan.threads, Threads::Frames(6));
        assert_eq!((plan.slots, plan.needed), (16, 17));
        assert_eq!(FILM.plan(given, 2, true).threads, Threads::Slices(6));
    }
}
