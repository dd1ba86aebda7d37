//! `cuframes info`.

use cuframes::Mode;
use cuframes::keys::{self, KeyInfo, KeyPackets, KeySubscriber};
use cuframes::wire::StreamState;
use program::output::{print, print_json, table};
use serde::Serialize;

use cuframes_cli::args::InfoArguments;
use cuframes_cli::exit::Failure;
use cuframes_cli::report::{self, ratio};

/// A publisher and its subscribers. Numbers of 64 bits that are not counts are text, since
/// many readers of JSON round them.
#[derive(Debug, Serialize)]
struct Report<'a> {
    key: &'a str,
    state: &'static str,
    pid: u32,
    uid: u32,
    library: String,
    epoch: String,
    format: &'static str,
    fourcc: &'static str,
    width: u32,
    height: u32,
    pitches: &'a [u32],
    frame_size: u64,
    memory: &'static str,
    sync: &'static str,
    device: Option<String>,
    slots: u32,
    pool_size: u64,
    fps: Option<String>,
    sar: Option<String>,
    latest_seq: u64,
    dropped: u64,
    packets: Option<Packets>,
    heartbeat_age_ms: u64,
    subscribers: Vec<Row<'a>>,
}

/// The encoded packets.
#[derive(Debug, Serialize)]
struct Packets {
    codec: Option<String>,
    slots: u64,
    bytes: u64,
    latest_seq: u64,
    latest_key: u64,
}

/// One subscriber.
#[derive(Debug, Serialize)]
struct Row<'a> {
    index: u32,
    name: &'a str,
    pid: u32,
    uid: u32,
    mode: &'static str,
    held: u32,
    consumed_seq: u64,
    received: u64,
    missed: u64,
}

/// Tells how the publisher of a key does.
pub fn run(arguments: &InfoArguments) -> Result<(), Failure> {
    let info = keys::info(&arguments.key, &arguments.trust.allow_uids)?;
    let report = Report::of(&arguments.key, &info);
    match arguments.json {
        true => print_json(&report)?,
        false => print(&report.text())?,
    }
    Ok(())
}

/// The state of the stream in a word.
pub fn state(info: &KeyInfo) -> &'static str {
    match info.state {
        StreamState::Live => "live",
        StreamState::Closed => "closed",
        StreamState::Reconfigured => "reconfigured",
    }
}

impl<'a> Report<'a> {
    fn of(key: &'a str, info: &'a KeyInfo) -> Report<'a> {
        let layout = &info.layout;
        let version = info.lib_version;
        Report {
            key,
            state: state(info),
            pid: info.pid,
            uid: info.uid,
            library: format!("{}.{}.{}", version >> 16, version >> 8 & 255, version & 255),
            epoch: format!("{:016x}", info.epoch),
            format: layout.format.ffmpeg_name(),
            fourcc: layout.format.fourcc_name(),
            width: layout.width,
            height: layout.height,
            pitches: layout
                .plane_pitch
                .get(..layout.plane_count)
                .unwrap_or_default(),
            frame_size: layout.frame_size,
            memory: report::memory(info.memory),
            sync: report::sync(info.sync),
            device: info.device.map(|uuid| uuid.to_string()),
            slots: info.slots,
            pool_size: info.pool_size,
            fps: ratio(info.stream.fps),
            sar: ratio(info.stream.sar),
            latest_seq: info.latest_seq,
            dropped: info.dropped,
            packets: info.packets.as_ref().map(Packets::of),
            heartbeat_age_ms: info.heartbeat_age_ns / 1_000_000,
            subscribers: info.subscribers.iter().map(Row::of).collect(),
        }
    }

    fn text(&self) -> String {
        let fps = self.fps.as_deref().unwrap_or("unknown");
        let device = self.device.as_deref().map(|uuid| format!(" on {uuid}"));
        let sar = self.sar.as_deref().unwrap_or("unknown");
        let mut text = format!(
            "key         {} ({})\n\
             publisher   process {}, user {}, library {}, heard of {} ms ago\n\
             picture     {}x{} {} ({}), pitches {:?}\n\
             rate        {fps} frames per second, pixel aspect ratio {sar}\n\
             memory      {}{}, sync {}\n\
             ring        {} slots of {} bytes, {} bytes in all\n\
             frames      {} published, {} dropped, epoch {}\n\
             packets     {}\n\
             subscribers {}\n",
            self.key,
            self.state,
            self.pid,
            self.uid,
            self.library,
            self.heartbeat_age_ms,
            self.width,
            self.height,
            self.format,
            self.fourcc,
            self.pitches,
            self.memory,
            device.unwrap_or_default(),
            self.sync,
            self.slots,
            self.frame_size,
            self.pool_size,
            self.latest_seq,
            self.dropped,
            self.epoch,
            self.packets
                .as_ref()
                .map_or_else(|| "none".to_owned(), Packets::text),
            self.subscribers.len(),
        );
        if !self.subscribers.is_empty() {
            let headings = [
                "INDEX", "NAME", "PID", "UID", "MODE", "HELD", "CONSUMED", "RECEIVED", "MISSED",
            ];
            let rows: Vec<_> = self.subscribers.iter().map(Row::cells).collect();
            text += "\n";
            text += &table(&headings, &rows);
        }
        text
    }
}

impl Packets {
    fn of(packets: &KeyPackets) -> Packets {
        Packets {
            codec: packets.codec.map(|codec| codec.to_string()),
            slots: packets.slots,
            bytes: packets.bytes,
            latest_seq: packets.latest_seq,
            latest_key: packets.latest_key,
        }
    }

    fn text(&self) -> String {
        format!(
            "{} published, codec {}, newest key packet {}, ring of {} packets and {} bytes",
            self.latest_seq,
            self.codec.as_deref().unwrap_or("not known yet"),
            self.latest_key,
            self.slots,
            self.bytes
        )
    }
}

impl<'a> Row<'a> {
    fn of(row: &'a KeySubscriber) -> Row<'a> {
        Row {
            index: row.index,
            name: &row.name,
            pid: row.pid,
            uid: row.uid,
            mode: match row.mode {
                Some(Mode::NewestOnly) => "newest",
                Some(Mode::StrictOrder) => "strict",
                _ => "unknown",
            },
            held: row.held,
            consumed_seq: row.consumed_seq,
            received: row.received,
            missed: row.missed,
        }
    }

    fn cells(&self) -> Vec<String> {
        vec![
            self.index.to_string(),
            self.name.to_owned(),
            self.pid.to_string(),
            self.uid.to_string(),
            self.mode.to_owned(),
            self.held.to_string(),
            self.consumed_seq.to_string(),
            self.received.to_string(),
            self.missed.to_string(),
        ]
    }
}
