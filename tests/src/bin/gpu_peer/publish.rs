//! The publisher: lets the GPU paint pictures that prove to be whole, and publishes them.

use std::time::{Duration, Instant};

use cuframes::cuda::{Context, Memory, Stream, Sync};
use cuframes::publisher::PublisherBuilder;
use cuframes::{Format, FrameMeta, Publisher, Result};
use cuframes_tests::gpu::{self, Gate, Program};
use cuframes_tests::helper::{self, Input, Looked, Options, number, tell_error};
use cuframes_tests::{WATCHDOG, traces};

/// Between two signs of life while frames are published.
const SIGN_OF_LIFE: Duration = Duration::from_secs(1);

/// Frames that may be on their way through the GPU in a run without an end.
const AHEAD: u32 = 6;

/// What the pictures are painted with. It is made anew after the context was lost.
struct Rig {
    context: Context,
    program: Program,
    /// Frames are painted on these in turn.
    streams: Vec<Stream>,
    gate: Gate,
}

/// A stream of frames, and what this process counts of it.
struct Source {
    publisher: Publisher,
    rig: Rig,
    /// How often each frame is painted, and only at last as it should be: it takes the more time.
    work: u64,
    dropped: u64,
    /// The longest that the host was kept for one frame, waiting for a slot left out.
    slowest: Duration,
}

/// Publishes as the input tells, until `finish` or the end of the input.
pub fn run(key: &str, options: &Options, input: &Input) -> Result<()> {
    let rig = Rig::new(options)?;
    let publisher = describe(key, options, &rig.context).build()?;
    println!(
        "READY epoch={} memory={:?} sync={:?}",
        publisher.epoch(),
        publisher.memory(),
        publisher.sync()
    );
    let mut source = Source {
        publisher,
        rig,
        work: options.get("work", 1),
        dropped: 0,
        slowest: Duration::ZERO,
    };
    let mut next = input.wait();
    while let Some(command) = next {
        let words: Vec<&str> = command.split(' ').collect();
        next = match words[..] {
            ["finish"] => {
                source.publisher.finish()?;
                println!("FINISHED");
                return Ok(());
            }
            ["run"] => source.run(input)?,
            _ => {
                if let Err(error) = source.obey(options, &words) {
                    tell_error(&error);
                }
                input.wait()
            }
        };
    }
    drop(source);
    println!("DROPPED");
    Ok(())
}

impl Rig {
    fn new(options: &Options) -> Result<Self> {
        let context = gpu::context(options.get("device", 0))?;
        let program = Program::load(&context).map_err(gpu::failed("load the kernels"))?;
        let streams = (0..options.get("streams", 2)).map(|_| Stream::new(&context));
        let streams = streams.collect::<std::result::Result<_, _>>();
        let gate = Gate::new(&context).map_err(gpu::failed("make a gate"))?;
        Ok(Rig {
            program,
            streams: streams.map_err(gpu::failed("make streams"))?,
            gate,
            context,
        })
    }
}

fn describe(key: &str, options: &Options, context: &Context) -> PublisherBuilder {
    let builder = Publisher::builder(key)
        .memory(match options.text("memory") {
            Some("cuda_ipc") => Memory::CudaIpc,
            Some("cuda_vmm") => Memory::CudaVmm,
            _ => Memory::Auto,
        })
        .sync(match options.text("sync") {
            Some("cpu") => Sync::Cpu,
            Some("event") => Sync::Event,
            Some("timeline") => Sync::Timeline,
            _ => Sync::Auto,
        })
        .cuda_context(context)
        .format(Format::Nv12)
        .size(options.get("width", 64), options.get("height", 16))
        .slots(options.get("slots", 8));
    helper::publisher(builder, options)
}

impl Source {
    fn obey(&mut self, options: &Options, words: &[&str]) -> Result<()> {
        match *words {
            ["wait", count] => {
                let count = number(count) as usize;
                self.publisher.wait_subscribers(count, Some(WATCHDOG))?;
                println!("JOINED");
            }
            ["left", count] => self.wait_until_left(number(count) as usize),
            ["publish", count] => self.publish_all(number(count))?,
            ["block"] => {
                let streams: Vec<_> = self.rig.streams.iter().map(Stream::as_ref).collect();
                self.rig
                    .gate
                    .close(&streams)
                    .map_err(gpu::failed("block"))?;
                println!("BLOCKED");
            }
            ["unblock"] => {
                self.rig.gate.open().map_err(gpu::failed("unblock"))?;
                println!("UNBLOCKED");
            }
            ["synchronize"] => {
                self.synchronize()?;
                println!("DONE");
            }
            ["reconfigure", width, height] => {
                let (width, height) = (number(width) as u32, number(height) as u32);
                self.publisher.reconfigure(Format::Nv12, width, height)?;
                println!("RECONFIGURED epoch={}", self.publisher.epoch());
            }
            ["recover"] => {
                // Everything in it is gone, and its handles mean nothing any more.
                let lost = std::mem::replace(&mut self.rig, Rig::new(options)?);
                std::mem::forget(lost);
                println!("RECOVERED");
            }
            ["stats"] => self.tell_stats(),
            ["resources"] => {
                let (fds, maps) = traces::resources(std::process::id());
                println!("RESOURCES fds={fds} maps={maps}");
            }
            _ => println!("ERROR code=- text=no_such_command"),
        }
        Ok(())
    }

    /// Waits for everything that was painted.
    fn synchronize(&self) -> Result<()> {
        for stream in &self.rig.streams {
            let done = stream.as_ref().synchronize(stream.context());
            done.map_err(gpu::failed("wait for a stream"))?;
        }
        Ok(())
    }

    fn publish_all(&mut self, count: u64) -> Result<()> {
        let mut told = Instant::now();
        for _ in 0..count {
            self.publish()?;
            if told.elapsed() > SIGN_OF_LIFE {
                told = Instant::now();
                self.tell("AT");
            }
        }
        self.tell("PUBLISHED");
        Ok(())
    }

    /// Publishes until a command comes, which is returned. Nobody else would keep this process
    /// from giving its GPU work for hours, so it waits now and then.
    fn run(&mut self, input: &Input) -> Result<Option<String>> {
        loop {
            for _ in 0..AHEAD {
                match input.look() {
                    Looked::Command(command) => return Ok(Some(command)),
                    Looked::End => return Ok(None),
                    Looked::Nothing => self.publish()?,
                }
            }
            self.synchronize()?;
        }
    }

    fn publish(&mut self) -> Result<()> {
        let next = self.publisher.stats().published as usize;
        let streams = &self.rig.streams;
        let stream = streams[next % streams.len()].as_ref();
        let Some(frame) = self.publisher.acquire_on(stream)? else {
            self.dropped += 1;
            return Ok(());
        };
        let started = Instant::now();
        let seq = self.publisher.stats().latest_seq + 1;
        for wrong in (0..self.work).rev() {
            let kernels = self.rig.program.kernels();
            let painted = kernels.and_then(|kernels| kernels.paint(stream, &frame, seq + wrong));
            painted.map_err(gpu::failed("paint a frame"))?;
        }
        let meta = FrameMeta {
            pts: Some(seq as i64),
            ..FrameMeta::default()
        };
        let published = self.publisher.publish_on(frame, &meta, stream)?;
        assert_eq!(published.seq(), seq, "the number that was painted");
        self.slowest = self.slowest.max(started.elapsed());
        Ok(())
    }

    fn tell(&self, word: &str) {
        println!(
            "{word} last={} dropped={} slowest_us={}",
            self.publisher.stats().latest_seq,
            self.dropped,
            self.slowest.as_micros()
        );
    }

    fn tell_stats(&self) {
        let stats = self.publisher.stats();
        for row in &stats.subscribers {
            println!(
                "ROW name={} held={} consumed={} received={} missed={} lagging={}",
                row.name,
                row.held,
                row.consumed_seq,
                row.received,
                row.missed,
                u8::from(row.lagging)
            );
        }
        println!(
            "STATS published={} dropped={} evicted={} latest={} subscribers={}",
            stats.published,
            stats.dropped,
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
