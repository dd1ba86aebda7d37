//! The subscriber: looks at every byte of every frame, and tells what it saw.

use std::collections::VecDeque;
use std::time::Duration;

use cuframes::subscriber::SubscriberBuilder;
use cuframes::{ErrorCode, Frame, FrameFlags, Mode, Result, Subscriber};
use cuframes_tests::helper::{self, Input, Looked, Options, tell_error};
use cuframes_tests::{picture, traces};

use crate::fork;

/// How long a frame is waited for before the input is looked at.
const TURN: Duration = Duration::from_millis(20);

/// A subscription, and the frames that it keeps.
struct Reading {
    subscriber: Subscriber,
    slow: Duration,
    held: VecDeque<Frame>,
    bytes: Vec<u8>,
}

/// Reads as the input tells, until `run` meets an end or the input ends.
pub fn run(key: &str, options: &Options, input: &Input) -> Result<()> {
    let subscriber = describe(key, options).connect()?;
    println!("READY epoch={}", subscriber.epoch());
    let mut reading = Reading {
        subscriber,
        slow: options.time("slow").unwrap_or_default(),
        held: VecDeque::new(),
        bytes: Vec::new(),
    };
    let mut next = match options.text("run") {
        Some(_) => Some("run".to_owned()),
        None => input.wait(),
    };
    while let Some(command) = next {
        if command == "fork" {
            let (parents, child) = fork::fork(reading).map_err(fork::failed)?;
            reading = parents;
            println!("FORKED child={child}");
            next = input.wait();
            continue;
        }
        if command == "run" {
            next = reading.run(input);
            continue;
        }
        let words: Vec<&str> = command.split(' ').collect();
        if let Err(error) = reading.obey(key, options, &words) {
            tell_error(&error);
        }
        next = input.wait();
    }
    Ok(())
}

fn describe(key: &str, options: &Options) -> SubscriberBuilder {
    let mode = match options.text("mode") {
        Some("strict") => Mode::StrictOrder,
        _ => Mode::NewestOnly,
    };
    let builder = Subscriber::builder(key)
        .mode(mode)
        .reattach(options.get("reattach", 1) == 1);
    helper::subscriber(builder, options)
}

impl Reading {
    /// Reads until an end, or until a command comes, which is returned.
    fn run(&mut self, input: &Input) -> Option<String> {
        loop {
            match self.subscriber.next(Some(TURN)) {
                Ok(frame) => self.read(frame),
                Err(error) if error.code() == ErrorCode::Timeout => {}
                Err(error) => {
                    tell_error(&error);
                    return input.wait();
                }
            }
            match input.look() {
                Looked::Command(command) => return Some(command),
                Looked::Nothing => {}
                Looked::End => return None,
            }
        }
    }

    fn obey(&mut self, key: &str, options: &Options, words: &[&str]) -> Result<()> {
        match *words {
            ["next", millis] => {
                let limit = Duration::from_millis(millis.parse().unwrap_or(0));
                let frame = self.subscriber.next(Some(limit))?;
                self.read(frame);
            }
            ["take", millis] => {
                let limit = Duration::from_millis(millis.parse().unwrap_or(0));
                let frame = self.subscriber.next(Some(limit))?;
                println!(
                    "{}",
                    describe_frame(&frame, "TAKEN", is_whole(&frame, &mut self.bytes))
                );
                self.held.push_back(frame);
            }
            ["check"] => {
                for frame in &self.held {
                    println!(
                        "{}",
                        describe_frame(frame, "HELD", is_whole(frame, &mut self.bytes))
                    );
                }
                println!("CHECKED frames={}", self.held.len());
            }
            ["release"] => {
                if let Some(frame) = self.held.pop_front() {
                    frame.release()?;
                }
                println!("RELEASED");
            }
            ["stats"] => self.tell_stats(),
            ["resources"] => {
                let (fds, maps) = traces::resources(std::process::id());
                println!("RESOURCES fds={fds} maps={maps}");
            }
            ["join", times] => {
                for _ in 0..times.parse().unwrap_or(0) {
                    let mut other = describe(key, options).name("joiner").connect()?;
                    let frame = other.next(Some(Duration::from_secs(9)))?;
                    frame.release()?;
                }
                println!("JOINED");
            }
            _ => println!("ERROR code=- text=no_such_command"),
        }
        Ok(())
    }

    /// Reads every byte of a frame, keeps it for a while, and tells of it.
    fn read(&mut self, frame: Frame) {
        let whole = is_whole(&frame, &mut self.bytes);
        if !self.slow.is_zero() {
            std::thread::sleep(self.slow);
        }
        let text = describe_frame(&frame, "FRAME", whole);
        // What was read after an eviction may be anything, and the library says so.
        match frame.release() {
            Ok(()) => println!("{text}"),
            Err(error) => tell_error(&error),
        }
    }

    fn tell_stats(&self) {
        let stats = self.subscriber.stats();
        println!(
            "STATS received={} missed={} skipped={} reattached={} last={} latest={} leases={} dropped={}",
            stats.received,
            stats.missed,
            stats.skipped,
            stats.reattached,
            stats.last_seq,
            stats.latest_seq,
            stats.leases,
            stats.publisher_dropped
        );
    }
}

fn is_whole(frame: &Frame, bytes: &mut Vec<u8>) -> bool {
    bytes.resize(frame.layout().packed_size() as usize, 0);
    frame.copy_to(bytes).is_ok() && picture::is_whole(bytes, frame.seq())
}

fn describe_frame(frame: &Frame, word: &str, whole: bool) -> String {
    let layout = frame.layout();
    format!(
        "{word} seq={} whole={} disc={} width={} height={} pts={}",
        frame.seq(),
        u8::from(whole),
        u8::from(frame.flags().contains(FrameFlags::DISCONTINUITY)),
        layout.width,
        layout.height,
        frame.pts().unwrap_or(-1)
    )
}
