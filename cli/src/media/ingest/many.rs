//! Many inputs in one process, each in a thread of its own: what happens to one does not
//! touch the others.

use std::thread;

use cuframes_cli::args::PublishArguments;
use cuframes_cli::exit::Failure;
use cuframes_cli::terminal::say;
use program::ending::Ending;
use program::signals::Signals;

use super::camera::{Camera, Patience};
use super::service::{Pulse, Service};

/// Publishes them until the last has ended. Fails like the first of them that failed.
pub fn run(cameras: &[PublishArguments], signals: &Signals) -> Result<(), Failure> {
    let service = Service::start(cameras.len(), signals.clone());
    let ended: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = cameras
            .iter()
            .enumerate()
            .map(|(number, camera)| {
                let (signals, pulse) = (signals.clone(), service.pulse(number));
                scope.spawn(move || one(camera, signals, pulse))
            })
            .collect();
        let panicked = |_| {
            let what = "publish an input".to_owned();
            let reason = "its thread panicked".to_owned();
            Err(Failure::Input { what, reason })
        };
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(panicked))
            .collect()
    });
    service.stop();
    signals.check()?;
    let (all, mut failed) = (ended.len(), ended.into_iter().filter_map(Result::err));
    match failed.next() {
        None => Ok(()),
        Some(first) => Err(Failure::Several {
            failed: failed.count() + 1,
            all,
            first: Box::new(first),
        }),
    }
}

fn one(camera: &PublishArguments, signals: Signals, pulse: Pulse) -> Result<(), Failure> {
    let ended = Camera::new(camera, signals, pulse, Patience::All).run();
    match &ended {
        Ok(()) | Err(Failure::Ended(Ending::Signal(_))) => {}
        // Even a quiet one says why it fails.
        Err(failure) => say(&format!("{}: {failure}", camera.key())),
    }
    ended
}
