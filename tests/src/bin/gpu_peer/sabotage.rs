//! Leaving something out that the protocol asks for, so that a test can see that it is missed.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;

use cuframes::wire::page;

/// What a subscriber leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeftOut {
    Nothing,
    /// Its stream does not wait for the frame.
    Wait,
    /// The frame is given back at once, and not when its stream has got there.
    Ack,
    /// The page does not say which frame was leased.
    LeaseSeq,
}

impl LeftOut {
    pub fn new(name: Option<&str>) -> Self {
        match name {
            Some("wait") => LeftOut::Wait,
            Some("ack") => LeftOut::Ack,
            Some("lease_seq") => LeftOut::LeaseSeq,
            _ => LeftOut::Nothing,
        }
    }
}

/// Wipes `lease_seq` of every slot from the subscriber page, which no program can do by the API.
pub fn wipe_lease_seq() {
    let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let page = maps
        .lines()
        .find(|line| line.contains("cuframes-subscriber"));
    let first = page.and_then(|line| line.split('-').next());
    let first = first.and_then(|text| u64::from_str_radix(text, 16).ok());
    let memory = OpenOptions::new().write(true).open("/proc/self/mem");
    let (Some(first), Ok(memory)) = (first, memory) else {
        panic!("the subscriber page is not where it should be");
    };
    let zeros = [0; page::END - page::LEASE_SEQ];
    let wiped = memory.write_all_at(&zeros, first + page::LEASE_SEQ as u64);
    wiped.expect("the page can be written");
}
