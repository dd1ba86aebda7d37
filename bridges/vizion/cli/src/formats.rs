//! `vizion get-formats`.

use program::output::{print, print_json};
use serde_json::{Map, Value, json};
use vizion::VideoFormat;
use vizion::control::Command;

use crate::args::{DaemonArguments, FormatFilter};
use crate::daemon::Daemon;
use crate::exit::Failure;
use crate::report::plain;
use crate::request::Request;

/// Lists the formats, as `set-format` takes them.
pub fn run(arguments: &DaemonArguments, filter: &FormatFilter) -> Result<(), Failure> {
    let mut daemon = Daemon::of(arguments)?;
    let formats = all(&mut daemon, filter)?;
    if daemon.json {
        let answer = json!({ "status": "success", "formats": formats });
        return Ok(print_json(&answer)?);
    }
    let lines = formats.iter().map(|format| line(format) + "\n");
    Ok(print(&lines.collect::<String>())?)
}

/// The formats of as many answers as it takes: one has room for some seventy.
fn all(daemon: &mut Daemon, filter: &FormatFilter) -> Result<Vec<Value>, Failure> {
    let mut formats = Vec::new();
    let mut came = 0;
    loop {
        let mut answer = daemon.ask(page(filter, came))?;
        let Some(Value::Array(more)) = answer.remove("formats") else {
            return Err(Failure::Lacks("formats"));
        };
        let count = more.len();
        came += count;
        // A daemon that does not know the parameter does not filter either.
        let wanted = |format: &Value| match filter.format {
            Some(wanted) => format.get("format") == Some(&Value::from(wanted.name())),
            None => true,
        };
        formats.extend(more.into_iter().filter(wanted));
        if count == 0 || answer.get("more") != Some(&Value::from(true)) {
            return Ok(formats);
        }
    }
}

fn page(filter: &FormatFilter, offset: usize) -> Request {
    let mut params = Map::new();
    if let Some(format) = filter.format {
        params.insert("format".to_owned(), Value::from(format.name()));
    }
    if offset > 0 {
        params.insert("offset".to_owned(), Value::from(offset));
    }
    Request {
        params,
        ..Request::plain(Command::GetFormats)
    }
}

/// A format as `set-format` takes it, or whatever else the daemon calls one.
fn line(format: &Value) -> String {
    match serde_json::from_value::<VideoFormat>(format.clone()) {
        Ok(format) => format.to_string(),
        Err(_) => plain(&format.to_string()),
    }
}
