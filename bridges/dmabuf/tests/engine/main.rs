//! An engine over real sockets, with frames in memfds and consumers of every kind.

mod bad_input;
mod client;
mod crowd;
mod deaths;
mod extremes;
mod feed;
mod flood;
mod gateway;
mod lending;
mod reclaim;

use std::path::PathBuf;
use std::time::Duration;

use frame_lending::engine::{Engine, EngineOptions};
use tempfile::TempDir;

use client::Client;
use feed::Feed;

/// An engine with two streams, "cam1" and "cam2".
struct Stage {
    feed: Feed,
    engine: Engine,
    path: PathBuf,
    _dir: TempDir,
}

impl Stage {
    fn new(change: impl FnOnce(&mut EngineOptions, &mut Feed)) -> Stage {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("engine.sock");
        let mut feed = Feed::new(&["cam1", "cam2"]);
        let mut options = EngineOptions::new(&path);
        // Nothing times out where that is not the subject, however slow the machine is.
        options.timeout = Duration::from_secs(60);
        change(&mut options, &mut feed);
        let engine = Engine::start(Box::new(feed.clone()), options).expect("it starts");
        Stage {
            feed,
            engine,
            path,
            _dir: dir,
        }
    }

    fn usual() -> Stage {
        Stage::new(|_, _| {})
    }

    /// A consumer that is served: what is published from now on it sees.
    fn client(&self) -> Client {
        let before = self.engine.report();
        let (served, gone) = (before.consumers.len(), before.gone);
        let client = Client::new(&self.path);
        // A hello is heard by a thread that has subscribed already.
        client.hello(0);
        client::until(&self.engine, "served", |report| {
            let is_heard = |row: &frame_lending::engine::ConsumerRow| row.name == "tester";
            let heard = report.consumers.iter().filter(|row| is_heard(row)).count();
            heard + (report.gone - gone) as usize > served
        });
        client
    }
}
