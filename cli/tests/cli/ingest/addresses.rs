//! Pictures are published where they were decoded: shown by where they are in memory.

use std::collections::HashSet;
use std::io::{BufRead, BufReader};

use crate::support::{Place, Running};

use super::film;

/// Ranges of the address space that are slots.
fn pools(pid: u32) -> Vec<(u64, u64)> {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).expect("its maps");
    let pools = maps
        .lines()
        .filter(|line| line.contains("memfd:cuframes-pool"));
    let number = |text| u64::from_str_radix(text, 16).expect("an address");
    pools
        .map(|line| {
            let range = line.split_whitespace().next().expect("a range");
            let (begin, end) = range.split_once('-').expect("a range");
            (number(begin), number(end))
        })
        .collect()
}

#[test]
fn the_decoder_writes_into_the_slots_themselves() {
    const FRAMES: usize = 90;
    for (name, coding) in [
        ("a.mp4", "-c:v libx264 -pix_fmt yuv420p -bf 3 -g 25"),
        (
            "b.mkv",
            "-c:v libx265 -pix_fmt yuv420p -x265-params log-level=none",
        ),
    ] {
        let place = Place::new();
        let file = film(&place, name, "size=320x180:rate=25:duration=2", coding);
        let line = format!("publish --key KEY --loop {}", file.display());
        let mut child = place
            .command(&line)
            .env("CUFRAMES_LOG", "cuframes=trace")
            .spawn()
            .expect("it starts");
        let said = BufReader::new(child.stderr.take().expect("a pipe"));
        let publisher = Running::of(child);
        let words = said.lines().map(|line| line.expect("text"));
        let addresses: Vec<u64> = words
            .filter_map(|line| {
                let (_, address) = line.split_once("address=0x")?;
                let digits = address.split_whitespace().next()?;
                Some(u64::from_str_radix(digits, 16).expect("an address"))
            })
            .take(FRAMES)
            .collect();
        assert_eq!(addresses.len(), FRAMES, "{name}");
        // It is still there: it publishes for ever, or waits for us to read more.
        let pools = pools(publisher.pid());
        assert_eq!(pools.len(), 1, "{name}");
        let inside = |address: &u64| {
            pools
                .iter()
                .any(|(begin, end)| (begin..end).contains(&address))
        };
        assert!(
            addresses.iter().all(inside),
            "{name}: {addresses:x?} {pools:x?}"
        );
        let places: HashSet<_> = addresses.iter().collect();
        assert!((2..=16).contains(&places.len()), "{name}: {places:x?}");
    }
}
