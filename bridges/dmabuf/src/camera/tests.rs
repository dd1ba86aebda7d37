//! Frames that nobody gives back never take a driver's last buffers.

use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::arrangement::Arrangement;
use super::dma_buf::DmaBuf;
use super::feed::{Feed, RESERVE};
use super::picture::{Owner, Picture};
use super::view::LentPicture;
use crate::buffers::{BufferKind, Buffers};
use crate::engine::{Lease, SourceError};
use crate::format::Format;
use crate::memory::LentMap;

const BUFFERS: usize = 7;

/// A driver that has so many buffers, and fills them one after the other.
struct Driver {
    spare: AtomicUsize,
    arrangement: Arrangement,
    dma_buf: DmaBuf,
}

impl Owner for Driver {
    fn take_back(&self, _: usize) {
        self.spare.fetch_add(1, Ordering::Relaxed);
    }

    fn spare(&self) -> usize {
        self.spare.load(Ordering::Relaxed)
    }

    fn arrangement(&self) -> &Arrangement {
        &self.arrangement
    }

    fn dma_buf(&self, _: usize) -> (&DmaBuf, u64) {
        (&self.dma_buf, 0)
    }
}

fn driver() -> Arc<Driver> {
    driver_with(0, File::open("/dev/null").expect("it is there").into())
}

/// One with rows of `pitch` bytes, and for its buffers this memory.
fn driver_with(pitch: u32, memory: OwnedFd) -> Arc<Driver> {
    let format = Format::named("GRAY8").expect("a format");
    Arc::new(Driver {
        spare: AtomicUsize::new(BUFFERS),
        arrangement: Arrangement::new(format, 4, 4, pitch).expect("a size"),
        dma_buf: DmaBuf::new(memory),
    })
}

fn fill(driver: &Arc<Driver>, number: i64) -> Picture {
    let before = driver.spare.fetch_sub(1, Ordering::Relaxed);
    assert!(before >= RESERVE, "the driver has {before} buffers");
    Picture {
        owner: driver.clone(),
        index: 0,
        number,
        timestamp: 0,
        pts_ns: 0,
    }
}

#[test]
fn what_is_kept_for_ever_leaves_the_driver_its_reserve_and_is_told() {
    let (driver, feed) = (driver(), Feed::default());
    let mut kept = Vec::new();
    let mut last = None;
    for number in 1..=100 {
        feed.offer(fill(&driver, number));
        if let Some(picture) = feed.newest(last) {
            last = Some(picture.number);
            kept.push(picture);
        }
    }
    assert_eq!(kept.len(), BUFFERS - RESERVE);
    let passed_over = 100 - kept.len() as u64;
    assert_eq!(feed.short(), passed_over);
    assert_eq!(feed.passed_over(last.expect("some")), passed_over);
    assert_eq!(driver.spare(), RESERVE);
    // One is given back: the next picture is there again.
    kept.pop();
    feed.offer(fill(&driver, 101));
    assert_eq!(feed.newest(last).map(|picture| picture.number), Some(101));
    drop((kept, feed));
    assert_eq!(driver.spare(), BUFFERS);
}

#[test]
fn a_picture_that_two_have_is_back_when_neither_has_it() {
    let (driver, feed) = (driver(), Feed::default());
    feed.offer(fill(&driver, 1));
    let (one, two) = (feed.newest(None), feed.newest(None));
    assert!(one.is_some() && two.is_some());
    feed.offer(fill(&driver, 2));
    assert_eq!(driver.spare(), BUFFERS - 2);
    drop(one);
    assert_eq!(driver.spare(), BUFFERS - 2);
    drop(two);
    assert_eq!(driver.spare(), BUFFERS - 1);
    feed.end();
    assert!(feed.is_over() && feed.newest(None).is_none());
    assert_eq!(driver.spare(), BUFFERS);
}

#[test]
fn every_picture_is_given_or_passed_over_once() {
    let (driver, feed) = (driver(), Feed::default());
    feed.offer(fill(&driver, 1));
    let mut last = feed
        .newest(None)
        .map(|picture| picture.number)
        .expect("the first");
    let (mut given, mut dropped) = (1, 0);
    for number in 2..=50 {
        match number % 7 {
            0 => feed.pass_over(number),
            _ => feed.offer(fill(&driver, number)),
        }
        if number % 3 == 0
            && let Some(picture) = feed.newest(Some(last))
        {
            dropped += picture.number - last - 1;
            (last, given) = (picture.number, given + 1);
        }
        let waiting = i64::from(feed.newest(Some(last)).is_some());
        let behind = feed.passed_over(last) as i64;
        assert_eq!(given + dropped + behind + waiting, number);
    }
}

/// What a plain consumer gets of a picture.
fn copy(driver: &Arc<Driver>) -> Result<Vec<u8>, SourceError> {
    let lent = LentPicture::new(&"v4l2:/dev/video9".into(), fill(driver, 1).into());
    let mut buffers = Buffers::new(BufferKind::Memfd).expect("memfds");
    let mut buffer = buffers.get(16).expect("memory");
    let mut writing = buffer.begin().expect("nothing to be told");
    lent.copy_to(&mut writing)?;
    assert_eq!(writing.written(), 16);
    writing.end().expect("nothing to be told");
    let mut bytes = vec![0; 16];
    let copied = buffer.as_fd().try_clone_to_owned().expect("a copy");
    let map = LentMap::new(copied).expect("it maps");
    map.copy(0, &mut bytes).expect("all inside");
    Ok(bytes)
}

#[test]
fn padded_rows_are_copied_tight_out_of_a_map_that_is_kept() {
    let mut buffers = Buffers::new(BufferKind::Memfd).expect("memfds");
    let mut memory = buffers.get(24).expect("memory");
    let mut writing = memory.begin().expect("nothing to be told");
    writing.put(b"aaaa..bbbb..cccc..dddd..").expect("it fits");
    writing.end().expect("nothing to be told");
    let lent = memory.as_fd().try_clone_to_owned().expect("a copy");
    let driver = driver_with(6, lent);
    assert_eq!(copy(&driver).expect("whole"), b"aaaabbbbccccdddd");
    let first = driver.dma_buf.map().expect("it maps").as_ptr();
    assert_eq!(copy(&driver).expect("whole"), b"aaaabbbbccccdddd");
    assert_eq!(driver.dma_buf.map().expect("it maps").as_ptr(), first);
}

#[test]
fn a_picture_that_cannot_be_copied_is_told_by_its_camera() {
    let told = copy(&driver()).expect_err("no memory").to_string();
    assert!(told.starts_with("'v4l2:/dev/video9': "), "{told}");
}
