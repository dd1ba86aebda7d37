//! A VIZN segment that anybody writes, cuts short, makes longer and replaces at any moment: what is
//! read lies inside of it, is a frame of its format, and nothing panics or waits.
#![no_main]

use std::fs::{File, OpenOptions, remove_file};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use vizion::{FrameHeader, FrameReader};

/// The longest file.
const MOST: u64 = 16 << 10;

fn name() -> String {
    format!("/vz-fuzz-{}", std::process::id())
}

fn path() -> PathBuf {
    PathBuf::from(format!("/dev/shm{}", name()))
}

/// A new file of the name.
fn make(bytes: &[u8]) -> File {
    let _ = remove_file(path());
    let mut options = OpenOptions::new();
    let file = options.read(true).write(true).create_new(true).open(path());
    let file = file.expect("a file");
    file.write_all_at(bytes, 0).expect("there is room");
    file
}

/// Takes from the front of the input.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    fn bytes(&mut self, count: usize) -> &'a [u8] {
        let (first, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        first
    }
}

/// `files` are those that had the name: an older one is read to its last frame.
fn check(header: &FrameHeader, len: usize, files: &[File]) {
    assert_eq!(header.data_size, len);
    assert!(header.data_at >= 124 && header.data_at <= 128);
    let end = (header.data_at + header.data_size) as u64;
    let lengths = files
        .iter()
        .map(|file| file.metadata().expect("its size").len());
    assert!(lengths.max().is_some_and(|longest| end <= longest));
    if let Some(needed) = header.format.frame_size(header.width, header.height) {
        assert!(needed <= header.data_size && needed > 0);
    }
}

fn run(input: &mut Input<'_>, first: File) -> Option<()> {
    let mut files = vec![first];
    let mut reader = FrameReader::open(&name()).ok()?;
    let mut into = Vec::new();
    loop {
        let file = files.last()?;
        match input.byte()? % 8 {
            // Somewhere in the header.
            0 | 1 => {
                let at = input.byte()? % 128;
                let count = usize::from(input.byte()? % 16);
                let _ = file.write_all_at(input.bytes(count), at.into());
            }
            2 => {
                let size = u64::from(input.byte()?) * 61;
                file.set_len(size.min(MOST)).expect("a size");
            }
            3 => {
                let count = usize::from(input.byte()?) + 128;
                files.push(make(input.bytes(count)));
            }
            4 => {
                let _ = remove_file(path());
            }
            5 => {
                if let Ok(Some(view)) = reader.view(Duration::ZERO) {
                    let len = view.header().data_size;
                    let from = usize::from(input.byte()?) * 7;
                    let mut row = vec![0; usize::from(input.byte()?)];
                    let fits = from + row.len() <= len;
                    assert_eq!(view.copy(from, &mut row).is_ok(), fits);
                    assert!(view.still_valid());
                }
            }
            _ => {
                let missed = reader.missed();
                if let Ok(Some(header)) = reader.read(&mut into, Duration::ZERO) {
                    check(&header, into.len(), &files);
                }
                assert!(reader.missed() >= missed);
            }
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input(bytes);
    let size = usize::from(input.byte().unwrap_or(0)) * 2;
    let first = make(input.bytes(size));
    run(&mut input, first);
    let _ = remove_file(path());
});
