//! What a frame costs on its way: from the camera, which draws it, to everywhere.

use std::time::Duration;

use bench_harness::Result;
use bench_harness::floor::{COPY_OF_FRAME, copy_of_frame};
use bench_harness::machine::now;
use bench_harness::sheet::{AtLeast, Column, Sheet, Unit};

use crate::daemon::{Daemon, FRAME, Outputs};

pub const COLUMNS: [Column; 4] = [
    Column::new("frames/s", Unit::Times),
    Column::new("left out", Unit::Count),
    Column::new("processor time a frame", Unit::Nanoseconds),
    Column::new("copies more than the camera alone", Unit::Times),
];

/// All frames of a camera with 60 a second.
const ALL: AtLeast = AtLeast {
    column: 0,
    value: 59.0,
};

pub fn measure(sheet: &mut Sheet, watched: Duration) -> Result<()> {
    let copy = copy_of_frame(FRAME)?;
    let unknown = f64::NAN;
    sheet.add(COPY_OF_FRAME, None, vec![1e9 / copy, unknown, copy, 1.0]);
    let variants = [
        ("the camera alone", false, false),
        ("with shared memory", true, false),
        ("with the key", false, true),
        ("with shared memory and the key", true, true),
    ];
    let mut alone = unknown;
    for (what, shared_memory, key) in variants {
        let outputs = Outputs { shared_memory, key };
        let mut daemon = Daemon::start(outputs)?;
        let values = watch(&mut daemon, watched)?;
        if alone.is_nan() {
            alone = values.time;
        }
        sheet.add(what, Some(ALL), values.row(alone, copy));
    }
    Ok(())
}

/// What a stream did while it was watched.
pub struct Watched {
    rate: f64,
    lost: f64,
    /// Nanoseconds of the daemon's processor time for a frame.
    pub time: f64,
}

impl Watched {
    /// The row of the table, beside what the same takes otherwise.
    pub fn row(&self, alone: f64, copy: f64) -> Vec<f64> {
        vec![self.rate, self.lost, self.time, (self.time - alone) / copy]
    }
}

pub fn watch(daemon: &mut Daemon, watched: Duration) -> Result<Watched> {
    // Every slot has been written once, and its pages are there.
    std::thread::sleep(Duration::from_millis(500));
    let (frames, used) = (daemon.frames()?, daemon.used()?);
    let start = now();
    // Nothing is waited for here: this is the time for which it is measured.
    std::thread::sleep(watched);
    let (frames_after, used_after) = (daemon.frames()?, daemon.used()?);
    let seconds = (now() - start) as f64 / 1e9;
    let count = (frames_after[0] - frames[0]) as f64;
    if count == 0.0 {
        return Err("the stream stands still".into());
    }
    Ok(Watched {
        rate: count / seconds,
        lost: (frames_after[1] - frames[1]) as f64,
        time: (used_after - used) as f64 / count,
    })
}
