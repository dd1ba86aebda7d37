//! A buffer of 256 MiB: how long it takes to make, and how often its pages are touched for it.

use bench_harness::Result;
use bench_harness::machine::{Side, now};
use bench_harness::sheet::{Column, Sheet, Unit};
use zerobuffer::{BufferConfig, DEFAULT_METADATA_SIZE, DEFAULT_PAYLOAD_SIZE, Reader};
use zerobuffer_peer::Tidy;

use crate::floor::{Segment, faults};
use crate::plan::{Plan, unique};
use crate::python;

pub const COLUMNS: [Column; 3] = [
    Column::new("to create", Unit::Nanoseconds),
    Column::new("page faults", Unit::Count),
    Column::new("to destroy", Unit::Nanoseconds),
];

pub fn measure(sheet: &mut Sheet, plan: &Plan, with_peer: bool) -> Result<()> {
    let payload = DEFAULT_PAYLOAD_SIZE;
    let config = BufferConfig::new(DEFAULT_METADATA_SIZE, payload);
    for _ in 0..plan.creations() {
        let bare = "floor: ftruncate, fallocate and mmap";
        once(sheet, bare, || Segment::create(&unique(), payload as usize))?;
        once(sheet, "`Reader::create`", || {
            Ok(Reader::create(&unique(), &config)?)
        })?;
        let prefault = config.clone().prefault(true);
        once(sheet, "`Reader::create`, `prefault`", || {
            Ok(Reader::create(&unique(), &prefault)?)
        })?;
    }
    if with_peer {
        let numbers = [payload as usize, plan.creations()];
        let name = unique();
        let _tidy = Tidy::new(&name);
        let mut peer = python::start("creator", &name, Side::This, &numbers)?;
        for ns in peer.hear_numbers()? {
            sheet.add(
                "Python peer, `Reader`",
                None,
                vec![ns as f64, f64::NAN, f64::NAN],
            );
        }
        peer.let_go()?;
    }
    Ok(())
}

fn once<T>(sheet: &mut Sheet, what: &str, create: impl FnOnce() -> Result<T>) -> Result<()> {
    let faults_before = faults();
    let start = now();
    let made = create()?;
    let created = now();
    let faults = faults() - faults_before;
    drop(made);
    let end = now();
    let values = [created - start, faults, end - created].map(|value| value as f64);
    sheet.add(what, None, values.to_vec());
    Ok(())
}
