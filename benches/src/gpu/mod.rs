//! Frames on a GPU: what its two hosts pay for each, how late its readers are, and what a stream
//! that is held up costs them. Every pair that works here; the others are named.

mod calls;
mod copy;
mod floor;
mod held_up;
mod join;
mod latency;
#[allow(unsafe_code)]
mod rig;

use cuframes::cuda::{Memory, Report, Sync, probe_device};
use cuframes::publisher::PublisherBuilder;
use cuframes::wire::{MemoryKind, SyncKind};
use cuframes::{Format, Publisher};

use bench_harness::Result;
use bench_harness::book::Book;
use bench_harness::peer::{no_such_role, word};

use rig::Rig;

const KEY: &str = "bench-gpu";
const WIDTH: usize = 1920;
const HEIGHT: usize = 1080;

/// Where frames live, and what tells that they are complete.
#[derive(Clone, Copy)]
struct Pair {
    memory: (Memory, MemoryKind),
    sync: (Sync, SyncKind),
}

const IPC: (Memory, MemoryKind) = (Memory::CudaIpc, MemoryKind::CudaIpc);
const VMM: (Memory, MemoryKind) = (Memory::CudaVmm, MemoryKind::CudaVmm);
const CPU: (Sync, SyncKind) = (Sync::Cpu, SyncKind::Cpu);
const EVENT: (Sync, SyncKind) = (Sync::Event, SyncKind::CudaEvent);
const TIMELINE: (Sync, SyncKind) = (Sync::Timeline, SyncKind::CudaTimeline);

const PAIRS: [Pair; 6] = [
    Pair::new(IPC, CPU),
    Pair::new(IPC, EVENT),
    Pair::new(IPC, TIMELINE),
    Pair::new(VMM, CPU),
    Pair::new(VMM, EVENT),
    Pair::new(VMM, TIMELINE),
];

impl Pair {
    const fn new(memory: (Memory, MemoryKind), sync: (Sync, SyncKind)) -> Self {
        Pair { memory, sync }
    }

    fn name(self) -> String {
        format!("{} + {}", self.memory.0, self.sync.0)
    }

    /// What the driver is asked for in any case when a frame is published, waited for or given
    /// back by this pair.
    fn floor(self) -> &'static str {
        match self.sync.0 {
            Sync::Event => floor::RECORD,
            Sync::Timeline => floor::WRITE,
            Sync::Auto | Sync::Cpu => floor::SYNCHRONIZE,
        }
    }

    /// Whether frames are seen before they are complete.
    fn is_early(self) -> bool {
        self.sync.0 != Sync::Cpu
    }

    fn publisher(self, rig: &Rig) -> PublisherBuilder {
        Publisher::builder(KEY)
            .memory(self.memory.0)
            .sync(self.sync.0)
            .cuda_context(&rig.context)
            .format(Format::Nv12)
            .size(WIDTH as u32, HEIGHT as u32)
    }

    /// Why it cannot be measured here.
    fn missing(self, report: &Report) -> Option<String> {
        let outcome = report.outcome(self.memory.1, self.sync.1)?;
        Some(outcome.reason()?.what())
    }

    /// Everything about one pair. What fails is named, and the rest is measured.
    fn measure(self, index: usize, book: &mut Book, rig: &Rig) {
        type Part = fn(Pair, usize, &mut Book, &Rig) -> Result<()>;
        let parts: [(&str, Part); 5] = [
            ("host time", calls::measure),
            ("latency", latency::measure),
            ("a stream held up", held_up::measure),
            ("copies", copy::measure),
            ("joining", join::measure),
        ];
        for (what, part) in parts {
            if let Err(error) = part(self, index, book, rig) {
                book.fail(format!("{what}, {}: {error}", self.name()));
            }
        }
    }
}

/// In the other process: the pair of word `index`.
fn pair(words: &[String], index: usize) -> Result<Pair> {
    let pair = PAIRS.get(word::<usize>(words, index)?);
    Ok(*pair.ok_or("there is no such pair")?)
}

pub fn measure(book: &mut Book) -> Result<()> {
    let report = probe_device(0);
    let driver = match &report.driver {
        Ok(driver) => driver,
        Err(why) => {
            book.note(format!("gpu: skipped: {why}"));
            return Ok(());
        }
    };
    let Some(device) = report.devices.first() else {
        book.note("gpu: skipped: the driver has no device".to_owned());
        return Ok(());
    };
    let (major, minor) = (driver.version / 1000, driver.version % 1000 / 10);
    book.note(format!("GPU: {}, CUDA {major}.{minor}.", device.name));
    book.simulated |= device.name.starts_with("Simulated GPU");
    let rig = Rig::new()?;
    floor::measure(book, &rig)?;
    for (index, pair) in PAIRS.into_iter().enumerate() {
        match pair.missing(&report) {
            Some(why) => book.note(format!("{}: skipped: {why}", pair.name())),
            None => pair.measure(index, book, &rig),
        }
    }
    Ok(())
}

/// The other process.
pub fn play(role: &str, words: &[String]) -> Result<()> {
    match role {
        "gpu-reader" => calls::be_reader(words),
        "gpu-consumer" => latency::be_consumer(),
        "gpu-held-up" => held_up::be_reader(),
        "gpu-joined" => join::be_joined(words),
        other => no_such_role(other),
    }
}
