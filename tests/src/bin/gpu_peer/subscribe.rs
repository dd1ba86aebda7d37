//! The subscriber: looks at every byte of every frame, and tells what it saw.

use std::collections::VecDeque;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use cuframes::cuda::{Context, Stream};
use cuframes::subscriber::SubscriberBuilder;
use cuframes::{Error, ErrorCode, Frame, Mode, Result, Subscriber};
use cuframes_tests::gpu::{self, Gate, Program};
use cuframes_tests::helper::{self, Input, Looked, Options, tell_error};
use cuframes_tests::{WATCHDOG, traces};

use crate::checker::{Checker, Way};
use crate::sabotage::LeftOut;

/// How long a frame is waited for before the input is looked at.
const TURN: Duration = Duration::from_millis(20);
/// Between two looks whether a stream has given a frame back.
const LEASE_TURN: Duration = Duration::from_micros(50);

/// A subscription, its stream, and the frames that it keeps.
struct Reading<'a> {
    subscriber: Subscriber,
    checker: Checker<'a>,
    context: &'a Context,
    stream: &'a Stream,
    gate: Gate,
    held: VecDeque<Frame>,
}

/// Reads as the input tells, until the input ends.
pub fn run(key: &str, options: &Options, input: &Input) -> Result<()> {
    let context = gpu::context(options.get("device", 0))?;
    let program = Program::load(&context).map_err(gpu::failed("load the kernels"))?;
    let stream = Stream::new(&context).map_err(gpu::failed("make a stream"))?;
    let subscriber = describe(key, options, &context).connect()?;
    println!("READY epoch={}", subscriber.epoch());
    let way = match options.text("way") {
        Some("host") => Way::Host,
        Some("careful") => Way::Careful,
        Some("ready") => Way::Ready,
        _ => Way::Stream,
    };
    let kernels = program.kernels().map_err(gpu::failed("find the kernels"))?;
    let left_out = LeftOut::new(options.text("leave_out"));
    let work = options.get("work", 1);
    let mut reading = Reading {
        subscriber,
        checker: Checker::new(way, left_out, work, &context, &stream, kernels)?,
        context: &context,
        stream: &stream,
        gate: Gate::new(&context).map_err(gpu::failed("make a gate"))?,
        held: VecDeque::new(),
    };
    let mut next = match options.text("run") {
        Some(_) => Some("run".to_owned()),
        None => input.wait(),
    };
    while let Some(command) = next {
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
    reading.leave()
}

fn describe(key: &str, options: &Options, context: &Context) -> SubscriberBuilder {
    let mode = match options.text("mode") {
        Some("newest") => Mode::NewestOnly,
        _ => Mode::StrictOrder,
    };
    let builder = Subscriber::builder(key)
        .mode(mode)
        .cuda_context(context)
        .reattach(options.get("reattach", 0) == 1);
    helper::subscriber(builder, options)
}

/// Waits until no more than `count` threads guard subscriptions: one of a subscription that was
/// dropped stays until streams are done.
fn wait_for_guards(count: usize) {
    let is_guard = |task: &PathBuf| {
        let name = fs::read_to_string(task.join("comm"));
        name.is_ok_and(|name| name.trim_end() == "cuframes-guard")
    };
    let guards = || {
        let tasks = fs::read_dir("/proc/self/task").into_iter().flatten();
        let tasks = tasks.flatten().map(|task| task.path());
        tasks.filter(is_guard).count()
    };
    let started = Instant::now();
    while guards() > count && started.elapsed() < WATCHDOG {
        std::thread::yield_now();
    }
}

impl Reading<'_> {
    /// Reads until an end, or until a command comes, which is returned.
    fn run(&mut self, input: &Input) -> Option<String> {
        loop {
            match self.read() {
                Ok(true) => {}
                Ok(false) => self.tell("AT"),
                Err(error) if error.code() == ErrorCode::Timeout => {}
                Err(error) => {
                    self.settle();
                    tell_error(&error);
                    return input.wait();
                }
            }
            match input.look() {
                Looked::Command(command) => {
                    self.settle();
                    return Some(command);
                }
                Looked::Nothing => {}
                Looked::End => return None,
            }
        }
    }

    /// Reads one frame; false if checksums were looked at.
    fn read(&mut self) -> Result<bool> {
        match self.subscriber.next(Some(TURN)) {
            Ok(frame) => self.checker.check(frame)?,
            // Streams have not given back what this subscriber may hold.
            Err(Error::LeaseLimit { .. }) => std::thread::sleep(LEASE_TURN),
            Err(error) => return Err(error),
        }
        let full = self.checker.is_full();
        if full {
            self.checker.settle()?;
        }
        Ok(!full)
    }

    fn settle(&mut self) {
        if let Err(error) = self.checker.settle() {
            tell_error(&error);
        }
        self.tell("AT");
    }

    fn obey(&mut self, key: &str, options: &Options, words: &[&str]) -> Result<()> {
        match *words {
            ["take", millis] => {
                let limit = Duration::from_millis(millis.parse().unwrap_or(0));
                let frame = self.subscriber.next(Some(limit))?;
                println!("TAKEN seq={}", frame.seq());
                self.held.push_back(frame);
            }
            ["wait_on"] => {
                self.newest()?.wait_on(self.stream.as_ref())?;
                println!("WAITING");
            }
            ["wait_host", millis] => {
                let limit = Duration::from_millis(millis.parse().unwrap_or(0));
                self.newest()?.wait_host(Some(limit))?;
                println!("COMPLETE");
            }
            ["ready"] => println!("IS ready={}", u8::from(self.newest()?.is_ready()?)),
            ["synchronize"] => {
                let done = self.stream.as_ref().synchronize(self.context);
                done.map_err(gpu::failed("wait for the stream"))?;
                println!("DONE");
            }
            ["check"] => self.check_held(usize::MAX)?,
            ["check_first"] => self.check_held(1)?,
            ["release"] => {
                if let Some(frame) = self.held.pop_front() {
                    frame.release()?;
                }
                println!("RELEASED");
            }
            ["release_on"] => {
                if let Some(frame) = self.held.pop_front() {
                    frame.release_on(self.stream.as_ref())?;
                }
                println!("RELEASED");
            }
            ["read_on"] => {
                if let Some(frame) = self.held.pop_front() {
                    self.checker.check(frame)?;
                }
                println!("RELEASED");
            }
            ["settle"] => self.settle(),
            ["block"] => {
                let closed = self.gate.close(&[self.stream.as_ref()]);
                closed.map_err(gpu::failed("block"))?;
                println!("BLOCKED");
            }
            ["unblock"] => {
                self.gate.open().map_err(gpu::failed("unblock"))?;
                println!("UNBLOCKED");
            }
            ["join", times] => self.join(key, options, times.parse().unwrap_or(0))?,
            ["stats"] => self.tell_stats(),
            ["resources"] => {
                wait_for_guards(1);
                let (fds, maps) = traces::resources(std::process::id());
                println!("RESOURCES fds={fds} maps={maps}");
            }
            _ => println!("ERROR code=- text=no_such_command"),
        }
        Ok(())
    }

    /// Gives everything back, and waits until streams have given it back too: what they still
    /// use when a process ends is left to the driver.
    fn leave(mut self) -> Result<()> {
        self.held.clear();
        self.gate.open().map_err(gpu::failed("unblock"))?;
        self.checker.settle()?;
        let started = Instant::now();
        while self.subscriber.stats().leases != 0 && started.elapsed() < WATCHDOG {
            std::thread::sleep(LEASE_TURN);
        }
        drop(self);
        wait_for_guards(0);
        Ok(())
    }

    fn newest(&self) -> Result<&Frame> {
        let none = || Error::InvalidArgument("no frame is held".into());
        self.held.back().ok_or_else(none)
    }

    /// Looks at the first frames that are held, without giving them back.
    fn check_held(&mut self, count: usize) -> Result<()> {
        let before = self.checker.found.wrong;
        for frame in self.held.iter().take(count) {
            self.checker.check(frame.clone())?;
        }
        self.checker.settle()?;
        println!(
            "CHECKED frames={} wrong={}",
            self.held.len(),
            self.checker.found.wrong - before
        );
        Ok(())
    }

    /// Joins beside this subscription, reads a frame, and leaves, so many times.
    fn join(&mut self, key: &str, options: &Options, times: u64) -> Result<()> {
        for _ in 0..times {
            let builder = describe(key, options, self.context).name("joiner");
            let mut other = builder.connect()?;
            let frame = other.next(Some(Duration::from_secs(9)))?;
            frame.wait_on(self.stream.as_ref())?;
            self.checker.check(frame)?;
            drop(other);
            self.checker.settle()?;
        }
        self.tell("JOINED");
        Ok(())
    }

    fn tell(&self, word: &str) {
        let found = self.checker.found;
        println!(
            "{word} received={} wrong={} aborted={} last={}",
            found.received,
            found.wrong,
            found.aborted,
            self.subscriber.stats().last_seq
        );
    }

    fn tell_stats(&self) {
        let stats = self.subscriber.stats();
        println!(
            "STATS received={} missed={} reattached={} last={} leases={} dropped={}",
            stats.received,
            stats.missed,
            stats.reattached,
            stats.last_seq,
            stats.leases,
            stats.publisher_dropped
        );
    }
}
