//! Feature file 09: what waiting costs.

use std::time::Duration;

use crate::support::actor::Actor;
use crate::support::raw::Raw;
use crate::support::unique;

/// The processor time that a process has had, in hundredths of a second.
fn ticks(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("it lives");
    let (_, rest) = stat.rsplit_once(") ").expect("a command's name");
    let fields: Vec<&str> = rest.split(' ').collect();
    let time = |i: usize| fields[i].parse::<u64>().expect("a time");
    time(11) + time(12)
}

/// 9.1
#[test]
fn waiting_costs_nothing() {
    let name = unique("cpu");
    let mut reader = Actor::reader(&name, 0, 10240);
    let mut writer = Actor::writer(&name);
    reader.tell("read 25000");
    let before = (ticks(reader.pid()), ticks(writer.pid()));
    // The time over which it is measured; nothing is waited for.
    std::thread::sleep(Duration::from_secs(2));
    let waited = ticks(reader.pid()) - before.0;
    assert!(waited <= 2, "a reader took {waited} ticks of 200 to wait");
    writer.expect("write 1024", "wrote 1");
    assert_eq!(reader.answer(), "frame 1 1024 whole");
    // A writer that waits for space.
    writer.expect("fill 1024", "filled 9");
    writer.expect("timeout 25000", "ok");
    writer.tell("write 1024");
    let before = ticks(writer.pid());
    std::thread::sleep(Duration::from_secs(2));
    let waited = ticks(writer.pid()) - before;
    assert!(waited <= 2, "a writer took {waited} ticks of 200 to wait");
    reader.expect("read 10000", "frame 2 1024 whole");
    assert_eq!(writer.answer(), "wrote 11");
    assert_eq!(Raw::open(&name).unread(), 9);
    // While frames flow there is a cost, which shows that the measure sees one.
    let before = ticks(reader.pid());
    writer.tell("write-many 1024 20000");
    let all = format!("read 20009 frames of {} bytes", 20009 * 1024);
    reader.expect("drain 20009 0", &all);
    assert!(ticks(reader.pid()) > before);
}
