//! What the kernel saw of DMA-BUFs: every DMA_BUF_IOCTL_SYNC, and which there are.

use std::fs;

const TRACING: &str = "/sys/kernel/tracing";
const FLAGS: &str = "DMA_BUF_IOCTL_SYNC";
/// `DMA_BUF_IOCTL_SYNC`, and the flags that it is told.
const SYNC: u64 = 0x4008_6200;
const READ: u64 = 1;
const WRITE: u64 = 2;
const END: u64 = 4;

/// The calls of all processes, from now on.
pub struct Probe;

/// A call.
#[derive(Debug)]
struct Call {
    /// The thread.
    tid: String,
    flags: u64,
}

/// Calls of one kind of side: those that begin an access, and those that end it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Sides {
    pub writes: u64,
    pub reads: u64,
}

impl Probe {
    pub fn start() -> Probe {
        let event = "p:sync dma_buf_ioctl cmd=%si:x32 flags=+u0(%dx):x64";
        let enable = format!("{TRACING}/events/kprobes/sync/enable");
        if !fs::exists(&enable).expect("tracefs is mounted") {
            fs::write(format!("{TRACING}/kprobe_events"), event).expect("a probe");
            fs::write(&enable, "1").expect("it is switched on");
        }
        fs::write(format!("{TRACING}/trace"), "").expect("it is emptied");
        Probe
    }

    fn calls(&self) -> Vec<Call> {
        let trace = fs::read_to_string(format!("{TRACING}/trace")).expect("it is there");
        let number = |line: &str, name: &str| {
            let (_, rest) = line.split_once(name)?;
            let digits = rest.split_whitespace().next()?;
            u64::from_str_radix(digits.trim_start_matches("0x"), 16).ok()
        };
        let calls = trace.lines().filter_map(|line| {
            let tid = line.split_once(" [")?.0.trim().rsplit('-').next()?;
            let request = number(line, "cmd=")?;
            let flags = number(line, "flags=")?;
            let tid = tid.to_owned();
            (request == SYNC).then_some(Call { tid, flags })
        });
        calls.collect()
    }

    /// How many accesses were begun and ended since it was started; an error if one was not ended,
    /// or ended twice.
    pub fn accesses(&self) -> Result<Sides, String> {
        let mut sides = Sides::default();
        let mut open: Vec<(String, u64)> = Vec::new();
        for Call { tid, flags } in self.calls() {
            let access = (tid, flags & (READ | WRITE));
            match flags & END {
                0 => open.push(access),
                _ => {
                    let at = open.iter().position(|one| *one == access);
                    open.swap_remove(at.ok_or(format!("{FLAGS}: an end of nothing: {access:?}"))?);
                    sides.writes += u64::from(flags & WRITE != 0);
                    sides.reads += u64::from(flags & READ != 0);
                }
            }
        }
        match open.is_empty() {
            true => Ok(sides),
            false => Err(format!("{FLAGS}: accesses without an end: {open:?}")),
        }
    }
}

/// DMA-BUFs that there are, made by this part of the kernel.
pub fn buffers_of(exporter: &str) -> usize {
    let all = fs::read_to_string("/sys/kernel/debug/dma_buf/bufinfo").expect("debugfs is mounted");
    let is_of = |line: &&str| line.split_whitespace().nth(4) == Some(exporter);
    all.lines().filter(is_of).count()
}

/// DMA-BUFs that there are.
pub fn buffers() -> usize {
    let all = fs::read_to_string("/sys/kernel/debug/dma_buf/bufinfo").expect("debugfs is mounted");
    let total = |line: &str| {
        let (number, _) = line.strip_prefix("Total ")?.split_once(" objects")?;
        number.parse().ok()
    };
    all.lines().find_map(total).expect("a total")
}

/// Waits until there are no DMA-BUFs: what a process had is given back some time after its end.
pub fn none_left() {
    super::processes::until("give DMA-BUFs back", || buffers() == 0);
}
