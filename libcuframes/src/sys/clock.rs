//! Times: nanoseconds of CLOCK_MONOTONIC, and the start time of this process for display.

use rustix::time::{ClockId, clock_gettime};

/// Nanoseconds of CLOCK_MONOTONIC, the clock of `publish_ns` and of heartbeats.
pub fn monotonic_ns() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

/// Field 22 of `/proc/self/stat`: start of this process in clock ticks after boot, 0 if unknown.
pub fn boot_time_of_self() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The second field is the program's name in parentheses and may itself hold spaces.
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let field = after_name.split_ascii_whitespace().nth(22 - 3);
    field.and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// Fills `bytes` with the kernel's random numbers.
pub fn random(bytes: &mut [u8; 8]) -> std::io::Result<()> {
    let got = rustix::rand::getrandom(&mut bytes[..], rustix::rand::GetRandomFlags::empty())?;
    match got == bytes.len() {
        true => Ok(()),
        false => Err(std::io::ErrorKind::UnexpectedEof.into()),
    }
}
