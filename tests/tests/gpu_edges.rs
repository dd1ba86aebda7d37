//! The edges of the GPU path: one process on both sides, a stream that never ends, a lost
//! context, another size while frames are held, and the log of what a frame costs.

use std::fs;
use std::time::Instant;

use cuframes::cuda::{Memory, Stream, Sync};
use cuframes::{Error, Format, Frame, FrameMeta, Mode, Publisher, Subscriber};
use cuframes_tests::gpu::painted::{Checksums, seed};
use cuframes_tests::gpu::{self, PAIRS, Pair, Program, Stage, Sums};
use cuframes_tests::{Peer, Scene, WATCHDOG};

/// Each piece of work of a stream begins up to so many microseconds late.
const DELAY_US: u64 = 100;
/// Calls that wait for a GPU.
const SYNCHRONISING: [&str; 5] = [
    "cuCtxSynchronize",
    "cuStreamSynchronize",
    "cuEventSynchronize",
    "cuMemcpyDtoH",
    "cuMemcpyHtoD",
];

fn kinds((memory, sync): Pair) -> (Memory, Sync) {
    let memory = match memory {
        "cuda_ipc" => Memory::CudaIpc,
        _ => Memory::CudaVmm,
    };
    let sync = match sync {
        "cpu" => Sync::Cpu,
        "event" => Sync::Event,
        _ => Sync::Timeline,
    };
    (memory, sync)
}

/// The driver opens no handle of its own process: the pool and the events are used as they are.
fn both_sides_in_one_process(pair: Pair) {
    const FRAMES: u64 = 200;
    let scene = Scene::new();
    let (memory, sync) = kinds(pair);
    let context = gpu::context(0).expect("a context");
    let program = Program::load(&context).expect("the program");
    let kernels = program.kernels().expect("its kernels");
    let streams = [(); 2].map(|()| Stream::new(&context).expect("a stream"));
    let [paints, reads] = [&streams[0], &streams[1]].map(Stream::as_ref);
    let builder = Publisher::builder(&scene.key).memory(memory).sync(sync);
    let builder = builder.cuda_context(&context).size(64, 16);
    let mut publisher = builder.format(Format::R8).build().expect("a publisher");
    let builder = Subscriber::builder(&scene.key).mode(Mode::StrictOrder);
    let mut subscriber = builder.cuda_context(&context).connect().expect("joined");
    let sums = Sums::new(&context, 1).expect("a word");
    let expected = Checksums::new(64, 16);
    for seq in 1..=FRAMES {
        let frame = publisher.acquire_on(paints).expect("a slot");
        let frame = frame.expect("nobody keeps the slots");
        kernels.paint(paints, &frame, seq).expect("painted");
        let published = publisher.publish_on(frame, &FrameMeta::default(), paints);
        assert_eq!(published.expect("published").seq(), seq);
        let frame = next(&mut subscriber);
        assert_eq!(frame.seq(), seq);
        sums.clear(reads).expect("cleared");
        frame.wait_on(reads).expect("waits");
        kernels.add_up(reads, &frame, &sums, 0).expect("added up");
        frame.release_on(reads).expect("given back");
        let sum = sums.read(reads).expect("read");
        assert_eq!(sum, [expected.of(seed(seq, 0))], "{pair:?} frame {seq}");
    }
    assert_eq!(publisher.stats().dropped, 0);
    drop(subscriber);
    publisher.finish().expect("finished");
    gpu::tell(pair, &format!("{FRAMES} frames, 0 wrong"));
}

/// The next frame; streams may still have to give older ones back.
fn next(subscriber: &mut Subscriber) -> Frame {
    loop {
        match subscriber.next(Some(WATCHDOG)) {
            Err(Error::LeaseLimit { .. }) => std::thread::yield_now(),
            frame => return frame.expect("a frame"),
        }
    }
}

#[test]
fn one_process_is_both_sides() {
    // A run directory is a process's own, and so is this test's.
    let scene = Scene::new();
    // SAFETY: no other thread of this program reads the environment now: it is the only test
    // that has no process of its own.
    #[allow(unsafe_code)]
    unsafe {
        std::env::set_var("CUFRAMES_RUNTIME_DIR", &scene.dir);
    }
    let pairs = PAIRS.into_iter().filter(|&pair| gpu::works(pair));
    pairs.for_each(both_sides_in_one_process);
}

/// A frame that a blocked stream reads keeps its slot; when it has been too long, its owner is
/// evicted, and only then the slot is used again.
#[test]
fn a_stream_that_never_ends_keeps_its_frame_and_then_loses_it() {
    for (pair, stage) in Stage::each(DELAY_US, 3) {
        let options = [
            "slots=3",
            "max_leases=1",
            "lease_timeout=400",
            "policy=strict",
        ];
        let mut publisher = stage.publisher(&options);
        let mut reader = stage.subscriber(&["name=stuck", "mode=newest"]);
        publisher.ask("wait 1", "JOINED");
        publisher.ask("publish 1", "PUBLISHED");
        reader.ask("take 9000", "TAKEN");
        reader.ask("wait_host 9000", "COMPLETE");
        reader.ask("block", "BLOCKED");
        reader.ask("read_on", "RELEASED");
        // Two slots are left, and the third is not touched: its stream still finds it whole.
        let published = publisher.ask("publish 20", "PUBLISHED");
        assert_eq!(published.get::<u64>("dropped"), 0, "{pair:?}");
        reader.ask("unblock", "UNBLOCKED");
        let settled = reader.ask("settle", "AT");
        assert_eq!(settled.get::<u64>("received"), 1, "{pair:?}");
        assert_eq!(settled.get::<u64>("wrong"), 0, "{pair:?}");

        reader.ask("block", "BLOCKED");
        reader.ask("take 9000", "TAKEN");
        reader.ask("read_on", "RELEASED");
        publisher.ask("publish 1", "PUBLISHED");
        assert_eq!(evicted(&mut publisher, 0), 0, "{pair:?}: too early");
        assert_eq!(evicted(&mut publisher, 1), 1, "{pair:?}");
        // The frame was the only one in the way of the third slot.
        let published = publisher.ask("publish 20", "PUBLISHED");
        assert_eq!(published.get::<u64>("dropped"), 0, "{pair:?}");
        reader.tell("take 9000");
        let end = reader.until("ERROR", |line| assert_eq!(line.word(), "EVENT"));
        assert_eq!(end.text("code"), Some("Evicted"), "{pair:?}: {end}");
        reader.ask("unblock", "UNBLOCKED");
        assert!(reader.wait().success());
        assert!(publisher.wait().success());
        // What was lent by a handle to somebody who was evicted stays until its maker ends.
        if pair.0 == "cuda_vmm" && pair.1 != "event" {
            stage.assert_balanced();
        }
        gpu::tell(
            pair,
            "the slot not used before its owner was evicted, then used",
        );
    }
}

/// Asks until so many were evicted.
fn evicted(publisher: &mut Peer, wanted: u64) -> u64 {
    let started = Instant::now();
    loop {
        publisher.tell("stats");
        let evicted = publisher.until("STATS", |_| {}).get("evicted");
        if evicted >= wanted || started.elapsed() > WATCHDOG {
            return evicted;
        }
    }
}

/// The publisher's context is lost in the middle of everything; after `reconfigure` it goes on,
/// and so does a reader in a context of its own.
#[test]
fn a_lost_context_is_recovered_by_reconfiguration() {
    for pair in PAIRS {
        let Some(stage) = Stage::simulated("a lost context", pair, DELAY_US, 4) else {
            return;
        };
        let lost = [("FAKE_CUDA_FAULT", "LOST:1500")];
        // Longer than anybody waits: a publisher that waits for readers of frames which its lost
        // context never completes is seen by the watchdog.
        let options = ["policy=strict", "strict_timeout=60000"];
        let mut publisher = stage.start("publish", &options, &lost);
        publisher.expect("READY");
        let reader = stage.subscriber(&["way=careful", "run=1"]);
        publisher.ask("wait 1", "JOINED");
        publisher.tell("publish 2000");
        let error = publisher.until("ERROR", |_| {});
        assert_eq!(error.text("code"), Some("Cuda"), "{pair:?}: {error}");
        let text = error.text("text").unwrap_or_default();
        assert!(text.contains("CUDA_ERROR_"), "{pair:?}: {error}");
        publisher.ask("reconfigure 64 16", "RECONFIGURED");
        publisher.ask("recover", "RECOVERED");
        reader.until("EVENT", |line| {
            assert_eq!(line.word(), "AT", "{pair:?}: {line}")
        });
        let published = publisher.ask("publish 20", "PUBLISHED");
        let last: u64 = published.get("last");
        publisher.tell("finish");
        let mut found = None;
        let end = reader.until("ERROR", |line| found = Some(line.clone()));
        assert_eq!(end.text("code"), Some("EndOfStream"), "{pair:?}: {end}");
        let found = found.expect("it told what it found");
        // Nobody can be told by an event that the work before it was lost.
        if pair.1 != "event" {
            assert_eq!(found.get::<u64>("wrong"), 0, "{pair:?}: {found}");
        }
        assert_eq!(found.get::<u64>("last"), last, "{pair:?}: {found}");
        publisher.expect("FINISHED");
        assert!(publisher.wait().success());
        assert!(reader.wait().success());
    }
}

/// With handles of the driver a reader has to close the old pool before it joins the new one,
/// and what it holds stays whole until then.
#[test]
fn another_size_while_frames_are_held() {
    for (pair, stage) in Stage::each(DELAY_US, 5) {
        let mut publisher = stage.publisher(&[]);
        let mut reader = stage.subscriber(&[]);
        publisher.ask("wait 1", "JOINED");
        publisher.ask("publish 2", "PUBLISHED");
        reader.ask("take 9000", "TAKEN");
        reader.ask("take 9000", "TAKEN");
        publisher.ask("reconfigure 128 32", "RECONFIGURED");
        publisher.ask("publish 2", "PUBLISHED");
        let checked = reader.ask("check", "CHECKED");
        assert_eq!(checked.get::<u64>("wrong"), 0, "{pair:?}: {checked}");
        reader.ask("release", "RELEASED");
        reader.ask("release_on", "RELEASED");
        reader.tell("take 9000");
        let taken = reader.until("TAKEN", |line| assert_eq!(line.word(), "EVENT"));
        assert_eq!(taken.get::<u64>("seq"), 3, "{pair:?}");
        let checked = reader.ask("check", "CHECKED");
        assert_eq!(checked.get::<u64>("wrong"), 0, "{pair:?}: {checked}");
        assert!(reader.wait().success());
        assert!(publisher.wait().success());
        stage.assert_balanced();
        gpu::tell(pair, "frames of both sizes whole");
    }
}

/// With a GPU that is 200 ms late neither side's processor waits for it, and the driver's log
/// has no call that would.
#[test]
fn no_processor_waits_for_a_slow_gpu() {
    for pair in PAIRS.into_iter().filter(|pair| pair.1 != "cpu") {
        let Some(stage) = Stage::simulated("the log of calls", pair, 0, 6) else {
            return;
        };
        let logs = ["publisher", "reader"].map(|name| stage.scene.dir.join(name));
        let [ours, theirs] = &logs;
        let log = |path: &std::path::Path| path.display().to_string();
        let (ours, theirs) = (log(ours), log(theirs));
        let mut publisher = stage.start("publish", &[], &[("FAKE_CUDA_LOG", &ours)]);
        publisher.expect("READY");
        let mut reader = stage.start("subscribe", &[], &[("FAKE_CUDA_LOG", &theirs)]);
        reader.expect("READY");
        publisher.ask("wait 1", "JOINED");
        publisher.ask("publish 1", "PUBLISHED");
        reader.ask("take 9000", "TAKEN");
        reader.ask("wait_on", "WAITING");
        reader.ask("release_on", "RELEASED");
        let joined = logs.each_ref().map(|path| calls(path).len());

        // As late as can be: nothing of it is done while the frames are passed on.
        publisher.ask("block", "BLOCKED");
        for _ in 0..2 {
            publisher.ask("publish 1", "PUBLISHED");
            reader.ask("take 9000", "TAKEN");
            reader.ask("wait_on", "WAITING");
            reader.ask("release_on", "RELEASED");
        }
        let slowest: u64 = publisher.ask("publish 1", "PUBLISHED").get("slowest_us");
        assert!(slowest < 50_000, "{pair:?}: {slowest} us");
        for (path, joined) in logs.iter().zip(joined) {
            let made = calls(path).split_off(joined);
            assert!(!made.is_empty(), "{pair:?}: the log is written");
            let waits = |call: &&String| SYNCHRONISING.iter().any(|name| call.starts_with(name));
            let waiting: Vec<_> = made.iter().filter(waits).collect();
            assert!(waiting.is_empty(), "{pair:?}: {waiting:?}");
        }
        // The control: this call is in the log.
        publisher.ask("unblock", "UNBLOCKED");
        reader.ask("synchronize", "DONE");
        let last = calls(&logs[1]);
        assert!(
            last.iter()
                .any(|call| call.starts_with("cuStreamSynchronize"))
        );
        assert!(reader.wait().success());
        assert!(publisher.wait().success());
        stage.assert_balanced();
    }
}

/// The names of the calls in a log.
fn calls(log: &std::path::Path) -> Vec<String> {
    let text = fs::read_to_string(log).expect("the log can be read");
    let name = |line: &str| line.split(' ').nth(2).unwrap_or_default().to_owned();
    text.lines().map(name).collect()
}
