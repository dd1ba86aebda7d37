//! Calls that fail on demand, and the log of all calls.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::sync::{LazyLock, Mutex, PoisonError};

use crate::abi::ILLEGAL_ADDRESS;
use crate::machine::machine;
use crate::world::{Answer, world};

/// `NAME:N:CODE` lets the N-th call of NAME fail, `NAME:N+:CODE` that and all later ones, `*`
/// counts calls of any name; `LOST:N` loses every context at the N-th call.
struct Fault {
    name: String,
    first: u64,
    and_later: bool,
    code: u32,
}

static FAULTS: LazyLock<Vec<Fault>> = LazyLock::new(|| {
    let text = std::env::var("FAKE_CUDA_FAULT").unwrap_or_default();
    let specs = text
        .split([';', ','])
        .filter(|spec| !spec.trim().is_empty());
    specs
        .map(|spec| {
            parse(spec.trim()).unwrap_or_else(|| {
                eprintln!("FAKE_CUDA_FAULT: {spec:?} is not NAME:N:CODE, NAME:N+:CODE or LOST:N");
                std::process::exit(2)
            })
        })
        .collect()
});

static COUNTS: LazyLock<Mutex<HashMap<&'static str, u64>>> = LazyLock::new(Mutex::default);

static LOG: LazyLock<Option<Mutex<File>>> = LazyLock::new(|| {
    let path = std::env::var_os("FAKE_CUDA_LOG")?;
    let file = OpenOptions::new().create(true).append(true).open(path);
    file.ok().map(Mutex::new)
});

fn parse(spec: &str) -> Option<Fault> {
    let mut parts = spec.split(':');
    let name = parts.next()?.to_owned();
    let count = parts.next()?;
    let first = count.trim_end_matches('+').parse().ok()?;
    Some(Fault {
        code: match parts.next() {
            Some(code) => code.parse().ok()?,
            None => ILLEGAL_ADDRESS,
        },
        name,
        first,
        and_later: count.ends_with('+'),
    })
}

/// Before a call: counts it, and lets it fail if that was asked for.
pub fn before(name: &'static str) -> Answer {
    let Some(machine) = machine() else {
        return Ok(());
    };
    let all = machine.book.call();
    if FAULTS.is_empty() {
        return Ok(());
    }
    let own = {
        let mut counts = COUNTS.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(name).or_default();
        *count += 1;
        *count
    };
    for fault in FAULTS.iter() {
        let count = match fault.name.as_str() {
            "*" | "LOST" => all,
            wanted if wanted == name => own,
            _ => continue,
        };
        if count != fault.first && !(fault.and_later && count > fault.first) {
            continue;
        }
        if fault.name != "LOST" {
            return Err(fault.code);
        }
        let contexts: Vec<_> = world().contexts.values().cloned().collect();
        contexts.iter().for_each(|context| context.lose(fault.code));
    }
    Ok(())
}

/// After a call: a line in the log.
pub fn after(name: &str, code: u32, started_ns: u64) {
    let Some(log) = LOG.as_ref() else {
        return;
    };
    // SAFETY: it only asks which thread this is.
    let thread = unsafe { libc::gettid() };
    let pid = std::process::id();
    let took = now_ns() - started_ns;
    let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
    // A log that cannot be written is missed by who reads it.
    let _ = writeln!(log, "{pid} {thread} {name} {code} {took}");
}

/// CLOCK_MONOTONIC in nanoseconds; 0 where nobody asks for the log.
pub fn now_ns() -> u64 {
    if LOG.is_none() {
        return 0;
    }
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` is a live struct of the right type.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}
