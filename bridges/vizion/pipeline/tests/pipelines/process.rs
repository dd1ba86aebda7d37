//! The program's process, held by the test itself.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use vizion_pipeline_events::Event;

use crate::support::PATIENCE;

/// The program, started by the test itself.
pub struct Process {
    pub child: Child,
    events: Receiver<Event>,
}

impl Process {
    pub fn start(command: &mut Command) -> Process {
        let mut child = command.spawn().expect("the program starts");
        let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let (tell, events) = channel();
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let event = Event::of_line(&line).expect("an event");
                if tell.send(event).is_err() {
                    break;
                }
            }
        });
        Process { child, events }
    }

    /// Its next event but statistics.
    pub fn event(&self) -> Event {
        loop {
            match self.events.recv_timeout(PATIENCE).expect("an event") {
                Event::Stats { .. } => {}
                event => return event,
            }
        }
    }

    /// Frames that its pipeline took and that it lost, once it has ended.
    pub fn totals(&mut self) -> (u64, u64) {
        let mut totals = (0, 0);
        loop {
            match self.events.recv_timeout(PATIENCE).expect("an event") {
                Event::Stats {
                    frames, dropped, ..
                } => totals = (frames, dropped),
                Event::Running => {}
                Event::Ended => return totals,
                other => panic!("{other:?}"),
            }
        }
    }

    /// Its next event is a failure: why.
    pub fn failure(&self) -> String {
        match self.event() {
            Event::Failed { message } => message,
            other => panic!("{other:?} and not failed"),
        }
    }

    /// Closes its standard input.
    pub fn stop(&mut self) {
        drop(self.child.stdin.take());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
