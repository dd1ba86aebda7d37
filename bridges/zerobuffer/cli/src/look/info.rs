//! `zerobuffer info`.

use program::output::{print, print_indented_json};
use serde::Serialize;
use zerobuffer::{BufferInfo, Process};

use crate::args::InfoArguments;
use crate::exit::Failure;
use crate::look::{process, state};

/// A buffer. Metadata is text where it is text, and hexadecimal digits where it is not.
#[derive(Serialize)]
pub struct Report {
    name: String,
    state: &'static str,
    version: String,
    metadata_size: u64,
    metadata_written: u64,
    metadata: Option<String>,
    metadata_hex: Option<String>,
    payload_size: u64,
    payload_free: u64,
    write_pos: u64,
    read_pos: u64,
    written_count: u64,
    read_count: u64,
    writer: Option<Side>,
    reader: Option<Side>,
    unread: Option<u32>,
    space_tokens: Option<u32>,
    lock_held: bool,
}

/// One of the two processes.
#[derive(Serialize)]
struct Side {
    pid: u64,
    alive: bool,
}

impl Side {
    fn of(process: &Process) -> Side {
        Side {
            pid: process.pid,
            alive: process.alive,
        }
    }
}

/// Tells about a buffer.
pub fn run(arguments: &InfoArguments) -> Result<(), Failure> {
    let info = zerobuffer::inspect(&arguments.name)?;
    match arguments.json {
        true => print_indented_json(&Report::of(&info))?,
        false => print(&text(&info))?,
    }
    Ok(())
}

impl Report {
    /// What is known.
    pub fn of(info: &BufferInfo) -> Report {
        let [major, minor, patch, _] = info.version;
        let metadata = info.metadata.as_deref();
        let text = metadata.and_then(|bytes| std::str::from_utf8(bytes).ok());
        let digits = metadata.filter(|_| text.is_none()).map(hex);
        Report {
            name: info.name.clone(),
            state: state(info),
            version: format!("{major}.{minor}.{patch}"),
            metadata_size: info.metadata_size,
            metadata_written: info.metadata_written,
            metadata: text.map(str::to_owned),
            metadata_hex: digits,
            payload_size: info.payload_size,
            payload_free: info.payload_free,
            write_pos: info.write_pos,
            read_pos: info.read_pos,
            written_count: info.written_count,
            read_count: info.read_count,
            writer: info.writer.as_ref().map(Side::of),
            reader: info.reader.as_ref().map(Side::of),
            unread: info.unread,
            space_tokens: info.space_tokens,
            lock_held: info.lock_held,
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn text(info: &BufferInfo) -> String {
    let report = Report::of(info);
    let metadata = match (&report.metadata, &report.metadata_hex) {
        (Some(text), _) => text.escape_debug().to_string(),
        (None, Some(digits)) => format!("0x{digits}"),
        (None, None) => "none yet".to_owned(),
    };
    let tokens = |count: Option<u32>| count.map_or("unknown".to_owned(), |n| n.to_string());
    format!(
        "buffer    {} ({}), version {}\n\
         reader    {}{}\n\
         writer    {}\n\
         metadata  {metadata}\n\
         \x20         {} of {} bytes\n\
         payload   {} bytes, {} free\n\
         positions write {}, read {}\n\
         counters  {} written, {} read, wraps included\n\
         unread    {} frames; tokens for space: {}\n",
        report.name,
        report.state,
        report.version,
        process(info.reader.as_ref()),
        if info.lock_held {
            ", holds the lock"
        } else {
            ", no lock is held"
        },
        process(info.writer.as_ref()),
        report.metadata_written,
        report.metadata_size,
        report.payload_size,
        report.payload_free,
        report.write_pos,
        report.read_pos,
        report.written_count,
        report.read_count,
        tokens(report.unread),
        tokens(report.space_tokens),
    )
}
