//! From SIGKILL to the moment at which the other side knows.

use std::os::fd::AsFd;
use std::time::Duration;

use cuframes::{ErrorCode, Format, FrameMeta, Publisher, Subscriber};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use bench_harness::Result;
use bench_harness::book::{Book, Samples, Target};
use bench_harness::machine::now;
use bench_harness::peer::{self, Peer};

const KEY: &str = "bench-death";
const DEATHS: u64 = 40;
const PATIENCE: Duration = Duration::from_secs(10);
const NOTICE: f64 = 100_000_000.0;

pub fn measure(book: &mut Book) -> Result<()> {
    let mut in_next = Samples::new()?;
    let mut in_poll = Samples::new()?;
    let mut freed = Samples::new()?;
    for death in 0..DEATHS {
        // At moments spread over the time that a sleeping reader sleeps at the most.
        let moment = Duration::from_millis(10 + death * 37 % 100);
        in_next.record(publisher_dies(moment, wait_in_next)?);
        in_poll.record(publisher_dies(moment, wait_in_poll)?);
        freed.record(subscriber_dies()?);
    }
    let never = Target::Never(NOTICE);
    let what = "SIGKILL of a publisher to DISCONNECTED, in next()";
    book.add(what, None, never, &in_next);
    let what = "SIGKILL of a publisher to DISCONNECTED, polling the descriptor";
    book.add(what, None, never, &in_poll);
    let what = "SIGKILL of a subscriber with a lease to its slot free";
    book.add(what, None, never, &freed);
    Ok(())
}

/// Time from the death of a publisher to its knowledge at a subscriber that waits so.
fn publisher_dies(
    moment: Duration,
    wait: impl FnOnce(&mut Subscriber) -> Result<u64> + Send,
) -> Result<u64> {
    let mut publisher = Peer::start_ready("victim-publisher", &[])?;
    let mut subscriber = Subscriber::builder(KEY).reattach(false).connect()?;
    drop(subscriber.next(Some(PATIENCE))?);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(move || wait(&mut subscriber).map_err(|error| error.to_string()));
        std::thread::sleep(moment);
        let killed = now();
        publisher.kill()?;
        let known = waiting.join().map_err(|_| "the subscriber panicked")??;
        Ok(known - killed)
    })
}

/// When `next` says it.
fn wait_in_next(subscriber: &mut Subscriber) -> Result<u64> {
    match subscriber.next(Some(PATIENCE)) {
        Err(error) if error.code() == ErrorCode::Disconnected => Ok(now()),
        Err(error) => Err(error.into()),
        Ok(frame) => Err(format!("frame {} of a publisher with one", frame.seq()).into()),
    }
}

/// When an event loop hears of it.
fn wait_in_poll(subscriber: &mut Subscriber) -> Result<u64> {
    let limit = Timespec {
        tv_sec: PATIENCE.as_secs() as i64,
        tv_nsec: 0,
    };
    loop {
        let fd = subscriber.poll_fd()?.as_fd().try_clone_to_owned()?;
        match subscriber.next(Some(Duration::ZERO)) {
            Err(error) if error.code() == ErrorCode::Disconnected => return Ok(now()),
            Err(error) if error.code() == ErrorCode::WouldBlock => {}
            Err(error) => return Err(error.into()),
            Ok(frame) => {
                return Err(format!("frame {} of a publisher with one", frame.seq()).into());
            }
        }
        if poll(&mut [PollFd::new(&fd, PollFlags::IN)], Some(&limit))? == 0 {
            return Err("nothing was heard of a dead publisher".into());
        }
    }
}

/// In the other process: publishes one frame and waits for its end. Its pool is in use, as
/// it would be: a process that has more memory takes longer to die.
pub fn be_publisher() -> Result<()> {
    let mut publisher = large_publisher()?;
    for _ in 0..8 {
        let mut frame = publisher.acquire()?.ok_or("no slot is free")?;
        frame.plane_mut(0).fill(16);
        frame.plane_mut(1).fill(128);
        drop(publisher.publish(frame, &FrameMeta::default())?);
    }
    peer::say("ready")?;
    peer::until_let_go()
}

fn large_publisher() -> Result<Publisher> {
    Ok(Publisher::builder(KEY)
        .format(Format::Nv12)
        .size(1920, 1080)
        .build()?)
}

/// Time from the death of a subscriber to the moment at which the slot it held can be taken.
fn subscriber_dies() -> Result<u64> {
    let mut publisher = Publisher::builder(KEY).size(1920, 1080).slots(2).build()?;
    publish_one(&mut publisher)?;
    let mut subscriber = Peer::start_ready("victim-subscriber", &[])?;
    // The newest frame is in the one slot, the lease is on the other: there is none left.
    publish_one(&mut publisher)?;
    if publisher.try_acquire().is_some() {
        return Err("a leased slot was free".into());
    }
    let killed = now();
    subscriber.kill()?;
    while publisher.try_acquire().is_none() {
        std::thread::yield_now();
        if now() - killed > PATIENCE.as_nanos() as u64 {
            return Err("the slot of a dead subscriber stays taken".into());
        }
    }
    let freed = now();
    publisher.finish()?;
    Ok(freed - killed)
}

fn publish_one(publisher: &mut Publisher) -> Result<()> {
    let frame = publisher.acquire()?.ok_or("no slot is free")?;
    drop(publisher.publish(frame, &FrameMeta::default())?);
    Ok(())
}

/// In the other process: takes a frame and keeps it.
pub fn be_subscriber() -> Result<()> {
    let mut subscriber = Subscriber::builder(KEY).connect()?;
    let frame = subscriber.next(Some(PATIENCE))?;
    peer::say("held")?;
    peer::until_let_go()?;
    drop(frame);
    Ok(())
}
