//! `zerobuffer ls`.

use program::output::{print, print_indented_json, table};
use serde::Serialize;
use zerobuffer::BufferInfo;

use crate::args::LsArguments;
use crate::exit::Failure;
use crate::look::{info, state};

/// One buffer, or why nothing is known of it.
#[derive(Serialize)]
#[serde(untagged)]
enum Row {
    Known(Box<info::Report>),
    Unknown { name: String, error: String },
}

/// Lists the buffers of this machine.
pub fn run(arguments: &LsArguments) -> Result<(), Failure> {
    let names = zerobuffer::list().map_err(Failure::io("list /dev/shm"))?;
    let looks = names.into_iter().map(|name| {
        let look = zerobuffer::inspect(&name);
        (name, look)
    });
    // One that went away since it was listed is not there.
    let gone = |look: &Result<_, _>| matches!(look, Err(zerobuffer::Error::BufferNotFound { .. }));
    let looks: Vec<_> = looks.filter(|(_, look)| !gone(look)).collect();
    if arguments.json {
        let rows = looks.into_iter().map(|(name, look)| match look {
            Ok(info) => Row::Known(Box::new(info::Report::of(&info))),
            Err(error) => Row::Unknown {
                name,
                error: error.to_string(),
            },
        });
        return Ok(print_indented_json(&rows.collect::<Vec<_>>())?);
    }
    let headings = [
        "NAME", "STATE", "READER", "WRITER", "PAYLOAD", "FREE", "UNREAD",
    ];
    let rows: Vec<_> = looks
        .iter()
        .map(|(name, look)| match look {
            Ok(info) => cells(info),
            Err(error) => vec![name.clone(), error.to_string()],
        })
        .collect();
    Ok(print(&table(&headings, &rows))?)
}

fn cells(info: &BufferInfo) -> Vec<String> {
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let pid = |process: &zerobuffer::Process| process.pid.to_string();
    vec![
        info.name.clone(),
        state(info).to_owned(),
        or_dash(info.reader.as_ref().map(pid)),
        or_dash(info.writer.as_ref().map(pid)),
        info.payload_size.to_string(),
        info.payload_free.to_string(),
        or_dash(info.unread.map(|unread| unread.to_string())),
    ]
}
