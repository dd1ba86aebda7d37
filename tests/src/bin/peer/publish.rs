//! The publisher: paints pictures that prove to be whole, and publishes them.

use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use cuframes::publisher::PublisherBuilder;
use cuframes::{Format, FrameMeta, Publisher, Result};
use cuframes_tests::helper::{self, Input, Looked, Options, number, tell_error};
use cuframes_tests::{WATCHDOG, picture, traces};

use crate::fork;

/// A stream, and what this process counts of it.
struct Stream {
    publisher: Publisher,
    dropped: u64,
    /// The longest that taking a slot took.
    slowest: Duration,
    /// The next picture is spoilt after it was published.
    scribble: bool,
    picture: Vec<u8>,
}

/// Publishes as the input tells, until `finish` or the end of the input.
pub fn run(key: &str, options: &Options, input: &Input) -> Result<()> {
    let publisher = describe(key, options).build()?;
    println!("READY epoch={}", publisher.epoch());
    let mut stream = Stream {
        publisher,
        dropped: 0,
        slowest: Duration::ZERO,
        scribble: false,
        picture: Vec::new(),
    };
    let mut next = input.wait();
    while let Some(command) = next {
        let words: Vec<&str> = command.split(' ').collect();
        match words[..] {
            ["finish"] => {
                stream.publisher.finish()?;
                println!("FINISHED");
                return Ok(());
            }
            ["fork"] => {
                let (parents, child) = fork::fork(stream).map_err(fork::failed)?;
                stream = parents;
                println!("FORKED child={child}");
                next = input.wait();
            }
            ["run", fps] => next = stream.run(number(fps), input)?,
            _ => {
                if let Err(error) = stream.obey(&words) {
                    tell_error(&error);
                }
                next = input.wait();
            }
        }
    }
    drop(stream);
    println!("DROPPED");
    Ok(())
}

fn describe(key: &str, options: &Options) -> PublisherBuilder {
    let builder = Publisher::builder(key)
        .format(Format::Nv12)
        .size(options.get("width", 160), options.get("height", 90))
        .slots(options.get("slots", 8))
        .anonymous(options.get("anonymous", 0) == 1)
        .evict_lagging(options.get("evict_lagging", 0) == 1);
    helper::publisher(builder, options)
}

impl Stream {
    fn obey(&mut self, words: &[&str]) -> Result<()> {
        match *words {
            ["wait", count] => {
                let count = number(count) as usize;
                self.publisher.wait_subscribers(count, Some(WATCHDOG))?;
                println!("JOINED");
            }
            ["left", count] => self.wait_until_left(number(count) as usize),
            ["publish", count, fps] => {
                let mut pace = Pace::new(number(fps));
                for _ in 0..number(count) {
                    self.publish()?;
                    pace.wait();
                }
                self.tell("PUBLISHED");
            }
            ["reconfigure", width, height] => {
                let (width, height) = (number(width) as u32, number(height) as u32);
                self.publisher.reconfigure(Format::Nv12, width, height)?;
                println!("RECONFIGURED epoch={}", self.publisher.epoch());
            }
            ["stats"] => self.tell_stats(),
            ["resources"] => {
                let (fds, maps) = traces::resources(std::process::id());
                println!("RESOURCES fds={fds} maps={maps}");
            }
            ["scribble"] => self.scribble = true,
            _ => println!("ERROR code=- text=no_such_command"),
        }
        Ok(())
    }

    /// Publishes until a command comes, which is returned.
    fn run(&mut self, fps: u64, input: &Input) -> Result<Option<String>> {
        let mut pace = Pace::new(fps);
        loop {
            match input.look() {
                Looked::Command(command) => {
                    self.tell("RAN");
                    return Ok(Some(command));
                }
                Looked::End => return Ok(None),
                Looked::Nothing => {}
            }
            self.publish()?;
            pace.wait();
        }
    }

    fn publish(&mut self) -> Result<()> {
        let started = Instant::now();
        let frame = self.publisher.acquire()?;
        self.slowest = self.slowest.max(started.elapsed());
        let Some(mut frame) = frame else {
            self.dropped += 1;
            return Ok(());
        };
        let seq = self.publisher.stats().latest_seq + 1;
        let layout = *frame.layout();
        self.picture.resize(layout.packed_size() as usize, 0);
        picture::paint(&mut self.picture, std::process::id().into(), seq);
        let mut rest = &self.picture[..];
        for plane in 0..layout.plane_count {
            let row = layout.plane_row_bytes(plane) as usize;
            let rows = layout.plane_rows(plane) as usize;
            let (from, after) = rest.split_at(row * rows);
            let pitch = frame.pitch(plane);
            let to = frame.plane_mut(plane).chunks_mut(pitch);
            for (to, from) in to.zip(from.chunks(row)) {
                to[..row].copy_from_slice(from);
            }
            rest = after;
        }
        let first = frame.plane_ptr(0) as u64;
        let pts = Some(seq as i64 * 1_000_000);
        let meta = FrameMeta {
            pts,
            ..FrameMeta::default()
        };
        self.publisher.publish(frame, &meta)?;
        if std::mem::take(&mut self.scribble) {
            scribble(first + 100);
        }
        Ok(())
    }

    fn tell(&self, word: &str) {
        let stats = self.publisher.stats();
        println!(
            "{word} last={} dropped={} slowest_ms={}",
            stats.latest_seq,
            self.dropped,
            self.slowest.as_millis()
        );
    }

    fn tell_stats(&self) {
        let stats = self.publisher.stats();
        for row in &stats.subscribers {
            println!(
                "ROW name={} pid={} held={} consumed={} received={} missed={} lagging={}",
                row.name,
                row.pid,
                row.held,
                row.consumed_seq,
                row.received,
                row.missed,
                u8::from(row.lagging)
            );
        }
        println!(
            "STATS published={} dropped={} copies={} evicted={} latest={} subscribers={}",
            stats.published,
            stats.dropped,
            stats.copies,
            stats.evicted,
            stats.latest_seq,
            stats.subscribers.len()
        );
    }

    /// Waits until no more than `count` subscribers are left. The library tells of who comes,
    /// not of who goes, so this looks again and again.
    fn wait_until_left(&self, count: usize) {
        let started = Instant::now();
        while self.publisher.stats().subscribers.len() > count && started.elapsed() < WATCHDOG {
            std::thread::yield_now();
        }
        println!("LEFT count={}", self.publisher.stats().subscribers.len());
    }
}

/// Writes to pixels that are published, which no program can do by the API.
fn scribble(address: u64) {
    let memory = std::fs::OpenOptions::new()
        .write(true)
        .open("/proc/self/mem");
    let written = memory.and_then(|memory| memory.write_all_at(&[0xEE; 8], address));
    println!("SCRIBBLED ok={}", u8::from(written.is_ok()));
}

/// The rhythm of frames.
struct Pace {
    next: Instant,
    interval: Duration,
}

impl Pace {
    /// `fps` frames a second; 0 is as fast as possible.
    fn new(fps: u64) -> Self {
        let interval = Duration::from_nanos(1_000_000_000 / fps.max(1));
        Pace {
            next: Instant::now(),
            interval: if fps == 0 { Duration::ZERO } else { interval },
        }
    }

    fn wait(&mut self) {
        self.next += self.interval;
        std::thread::sleep(self.next.saturating_duration_since(Instant::now()));
    }
}
