//! From the command line to the pipeline's end.

use std::process::ExitCode;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use gst::prelude::*;
use vizion_pipeline_events::Event;

use crate::args::Arguments;
use crate::bus::{self, Word};
use crate::custody::Custody;
use crate::feeding::{Feeding, Sink};
use crate::front::{self, Passage};
use crate::happening::Happening;
use crate::outlet::{Begins, Outlet};
use crate::parsing::{self, Parsed};
use crate::telling::Teller;
use crate::{display, ending, http, rtsp, sdp};

/// Between two looks at how the pipeline fares.
const TURN: Duration = Duration::from_millis(50);
/// Between two reports of it.
const REPORT: Duration = Duration::from_millis(250);
/// A pipeline runs when it took a frame. If none comes for so long, there is nothing to wait for.
const WITHOUT_FRAMES: Duration = Duration::from_millis(500);
/// For what is in the pipeline to go through it.
const LONGEST_EOS: Duration = Duration::from_secs(8);

/// Runs the pipeline of the command line until it is over, and tells how that went.
pub fn run(arguments: &Arguments, teller: &Teller) -> ExitCode {
    let (tell, happenings) = channel();
    let fail = |message| {
        teller.tell(&Event::Failed { message });
        ExitCode::FAILURE
    };
    let mut running = match Running::start(arguments, teller, tell) {
        Ok(running) => running,
        Err(message) => return fail(message),
    };
    match running.attend(&happenings, arguments.stuck_after) {
        Ok(()) => {
            running.switch_off();
            teller.tell(&Event::Ended);
            ExitCode::SUCCESS
        }
        Err(message) => {
            // Told first: switching off may take its time.
            let code = fail(message);
            running.switch_off();
            code
        }
    }
}

/// A pipeline with frames.
struct Running<'a> {
    teller: &'a Teller,
    pipeline: Option<gst::Pipeline>,
    feeding: Feeding,
    custody: Custody,
    passage: Passage,
    began: Instant,
    is_told: bool,
    reported: Instant,
    /// When the pipeline took a frame last, or had none to take, and how many it had taken.
    progress: (Instant, u64),
    deadline: Option<Instant>,
}

impl<'a> Running<'a> {
    fn start(
        arguments: &Arguments,
        teller: &'a Teller,
        tell: Sender<Happening>,
    ) -> Result<Running<'a>, String> {
        ending::watch(teller, &tell).map_err(|error| error.to_string())?;
        gst::init().map_err(|error| format!("GStreamer does not start: {error}"))?;
        display::leave_out_what_crashes();
        let format = arguments.format;
        let allowed = arguments.allow.as_deref();
        let parsed = parsing::parse(&arguments.pipeline, &format, allowed)?;
        if let Some(decoder) = parsed.decoder {
            teller.note(format!(
                "{decoder} was put in front, as the pipeline takes no JPEG"
            ));
        }
        let (custody, passage) = (Custody::default(), Passage::default());
        let words = tell.clone();
        let hear = move |word| {
            // Nobody hears it when the program ends.
            let _ = words.send(Happening::Word(word));
        };
        let (sink, pipeline) = match rtsp::is_wanted(&parsed.pipeline) {
            true => {
                let address = arguments.rtsp.ok_or(
                    "the pipeline has an element pay0 that leads nowhere, and RTSP is not served; \
                     say where with --rtsp ADDR:PORT",
                )?;
                let service = rtsp::Service {
                    parsed,
                    format,
                    custody: custody.clone(),
                    passage: passage.clone(),
                };
                let (audience, note) = service.start(address, hear)?;
                teller.note(note);
                (Sink::Audience(audience), None)
            }
            false => {
                let Parsed {
                    pipeline, source, ..
                } = parsed;
                bus::listen(&pipeline, gst::BusSyncReply::Drop, hear);
                front::set_up(&source, &format, &custody, &passage);
                for note in http::serve(&pipeline)? {
                    teller.note(note);
                }
                let told = teller.clone();
                sdp::watch(&pipeline, move |text| told.tell(&Event::Sdp { text }));
                let outlet = Outlet::new(source, &format, custody.clone(), Begins::AtZero);
                let sink = Sink::Pipeline(pipeline.clone(), Box::new(outlet));
                (sink, Some(pipeline))
            }
        };
        if let Some(pipeline) = &pipeline {
            // Why it does not is on its bus.
            let _ = pipeline.set_state(gst::State::Paused);
        }
        let key = arguments.key.clone();
        let feeding = Feeding::start(key, format, sink, tell).map_err(|error| error.to_string())?;
        let now = Instant::now();
        Ok(Running {
            teller,
            pipeline,
            feeding,
            custody,
            passage,
            began: now,
            is_told: false,
            reported: now,
            progress: (now, 0),
            deadline: None,
        })
    }

    /// Reacts to what happens until it is over.
    fn attend(
        &mut self,
        happenings: &Receiver<Happening>,
        stuck_after: Duration,
    ) -> Result<(), String> {
        loop {
            match happenings.recv_timeout(TURN) {
                Ok(Happening::Stop) => {
                    self.end();
                    self.feeding.stop();
                }
                Ok(Happening::LastFrame) => self.end(),
                Ok(Happening::NothingLeft | Happening::Word(Word::Eos)) => return Ok(()),
                Ok(Happening::Failed(why) | Happening::Word(Word::Error(why))) => return Err(why),
                Ok(Happening::Word(Word::Warning(what))) => self.teller.note(what),
                Ok(Happening::Word(Word::Latency)) => {
                    if let Some(pipeline) = &self.pipeline {
                        // It says so again if it could not be done now.
                        let _ = pipeline.recalculate_latency();
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            self.look(stuck_after)?;
        }
    }

    fn end(&mut self) {
        self.deadline.get_or_insert(Instant::now() + LONGEST_EOS);
    }

    fn look(&mut self, stuck_after: Duration) -> Result<(), String> {
        let (passed, offered) = (self.passage.passed(), self.feeding.offered());
        let waited_for_frames = offered == 0 && self.began.elapsed() >= WITHOUT_FRAMES;
        let runs = self.passage.is_accepted() || waited_for_frames || self.pipeline.is_none();
        let runs = runs && self.feeding.is_connected();
        if runs && !std::mem::replace(&mut self.is_told, true) {
            self.teller.tell(&Event::Running);
        }
        if self.reported.elapsed() >= REPORT {
            self.report();
        }
        self.look_for_progress(passed, offered, stuck_after)?;
        match self.deadline {
            Some(at) if at <= Instant::now() => Err(format!(
                "the pipeline did not end within {LONGEST_EOS:?}; what it wrote may be incomplete"
            )),
            _ => Ok(()),
        }
    }

    fn look_for_progress(
        &mut self,
        passed: u64,
        offered: u64,
        stuck_after: Duration,
    ) -> Result<(), String> {
        let (since, before) = self.progress;
        let is_waiting = offered > passed + self.passage.dropped();
        if passed != before || !is_waiting {
            self.progress = (Instant::now(), passed);
            return Ok(());
        }
        match since.elapsed() >= stuck_after {
            true => Err(format!(
                "the pipeline is stuck: it took no frame for {stuck_after:?} though there are some"
            )),
            false => Ok(()),
        }
    }

    fn report(&mut self) {
        self.reported = Instant::now();
        self.teller.tell(&Event::Stats {
            frames: self.passage.passed(),
            dropped: self.passage.dropped() + self.feeding.missed(),
            copied: self.custody.copied(),
        });
    }

    /// Closes whatever the pipeline has open.
    fn switch_off(&mut self) {
        ending::switch_off_soon(self.teller);
        if let Some(pipeline) = self.pipeline.take() {
            // It cannot be refused.
            let _ = pipeline.set_state(gst::State::Null);
        }
        self.report();
    }
}
