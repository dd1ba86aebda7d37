//! One process: copies in all directions over two streams, and what happens without a wait.

use cudarc::driver::{CudaContext, DevicePtr};

use crate::Result;
use crate::check::{Checks, pattern};
use crate::memory::{Pinned, read, wait_value, write_value};

/// No multiple of anything.
const BYTES: usize = (1 << 20) + 13;

/// Host to device, device to device behind an event, memset of a part, and back.
pub fn copy(checks: &mut Checks) -> Result<()> {
    let context = CudaContext::new(0)?;
    checks.equal("devices", CudaContext::device_count()? > 0, true)?;
    let (first, second) = (context.new_stream()?, context.new_stream()?);
    for seed in 1..=4 {
        let mut wanted = pattern(seed, BYTES);
        let from = first.clone_htod(&wanted)?;
        let mut to = second.alloc_zeros::<u8>(BYTES)?;
        second.join(&first)?;
        second.memcpy_dtod(&from, &mut to)?;
        second.memset_zeros(&mut to.slice_mut(1000..3000))?;
        wanted[1000..3000].fill(0);
        checks.bytes("the copy", &second.clone_dtoh(&to)?, &wanted)?;
    }
    context.synchronize()?;
    Ok(())
}

/// The same without an order between the streams: the reader sees the old bytes, for certain,
/// because the writer's stream is held up. With the order it sees the new ones.
pub fn race(checks: &mut Checks) -> Result<()> {
    let context = CudaContext::new(0)?;
    let (writer, reader) = (context.new_stream()?, context.new_stream()?);
    let gate = writer.alloc_zeros::<u64>(1)?;
    let memory = writer.clone_htod(&pattern(1, BYTES))?;
    writer.synchronize()?;
    let (gate, _recorded) = gate.device_ptr(&writer);
    let (memory, _recorded) = memory.device_ptr(&writer);

    let new = pattern(2, BYTES);
    let source = Pinned::new(&new)?;
    wait_value(&writer, gate, 1)?;
    source.upload(&writer, memory)?;
    let written = writer.record_event(None)?;
    checks.equal(
        "the event before the gate opens",
        written.try_is_complete()?,
        false,
    )?;
    checks.bytes(
        "without a wait",
        &read(&reader, memory, BYTES)?,
        &pattern(1, BYTES),
    )?;

    reader.wait(&written)?;
    let mut seen = Pinned::new(&vec![0; BYTES])?;
    seen.download(&reader, memory)?;
    checks.bytes("before the gate opens", seen.contents(), &vec![0; BYTES])?;
    let opener = context.new_stream()?;
    write_value(&opener, gate, 1)?;
    reader.synchronize()?;
    checks.bytes("with a wait", seen.contents(), &new)?;
    checks.equal(
        "the event behind the gate",
        written.try_is_complete()?,
        true,
    )?;
    context.synchronize()?;
    Ok(())
}
