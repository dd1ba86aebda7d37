//! The account of frames, for people and for programs.

use frame_lending::engine::{ConsumerRow, Lending, Report, Tally};
use program::output;
use serde_json::{Value, json};

use super::memory::{Memories, Memory};

/// For programs.
pub fn of(report: &Report, memories: &Memories, is_last: bool) -> Value {
    let mut all = tally(&report.total);
    all["event"] = json!(if is_last { "ended" } else { "stats" });
    all["gone"] = json!(report.gone);
    all["refused"] = json!(report.refused);
    all["keys"] = memories.all().map(key).collect();
    let consumers = report.consumers.iter();
    all["consumers"] = consumers.map(|row| consumer(row, memories)).collect();
    all
}

fn key((key, memory): (&str, Option<Memory>)) -> Value {
    json!({ "key": key, "memory": memory.map(Memory::name) })
}

fn consumer(row: &ConsumerRow, memories: &Memories) -> Value {
    let mut one = tally(&row.tally);
    one["name"] = json!(row.name);
    one["pid"] = json!(row.peer.pid);
    one["uid"] = json!(row.peer.uid);
    one["v"] = json!(row.version);
    let memory = |(key, lending): (&String, &Lending)| {
        let memory = memories.name_for(key, *lending);
        (key.clone(), json!(memory))
    };
    one["memory"] = row.lending.iter().map(memory).collect();
    one
}

fn tally(tally: &Tally) -> Value {
    let frames = &tally.frames;
    json!({
        "sent": frames.sent,
        "returned": frames.returned,
        "errors": frames.errors,
        "timed_out": frames.timed_out,
        "abandoned": frames.abandoned,
        "in_flight": frames.in_flight,
        "late": frames.late,
        "unknown": frames.unknown,
        "quarantined": tally.quarantined,
        "dropped": tally.dropped,
        "copied": tally.copied,
        "malformed": tally.malformed,
    })
}

const HEADINGS: [&str; 13] = [
    "CONSUMER",
    "SENT",
    "RETURNED",
    "ERRORS",
    "TIMED OUT",
    "ABANDONED",
    "IN FLIGHT",
    "LATE",
    "UNKNOWN",
    "QUARANTINED",
    "DROPPED",
    "COPIED",
    "MALFORMED",
];

/// For people.
pub fn table(report: &Report, memories: &Memories) -> String {
    let consumers = report.consumers.iter();
    let mut rows: Vec<_> = consumers.map(|row| line(&row.name, &row.tally)).collect();
    rows.push(line("all", &report.total));
    let keys = memories.all().map(|(key, memory)| {
        let memory = memory.map_or("nobody was lent a frame yet", Memory::name);
        vec![key.to_owned(), memory.to_owned()]
    });
    let keys: Vec<_> = keys.collect();
    let mut tables = output::table(&["KEY", "MEMORY"], &keys);
    let lent: Vec<_> = report
        .consumers
        .iter()
        .flat_map(|row| lent(row, memories))
        .collect();
    if !lent.is_empty() {
        tables += &output::table(&["CONSUMER", "KEY", "MEMORY"], &lent);
    }
    tables + &output::table(&HEADINGS, &rows)
}

/// In what memory a consumer gets the frames of each key.
fn lent(row: &ConsumerRow, memories: &Memories) -> Vec<Vec<String>> {
    let line = |(key, lending): (&String, &Lending)| {
        let memory = memories.name_for(key, *lending).unwrap_or_default();
        vec![shown(&row.name), key.clone(), memory.to_owned()]
    };
    row.lending.iter().map(line).collect()
}

/// A name of another process: a terminal obeys what it cannot show.
pub fn shown(name: &str) -> String {
    let shown = name.chars().flat_map(|letter| match letter.is_control() {
        true => letter.escape_default().collect(),
        false => vec![letter],
    });
    shown.collect()
}

fn line(name: &str, tally: &Tally) -> Vec<String> {
    let frames = &tally.frames;
    let counts = [
        frames.sent,
        frames.returned,
        frames.errors,
        frames.timed_out,
        frames.abandoned,
        frames.in_flight,
        frames.late,
        frames.unknown,
        tally.quarantined,
        tally.dropped,
        tally.copied,
        tally.malformed,
    ];
    let counts = counts.iter().map(u64::to_string);
    std::iter::once(shown(name)).chain(counts).collect()
}
