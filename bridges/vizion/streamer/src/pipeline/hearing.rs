//! The thread that hears a pipeline's process from its start to its end.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use vizion_pipeline_events::{Event, MAX_LINE};

use super::process::Process;
use super::said::{PipelineStats, Said};
use super::{Limits, PipelineError};

/// Of the last line on standard error, so much is told.
const MAX_COMPLAINT: usize = 512;

pub(super) struct Hearing {
    process: Process,
    said: Arc<Said>,
    limits: Limits,
    /// What is heard still.
    open: Vec<Source>,
    /// The line of standard output that is not whole yet.
    event: Vec<u8>,
    /// The last line of standard error that has anything in it, and the one that is not whole yet.
    complaint: Vec<u8>,
    half_complaint: Vec<u8>,
    /// Then the process is killed, and this is why.
    deadline: Option<(Instant, String)>,
}

/// What something can be heard of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    /// The process is gone.
    Gone,
    /// The daemon wants its end.
    Stopping,
    Stdout,
    Stderr,
}

impl Hearing {
    /// Hears `process` on a thread of its own, until it is gone.
    pub fn start(process: Process, limits: Limits, said: Arc<Said>) -> Result<(), PipelineError> {
        let hearing = Hearing {
            deadline: Some((
                Instant::now() + limits.starting,
                format!(
                    "it did not say within {:?} whether it runs",
                    limits.starting
                ),
            )),
            open: vec![
                Source::Stderr,
                Source::Stdout,
                Source::Stopping,
                Source::Gone,
            ],
            event: Vec::new(),
            complaint: Vec::new(),
            half_complaint: Vec::new(),
            process,
            said,
            limits,
        };
        let thread = thread::Builder::new().name("vizion pipeline".to_owned());
        let started = thread.spawn(move || hearing.run());
        started.map_err(PipelineError::io("starting a thread"))?;
        Ok(())
    }

    fn run(mut self) {
        while self.open.contains(&Source::Gone) {
            for source in self.await_any() {
                match source {
                    Source::Stderr => self.hear_complaints(),
                    Source::Stdout => self.hear_events(),
                    Source::Stopping => self.hear_stop(),
                    Source::Gone => {}
                }
                if matches!(source, Source::Stopping | Source::Gone) {
                    self.close(source);
                }
            }
        }
        // What it said last was in the pipes before it was gone.
        self.hear_complaints();
        self.hear_events();
        self.bury();
    }

    /// Waits for what happens next. A process that is out of time is killed, and then that does.
    fn await_any(&mut self) -> Vec<Source> {
        let mut fds: Vec<_> = self.open.iter().map(|&one| self.watch(one)).collect();
        let rest = self.deadline.as_ref().map(|(at, _)| timespec(*at));
        let ready = match poll(&mut fds, rest.as_ref()) {
            Ok(0) => Vec::new(),
            Ok(_) | Err(Errno::INTR) => {
                let happened = |(_, fd): &(&Source, &PollFd<'_>)| !fd.revents().is_empty();
                let pairs = self.open.iter().zip(&fds).filter(happened);
                pairs.map(|(&one, _)| one).collect()
            }
            // Without memory for a handful of descriptors nothing can be heard any more.
            Err(error) => {
                self.give_up(&format!("it cannot be watched: {}", io::Error::from(error)));
                vec![Source::Gone]
            }
        };
        if let Some((_, why)) = self.deadline.take_if(|(at, _)| *at <= Instant::now()) {
            self.give_up(&why);
        }
        ready
    }

    fn watch(&self, source: Source) -> PollFd<'_> {
        let fd: BorrowedFd<'_> = match source {
            Source::Gone => self.process.gone.as_fd(),
            Source::Stopping => self.said.stopping(),
            Source::Stdout => self.process.stdout.as_fd(),
            Source::Stderr => self.process.stderr.as_fd(),
        };
        PollFd::from_borrowed_fd(fd, PollFlags::IN)
    }

    fn close(&mut self, source: Source) {
        self.open.retain(|&one| one != source);
    }

    fn hear_stop(&mut self) {
        let limit = self.limits.ending;
        self.end_within(format!(
            "it did not end within {limit:?}; what it wrote may be incomplete"
        ));
    }

    /// Standard error goes where the daemon's goes.
    fn hear_complaints(&mut self) {
        let mut some = [0; 4096];
        loop {
            match self.process.stderr.read(&mut some) {
                Ok(count) if count > 0 => {
                    // A daemon whose own standard error is gone has nobody to tell.
                    let _ = io::stderr().write_all(&some[..count]);
                    some[..count].iter().for_each(|&byte| self.complain(byte));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                _ => break self.close(Source::Stderr),
            }
        }
    }

    fn complain(&mut self, byte: u8) {
        match byte {
            b'\n' if self.half_complaint.is_empty() => {}
            b'\n' => self.complaint = std::mem::take(&mut self.half_complaint),
            _ if self.half_complaint.len() == MAX_COMPLAINT => {}
            _ => self.half_complaint.push(byte),
        }
    }

    fn hear_events(&mut self) {
        let mut some = [0; 4096];
        loop {
            match self.process.stdout.read(&mut some) {
                Ok(count) if count > 0 => {
                    for &byte in &some[..count] {
                        match byte {
                            b'\n' => self.hear_event(),
                            _ => self.event.push(byte),
                        }
                    }
                    if self.event.len() > MAX_LINE {
                        self.event.clear();
                        self.give_up("it said something without an end");
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                _ => {
                    self.end_within("it closed its output and did not end".to_owned());
                    break self.close(Source::Stdout);
                }
            }
        }
    }

    fn hear_event(&mut self) {
        let line = std::mem::take(&mut self.event);
        let line = String::from_utf8_lossy(&line);
        match Event::of_line(&line) {
            Ok(Event::Note { message }) => {
                tracing::info!("the pipeline: {message}");
                self.said.note(message);
            }
            Ok(Event::Sdp { text }) => self.said.set_sdp(text),
            Ok(Event::Stats {
                frames,
                dropped,
                copied,
            }) => self.said.count(PipelineStats {
                frames,
                dropped,
                copied,
            }),
            Ok(Event::Running) => {
                self.said.run();
                if self.open.contains(&Source::Stopping) {
                    self.deadline = None;
                }
            }
            Ok(Event::Failed { message }) => {
                self.said.fail(message);
                self.end_within("it failed and did not end".to_owned());
            }
            Ok(Event::Ended) => {
                self.said.end();
                self.end_within("it said that it ends and did not".to_owned());
            }
            Err(error) => {
                let start: String = line.chars().take(80).collect();
                self.give_up(&format!(
                    "it said '{start}', which is no event ({error}); \
                     install vizion-pipeline and vizion-streamer of the same version"
                ));
            }
        }
    }

    /// An earlier deadline stays.
    fn end_within(&mut self, why: String) {
        let at = Instant::now() + self.limits.ending;
        if self
            .deadline
            .as_ref()
            .is_none_or(|(before, _)| at < *before)
        {
            self.deadline = Some((at, why));
        }
    }

    /// Kills the process.
    fn give_up(&mut self, why: &str) {
        self.said
            .fail(format!("the pipeline's process was ended: {why}"));
        self.process.kill();
    }

    /// The process is gone. One that said neither that it ended nor that it failed died.
    fn bury(mut self) {
        if !self.half_complaint.is_empty() {
            self.complaint = std::mem::take(&mut self.half_complaint);
        }
        let how = match self.process.wait() {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        };
        let complaint = String::from_utf8_lossy(&self.complaint);
        self.said.fail(match complaint.is_empty() {
            true => format!("the pipeline's process died ({how}) without a word"),
            false => format!("the pipeline's process died ({how}): {complaint}"),
        });
        self.said.over();
    }
}

/// From now until `at`.
fn timespec(at: Instant) -> Timespec {
    let rest = at.saturating_duration_since(Instant::now());
    // A limit too long for the kernel's clock is none.
    Timespec::try_from(rest).unwrap_or(Timespec {
        tv_sec: i64::MAX,
        tv_nsec: 0,
    })
}
