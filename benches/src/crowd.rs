//! Subscribers that are attached and do nothing: what a publisher pays for them although it does not
//! have to wake them.

use bench_harness::Result;
use bench_harness::peer::{self, Peer, word};
use cuframes::subscriber::SubscriberBuilder;
use cuframes::{Publisher, Subscriber};

/// Starts a process with so many of them, in `role`, and waits until the publisher knows them all.
pub fn attach(publisher: &Publisher, role: &str, count: usize) -> Result<Peer> {
    let crowd = Peer::start_ready(role, &[count.to_string()])?;
    publisher.wait_subscribers(count, None)?;
    Ok(crowd)
}

/// How many there are.
pub fn in_words(count: usize) -> String {
    match count {
        0 => "nobody attached".to_owned(),
        1 => "1 idle subscriber".to_owned(),
        more => format!("{more} idle subscribers"),
    }
}

/// In the other process: joins `key` as often as it was told, each time as `shaped`.
pub fn be_idle(
    words: &[String],
    key: &str,
    shaped: impl Fn(SubscriberBuilder) -> SubscriberBuilder,
) -> Result<()> {
    let count: usize = word(words, 0)?;
    let join = |index| shaped(Subscriber::builder(key).name(&format!("idle-{index}"))).connect();
    let subscribers: Vec<Subscriber> = (0..count).map(join).collect::<cuframes::Result<_>>()?;
    peer::say("ready")?;
    peer::until_let_go()?;
    drop(subscribers);
    Ok(())
}
