//! What a reader costs that waits for a writer with nothing to say.

use std::time::Duration;

use bench_harness::Result;
use bench_harness::machine::Side;
use bench_harness::peer::{self, Peer, word};
use bench_harness::sheet::{Column, Sheet, Unit};
use zerobuffer::{BufferConfig, DEFAULT_METADATA_SIZE, Reader, Writer};
use zerobuffer_peer::Tidy;

use crate::plan::{DUPLEX_RING, Plan, unique};
use crate::python;

pub const COLUMNS: [Column; 3] = [
    Column::new("ticks of processor time", Unit::Count),
    Column::new("context switches", Unit::Count),
    Column::new("watched for", Unit::Nanoseconds),
];
/// Longer than it is watched.
const TIMEOUT: Duration = Duration::from_secs(60);
/// From the beginning of a wait to its quiet part.
const SETTLE: Duration = Duration::from_secs(1);

pub fn measure(sheet: &mut Sheet, plan: &Plan, with_peer: bool) -> Result<()> {
    let name = unique();
    let reader = Peer::start("sleeper", std::slice::from_ref(&name))?;
    watch(sheet, "a reader that waits", plan, &name, reader)?;
    if with_peer {
        let name = unique();
        let _tidy = Tidy::new(&name);
        let reader = python::start("sleeper", &name, Side::This, &[DUPLEX_RING])?;
        watch(
            sheet,
            "Python peer's reader that waits",
            plan,
            &name,
            reader,
        )?;
    }
    Ok(())
}

fn watch(sheet: &mut Sheet, what: &str, plan: &Plan, name: &str, mut reader: Peer) -> Result<()> {
    reader.hear()?;
    let mut writer = Writer::connect(name)?;
    reader.tell("go")?;
    // Nothing is waited for here: this is the time for which it is measured.
    std::thread::sleep(SETTLE);
    let before = used(reader.pid())?;
    std::thread::sleep(Duration::from_millis(plan.rest_ms()));
    let after = used(reader.pid())?;
    writer.write(&[7])?;
    reader.let_go()?;
    let [ticks, switches] = [after[0] - before[0], after[1] - before[1]].map(|used| used as f64);
    let watched = plan.rest_ms() as f64 * 1e6;
    sheet.add(what, None, vec![ticks, switches, watched]);
    Ok(())
}

/// In the other process: waits for one frame.
pub fn be_sleeper(words: &[String]) -> Result<()> {
    let config = BufferConfig::new(DEFAULT_METADATA_SIZE, DUPLEX_RING as u64);
    let mut reader = Reader::create(&word::<String>(words, 0)?, &config)?;
    peer::say("ready")?;
    peer::listen()?;
    reader.read(TIMEOUT)?.ok_or("no frame came")?;
    peer::until_let_go()
}

/// Clock ticks and context switches of all threads of a process.
fn used(pid: u32) -> Result<[u64; 2]> {
    let mut sum = [0, 0];
    for task in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        let task = task?.path();
        let stat = std::fs::read_to_string(task.join("stat"))?;
        // The name of the program may contain spaces, and ends with the last bracket. User and
        // system time are the 14th and the 15th field, so the 12th and the 13th after it.
        let (_, fields) = stat.rsplit_once(')').ok_or("no name in stat")?;
        let fields: Vec<&str> = fields.split_ascii_whitespace().collect();
        sum[0] += fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
        let status = std::fs::read_to_string(task.join("status"))?;
        let switches = status.lines().filter(|line| line.contains("ctxt_switches"));
        for count in switches.filter_map(|line| line.split_ascii_whitespace().nth(1)) {
            sum[1] += count.parse::<u64>()?;
        }
    }
    Ok(sum)
}
