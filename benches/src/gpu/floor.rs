//! The driver's own time for the calls that this library is made of, on a stream with no work.

use cuframes::cuda::CudaError;

use bench_harness::Result;
use bench_harness::book::{Book, Samples, Target};
use bench_harness::machine::{self, Side, now};

use super::Rig;

const ROUNDS: u64 = 2_000;
/// A queue has an end, and a call that fills it waits.
const WAIT_EVERY: u64 = 50;

pub const SYNCHRONIZE: &str = "floor: cuStreamSynchronize, nothing to wait for";
pub const RECORD: &str = "floor: cuEventRecord";
pub const WRITE: &str = "floor: cuStreamWriteValue64";
pub const KERNEL: &str = "floor: a small kernel, enqueued and waited for, in one process";
pub const COPY: &str = "floor: cuMemcpy2DAsync of the two planes of a 1080p NV12 frame";
pub const COPIED: &str = "floor: the same copy, and waiting for it";

type Call = fn(&Rig) -> std::result::Result<(), CudaError>;

pub fn measure(book: &mut Book, rig: &Rig) -> Result<()> {
    let _pinned = machine::pin(machine::processor(Side::This))?;
    let calls: [(&str, Call); 6] = [
        (SYNCHRONIZE, Rig::synchronize),
        (RECORD, Rig::record),
        (WRITE, Rig::write),
        (KERNEL, |rig| {
            rig.look_at_own()?;
            rig.synchronize()
        }),
        (COPY, Rig::copy),
        (COPIED, |rig| {
            rig.copy()?;
            rig.synchronize()
        }),
    ];
    for (what, call) in calls {
        match times(rig, call) {
            Ok(samples) => book.add(what, None, Target::None, &samples),
            Err(error) => book.fail(format!("{what}: {error}")),
        }
    }
    Ok(())
}

fn times(rig: &Rig, call: Call) -> Result<Samples> {
    let mut samples = Samples::new()?;
    call(rig)?;
    for round in 0..ROUNDS {
        if round % WAIT_EVERY == 0 {
            rig.synchronize()?;
        }
        let start = now();
        call(rig)?;
        samples.record(now() - start);
    }
    rig.synchronize()?;
    Ok(samples)
}
