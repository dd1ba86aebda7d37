//! Two processes: memory and an event by their IPC handles.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use cudarc::driver::{CudaContext, result, sys};

use crate::Result;
use crate::check::{Checks, pattern};
use crate::memory::{filled, forever, read, write};

const BYTES: usize = 2 << 20;
const ROUNDS: u32 = 5;
/// `CU_IPC_MEM_LAZY_ENABLE_PEER_ACCESS`, the only flag there is.
const LAZY: u32 = 1;

/// Writes on the GPU, lets the child wait for it on the GPU, and reads what the child wrote.
pub fn parent(checks: &mut Checks) -> Result<()> {
    let context = CudaContext::new(0)?;
    let stream = context.new_stream()?;
    // SAFETY: I15: plain memory of the current context.
    let memory = unsafe { result::malloc_sync(BYTES) }?;
    let flags = sys::CUevent_flags::CU_EVENT_DISABLE_TIMING as u32
        | sys::CUevent_flags::CU_EVENT_INTERPROCESS as u32;
    // SAFETY: I17: a place for the event.
    let event = filled(|event| unsafe { sys::cuEventCreate(event, flags) })?;
    // SAFETY: I15: memory of ours.
    let memory_handle = filled(|handle| unsafe { sys::cuIpcGetMemHandle(handle, memory) })?;
    // SAFETY: I15: an event of ours.
    let event_handle = filled(|handle| unsafe { sys::cuIpcGetEventHandle(handle, event) })?;

    let mut child = Command::new(std::env::current_exe()?)
        .arg("ipc-child")
        .args([hex(&memory_handle.reserved), hex(&event_handle.reserved)])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut to_child = child.stdin.take().expect("piped");
    let mut from_child = BufReader::new(child.stdout.take().expect("piped")).lines();
    let mut line = || {
        from_child
            .next()
            .unwrap_or(Ok("the child has ended".into()))
    };

    checks.equal("the child", line()?.as_str(), "opened")?;
    for round in 1..=ROUNDS {
        write(&stream, memory, forever(pattern(round, BYTES)))?;
        // SAFETY: I15: event and stream are ours.
        unsafe { result::event::record(event, stream.cu_stream()) }?;
        writeln!(to_child, "{round}")?;
        checks.equal("the child", line()?, format!("seen {round}"))?;
        checks.bytes(
            "the child's bytes",
            &read(&stream, memory, BYTES)?,
            &pattern(!round, BYTES),
        )?;
    }
    drop(to_child);
    checks.equal("the child's end", child.wait()?.code(), Some(0))?;
    // SAFETY: I15: nobody uses it any more.
    unsafe { result::event::destroy(event) }?;
    // SAFETY: I16: the stream was waited for, the child has ended.
    unsafe { result::free_sync(memory) }?;
    Ok(())
}

/// Opens both, and for each line waits on its stream, reads, and writes something else.
pub fn child(memory: &str, event: &str) -> Result<()> {
    let context = CudaContext::new(0)?;
    let stream = context.new_stream()?;
    let handle = sys::CUipcMemHandle {
        reserved: unhex(memory)?,
    };
    // SAFETY: I17: a place for the address.
    let memory = filled(|at| unsafe { sys::cuIpcOpenMemHandle_v2(at, handle, LAZY) })?;
    let handle = sys::CUipcEventHandle {
        reserved: unhex(event)?,
    };
    // SAFETY: I17: a place for the event.
    let event = filled(|event| unsafe { sys::cuIpcOpenEventHandle(event, handle) })?;
    println!("opened");
    for line in std::io::stdin().lines() {
        let round: u32 = line?.parse()?;
        // SAFETY: I15: both are alive.
        unsafe {
            result::stream::wait_event(
                stream.cu_stream(),
                event,
                sys::CUevent_wait_flags::CU_EVENT_WAIT_DEFAULT,
            )
        }?;
        if read(&stream, memory, BYTES)? != pattern(round, BYTES) {
            return Err(format!("round {round}: other bytes than the parent wrote").into());
        }
        write(&stream, memory, forever(pattern(!round, BYTES)))?;
        stream.synchronize()?;
        println!("seen {round}");
    }
    // SAFETY: I15: nobody uses it any more.
    unsafe { result::event::destroy(event) }?;
    // SAFETY: I16: the stream was waited for.
    unsafe { sys::cuIpcCloseMemHandle(memory) }.result()?;
    Ok(())
}

fn hex(bytes: &[std::ffi::c_char; 64]) -> String {
    bytes
        .iter()
        .map(|byte| format!("{:02x}", *byte as u8))
        .collect()
}

fn unhex(text: &str) -> Result<[std::ffi::c_char; 64]> {
    let mut bytes = [0; 64];
    for (at, byte) in bytes.iter_mut().enumerate() {
        let digits = text
            .get(2 * at..2 * at + 2)
            .ok_or("a handle has 64 bytes")?;
        *byte = u8::from_str_radix(digits, 16)? as std::ffi::c_char;
    }
    Ok(bytes)
}
