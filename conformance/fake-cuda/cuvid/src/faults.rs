//! Calls of this library that fail on demand: `FAKE_CUDA_FAULT`, which the driver reads too.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use crate::abi::Code;
use crate::driver::Result;

/// What the driver gives for a fault without a code: an illegal address.
const USUAL: Code = 700;

/// `NAME:N:CODE`: the N-th call of NAME fails; `NAME:N+:CODE`: that and all later ones.
#[derive(Debug, PartialEq)]
struct Fault {
    name: String,
    first: u64,
    and_later: bool,
    code: Code,
}

/// Counts a call, and lets it fail if that was asked for.
pub fn before(name: &'static str) -> Result<()> {
    static FAULTS: LazyLock<Vec<Fault>> =
        LazyLock::new(|| parse(&std::env::var("FAKE_CUDA_FAULT").unwrap_or_default()));
    static COUNTS: LazyLock<Mutex<HashMap<&str, u64>>> = LazyLock::new(Mutex::default);
    if FAULTS.is_empty() {
        return Ok(());
    }
    let mut counts = COUNTS
        .lock()
        .expect("nobody panics with the counts in hand");
    let count = counts.entry(name).or_default();
    *count += 1;
    let hits = |fault: &&Fault| {
        let later = fault.and_later && *count > fault.first;
        fault.name == name && (*count == fault.first || later)
    };
    FAULTS
        .iter()
        .find(hits)
        .map_or(Ok(()), |fault| Err(fault.code))
}

/// The faults of this library's own functions. The driver refuses lists that are wrong.
fn parse(list: &str) -> Vec<Fault> {
    let specs = list.split([';', ',']).map(str::trim);
    specs
        .filter(|spec| spec.starts_with("cuvid"))
        .filter_map(fault)
        .collect()
}

fn fault(spec: &str) -> Option<Fault> {
    let mut parts = spec.split(':');
    let (name, count) = (parts.next()?, parts.next()?);
    Some(Fault {
        name: name.to_owned(),
        first: count.trim_end_matches('+').parse().ok()?,
        and_later: count.ends_with('+'),
        code: parts.next().map_or(Some(USUAL), |code| code.parse().ok())?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_functions_are_taken_from_the_list() {
        let fault = |name: &str, first, and_later, code| Fault {
            name: name.to_owned(),
            first,
            and_later,
            code,
        };
        let list = "cuMemAlloc_v2:1:2; cuvidMapVideoFrame64:3:205,cuvidDecodePicture:2+,LOST:4";
        let wanted = [
            fault("cuvidMapVideoFrame64", 3, false, 205),
            fault("cuvidDecodePicture", 2, true, USUAL),
        ];
        assert_eq!(parse(list), wanted);
        assert!(parse("").is_empty());
    }
}
