//! A writer that comes while the reader is being made: readers in other languages fill the first
//! block field by field in the segment, and write last who they are.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use zerobuffer::{BufferConfig, ErrorKind, Reader, Writer};
use zerobuffer_peer::{Tidy, unique};

fn segment(name: &str) -> File {
    let path = format!("/dev/shm/{name}");
    let file = OpenOptions::new().read(true).write(true).open(path);
    file.expect("the segment")
}

/// The first block as it is after so many of its bytes are filled in.
fn filled(whole: &[u8; 128], bytes: usize) -> [u8; 128] {
    let mut part = [0; 128];
    part[..bytes].copy_from_slice(&whole[..bytes]);
    part
}

#[test]
fn a_block_that_is_being_filled_is_not_ready_and_harms_nobody() {
    let name = unique("starting");
    let _tidy = Tidy::new(&name);
    let reader = Reader::create(&name, &BufferConfig::new(64, 4096)).expect("a buffer");
    let file = segment(&name);
    let mut whole = [0; 128];
    file.read_exact_at(&mut whole, 0).expect("the first block");
    // Nothing; its size; the version; metadata; payload; everything but who reads.
    for bytes in [0, 4, 8, 0x18, 0x28, 0x58] {
        let part = filled(&whole, bytes);
        file.write_all_at(&part, 0).expect("is written");
        let error = Writer::connect(&name).expect_err("not ready");
        assert_eq!(error.kind(), ErrorKind::NotReady, "{bytes}: {error}");
        let mut after = [0; 128];
        file.read_exact_at(&mut after, 0).expect("the first block");
        assert_eq!(after, part, "{bytes}");
    }
    file.write_all_at(&whole, 0).expect("is written");
    let mut writer = Writer::connect(&name).expect("now it is");
    writer.write(b"abc").expect("room");
    drop(reader);
}

#[test]
fn a_reader_that_is_gone_is_told_from_one_that_starts() {
    let name = unique("starting");
    let _tidy = Tidy::new(&name);
    let reader = Reader::create(&name, &BufferConfig::new(64, 4096)).expect("a buffer");
    let file = segment(&name);
    let mut whole = vec![0; 128 + 64 + 4096];
    file.read_exact_at(&mut whole, 0).expect("the segment");
    let kept: Vec<_> = ["sem.sem-w-", "sem.sem-r-"]
        .map(|way| format!("/dev/shm/{way}{name}"))
        .into_iter()
        .map(|path| (std::fs::read(&path).expect("a semaphore"), path))
        .collect();
    drop(reader);
    // What a reader leaves that gave its lock back and was killed before it removed the rest.
    whole[0x58..0x60].fill(0);
    std::fs::write(format!("/dev/shm/{name}"), &whole).expect("a segment");
    for (bytes, path) in kept {
        std::fs::write(path, bytes).expect("a semaphore");
    }
    let error = Writer::connect(&name).expect_err("nobody reads");
    assert_eq!(error.kind(), ErrorKind::ReaderDead, "{error}");
}

/// Each reader of the peer that starts, of whatever name, tries to lock every lock file of the
/// machine for itself, and removes those that it could lock, after it has let them go.
#[test]
fn a_scan_of_the_peer_keeps_no_reader_from_starting() {
    let name = unique("scanned");
    let _tidy = Tidy::new(&name);
    let lock = format!("/tmp/zerobuffer/{name}.lock");
    let done = AtomicBool::new(false);
    let (refused, locked) = thread::scope(|scope| {
        let scanning = scope.spawn(|| {
            let mut locked = 0_u64;
            while !done.load(Ordering::Relaxed) {
                let file = OpenOptions::new().read(true).write(true).open(&lock);
                let file = file.ok().filter(|file| file.try_lock().is_ok());
                if let Some(file) = file {
                    locked += 1;
                    // It is written in Python, and may lose its processor.
                    thread::sleep(Duration::from_micros(50));
                    file.unlock().expect("it was locked");
                    // Gone already, if the reader was faster.
                    let _ = fs::remove_file(&lock);
                }
            }
            locked
        });
        let config = BufferConfig::new(64, 256);
        let made = (0..2000).map(|_| Reader::create(&name, &config).map(drop));
        let refused: Vec<_> = made.filter_map(Result::err).collect();
        done.store(true, Ordering::Relaxed);
        (refused, scanning.join().expect("who scans"))
    });
    assert!(locked > 10, "{locked} locked");
    let first = refused.first().map(ToString::to_string);
    assert_eq!(refused.len(), 0, "{first:?}");
}
