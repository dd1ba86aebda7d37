//! What is told about buffers, and what is done about those that are left behind.

pub mod gc;
pub mod info;
pub mod ls;

use zerobuffer::BufferInfo;
use zerobuffer::Process;

/// A buffer's state in a word: `stale` is for `gc`, `waiting` has no writer yet or any more.
pub fn state(info: &BufferInfo) -> &'static str {
    match &info.writer {
        _ if info.stale => "stale",
        Some(writer) if writer.alive => "connected",
        Some(_) => "writer dead",
        None => "waiting",
    }
}

/// A process for people.
pub fn process(process: Option<&Process>) -> String {
    match process {
        None => "none".to_owned(),
        Some(process) if process.alive => format!("process {}", process.pid),
        Some(process) => format!("process {}, which is gone", process.pid),
    }
}
