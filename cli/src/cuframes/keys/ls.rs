//! `cuframes ls`.

use std::path::Path;
use std::thread;

use cuframes::keys::{self, KeyEntry, KeyInfo};
use program::output::{print, print_json, table};
use serde::Serialize;

use cuframes_cli::args::LsArguments;
use cuframes_cli::exit::Failure;
use cuframes_cli::report::{self, ratio};

/// One key.
#[derive(Debug, Serialize)]
struct Row {
    key: String,
    /// `live`, `closed` or `reconfigured` as the publisher says; `dead` with leftovers for
    /// `gc`; `gone` without; `unknown` with a publisher that does not answer.
    state: &'static str,
    pid: Option<u32>,
    format: Option<&'static str>,
    fourcc: Option<&'static str>,
    width: Option<u32>,
    height: Option<u32>,
    fps: Option<String>,
    memory: Option<&'static str>,
    sync: Option<&'static str>,
    frames: Option<u64>,
    codec: Option<String>,
    packets: Option<u64>,
    subscribers: Option<usize>,
    run_dir: String,
    /// Why a publisher is unknown.
    error: Option<String>,
}

/// Lists every key of every run directory.
pub fn run(arguments: &LsArguments) -> Result<(), Failure> {
    let entries = keys::list();
    let allow_uids = &arguments.trust.allow_uids[..];
    // A publisher that does not answer keeps nobody but its own row waiting.
    let mut rows: Vec<Row> = thread::scope(|scope| {
        let ask = |entry| scope.spawn(move || Row::of(entry, allow_uids));
        let threads: Vec<_> = entries.into_iter().map(ask).collect();
        let rows = threads.into_iter().filter_map(|thread| thread.join().ok());
        rows.collect()
    });
    rows.retain(|row| arguments.all || row.state != "gone");
    match arguments.json {
        true => print_json(&rows)?,
        false => print(&text(&rows))?,
    }
    Ok(())
}

impl Row {
    fn of(entry: KeyEntry, allow_uids: &[u32]) -> Row {
        let has_socket = entry.run_dir.join(format!("{}.sock", entry.key)).exists();
        let silent = |state| Row::silent(&entry.key, state, &entry.run_dir);
        match entry.publisher {
            None if has_socket => silent("dead"),
            None => silent("gone"),
            Some(pid) => {
                // 0 is one whose lock may not be read.
                let pid = Some(pid).filter(|&pid| pid != 0);
                let row = match keys::info(&entry.key, allow_uids) {
                    Ok(info) => silent(super::info::state(&info)).with(&info),
                    Err(error) => Row {
                        error: Some(error.to_string()),
                        ..silent("unknown")
                    },
                };
                Row { pid, ..row }
            }
        }
    }

    fn silent(key: &str, state: &'static str, run_dir: &Path) -> Row {
        Row {
            key: key.to_owned(),
            state,
            pid: None,
            format: None,
            fourcc: None,
            width: None,
            height: None,
            fps: None,
            memory: None,
            sync: None,
            frames: None,
            codec: None,
            packets: None,
            subscribers: None,
            run_dir: run_dir.display().to_string(),
            error: None,
        }
    }

    fn with(self, info: &KeyInfo) -> Row {
        let codec = info.packets.as_ref().and_then(|packets| packets.codec);
        Row {
            format: Some(info.layout.format.ffmpeg_name()),
            fourcc: Some(info.layout.format.fourcc_name()),
            width: Some(info.layout.width),
            height: Some(info.layout.height),
            fps: ratio(info.stream.fps),
            memory: Some(report::memory(info.memory)),
            sync: Some(report::sync(info.sync)),
            frames: Some(info.latest_seq),
            codec: codec.map(|codec| codec.to_string()),
            packets: info.packets.as_ref().map(|packets| packets.latest_seq),
            subscribers: Some(info.subscribers.len()),
            ..self
        }
    }

    fn packets_text(&self) -> Option<String> {
        let codec = self.codec.as_deref().unwrap_or("codec unknown");
        self.packets.map(|packets| format!("{packets} ({codec})"))
    }

    fn cells(&self) -> Vec<String> {
        let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        let format = self.format.zip(self.fourcc);
        let place = self.memory.zip(self.sync);
        let size = self.width.zip(self.height);
        vec![
            self.key.clone(),
            self.state.to_owned(),
            or_dash(self.pid.map(|pid| pid.to_string())),
            or_dash(format.map(|(name, fourcc)| format!("{name} ({fourcc})"))),
            or_dash(size.map(|(width, height)| format!("{width}x{height}"))),
            or_dash(self.fps.clone()),
            or_dash(place.map(|(memory, sync)| format!("{memory} ({sync})"))),
            or_dash(self.frames.map(|frames| frames.to_string())),
            or_dash(self.packets_text()),
            or_dash(self.subscribers.map(|count| count.to_string())),
            self.run_dir.clone(),
            self.error.clone().unwrap_or_default(),
        ]
    }
}

fn text(rows: &[Row]) -> String {
    let headings = [
        "KEY",
        "STATE",
        "PID",
        "FORMAT",
        "SIZE",
        "FPS",
        "MEMORY",
        "FRAMES",
        "PACKETS",
        "SUBSCRIBERS",
        "RUN DIRECTORY",
        "",
    ];
    let cells: Vec<_> = rows.iter().map(Row::cells).collect();
    table(&headings, &cells)
}
