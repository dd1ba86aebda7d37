//! `cuframes record`.

mod format;
mod headers;
mod keep;
mod names;
mod plan;
mod report;
mod segment;
mod sink;
mod stamps;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cuframes::{Error, Event, PacketFlags, PacketInfo, PacketStart, Subscriber};
use ffmpeg_next::log;
use program::signals::Signals;

use cuframes_cli::args::{Keep, RecordArguments};
use cuframes_cli::connecting;
use cuframes_cli::exit::Failure;

use format::Format;
use names::Names;
use plan::{Mark, Plan, Step};
use report::Report;
use segment::{Segment, time_of};

/// How long a signal may go unnoticed.
const TURN: Duration = Duration::from_millis(100);
/// Room for a packet, to begin with.
const PACKET: usize = 256 << 10;

/// Records until the stream or the wanted duration ends, a failure or a signal.
pub fn run(arguments: &RecordArguments) -> Result<(), Failure> {
    let names = Names::new(&arguments.output).map_err(Failure::Usage)?;
    if arguments.keep.is_some() && names.folder().is_none() {
        return Err(Failure::Usage(
            "--keep looks in one folder; leave out the % before the last / of FILE".to_owned(),
        ));
    }
    let signals = Signals::catch()?;
    sink::survive_size_limit()?;
    // What goes wrong is told by us.
    log::set_level(log::Level::Quiet);
    let gone = Arc::new(AtomicBool::new(false));
    let mut subscriber = connect(arguments, &gone, &signals)?;
    let mut recorder = Recorder {
        arguments,
        plan: Plan::new(arguments.segment, arguments.duration),
        names,
        format: None,
        segment: None,
        report: Report::new(arguments),
    };
    let recorded = recorder.run(&mut subscriber, &gone, &signals);
    let ended = recorder.end(recorded);
    recorder.report.end(&subscriber.stats(), &ended)?;
    ended
}

fn connect(
    arguments: &RecordArguments,
    gone: &Arc<AtomicBool>,
    signals: &Signals,
) -> Result<Subscriber, Failure> {
    let builder = || {
        let gone = Arc::clone(gone);
        let builder = Subscriber::builder(&arguments.key)
            .packets_only(PacketStart::Keyframe)
            .allow_uids(&arguments.trust.allow_uids)
            .on_event(move |event| {
                if matches!(event, Event::Disconnected) {
                    gone.store(true, Ordering::Relaxed);
                }
            });
        match &arguments.name {
            Some(name) => builder.name(name),
            None => builder,
        }
    };
    let mut subscriber = connecting::connect(builder, arguments.connect_timeout.0, signals)?;
    subscriber.set_connect_timeout(arguments.reconnect_timeout.0);
    Ok(subscriber)
}

/// A recording in the making.
struct Recorder<'a> {
    arguments: &'a RecordArguments,
    names: Names,
    plan: Plan,
    /// Of the segment.
    format: Option<Format>,
    segment: Option<Segment>,
    report: Report<'a>,
}

impl Recorder<'_> {
    fn run(
        &mut self,
        subscriber: &mut Subscriber,
        gone: &AtomicBool,
        signals: &Signals,
    ) -> Result<(), Failure> {
        let mut buffer = vec![0; PACKET];
        loop {
            signals.check()?;
            let next = subscriber.next_packet_into(&mut buffer, Some(TURN));
            // It may be a while until it is back, and what there is can be played until then.
            if gone.swap(false, Ordering::Relaxed) {
                self.report.gone();
                self.finish()?;
            }
            match next {
                Ok(info) if info.stream_index != 0 => {}
                Ok(info) => {
                    let data = &buffer[..info.size];
                    if !self.take(data, &info, subscriber)? {
                        return Ok(());
                    }
                }
                Err(Error::PacketOversized { size, .. }) => {
                    buffer.resize(size.next_power_of_two(), 0);
                }
                Err(Error::PacketOverrun { seq, .. }) => self.report.lost(seq),
                Err(Error::Timeout { .. } | Error::WouldBlock) => {}
                Err(Error::EndOfStream { .. }) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Writes a packet. False when the recording is as long as is wanted.
    fn take(
        &mut self,
        data: &[u8],
        info: &PacketInfo,
        subscriber: &Subscriber,
    ) -> Result<bool, Failure> {
        if self.segment.is_none() && !info.is_key() {
            // The same publisher was joined again in the middle of its stream.
            self.report.pass_over();
            return Ok(true);
        }
        let mut other = self.segment.is_none() && self.report.has_segments();
        if self.segment.is_none() || info.flags.contains(PacketFlags::NEW_EXTRADATA) {
            let format = Format::of(subscriber.codec_params()?, data, info)?;
            // A camera that was opened again says the same once more.
            other |= self.format.as_ref().is_some_and(|known| *known != format);
            self.format = Some(format);
        }
        let mark = Mark {
            time: time_of(info),
            key: info.is_key(),
            other,
        };
        match self.plan.step(mark, self.segment.is_some()) {
            Step::End => return Ok(false),
            Step::Begin => self.begin(info)?,
            Step::Write => {}
        }
        if let Some(segment) = &mut self.segment {
            segment.write(data, info)?;
        }
        Ok(true)
    }

    fn begin(&mut self, info: &PacketInfo) -> Result<(), Failure> {
        self.finish()?;
        let Some(format) = &self.format else {
            return Ok(());
        };
        let segment = Segment::begin(&self.names, format, time_of(info), self.arguments.sync)?;
        self.report.begun(segment.path())?;
        let path = segment.path().to_owned();
        self.segment = Some(segment);
        match self.arguments.keep {
            Some(keep) => self.sweep(&path, keep),
            None => Ok(()),
        }
    }

    /// Removes old segments. One that cannot be removed is no reason to stop.
    fn sweep(&mut self, current: &Path, keep: Keep) -> Result<(), Failure> {
        match keep::sweep(&self.names, current, keep) {
            Err(error) => self.report.kept(current, &error),
            Ok(gone) => gone.iter().try_for_each(|(path, removed)| match removed {
                Ok(()) => self.report.removed(path),
                Err(error) => self.report.kept(path, error),
            }),
        }
    }

    fn finish(&mut self) -> Result<(), Failure> {
        match self.segment.take() {
            Some(segment) => self.report.finished(&segment.finish()?),
            None => Ok(()),
        }
    }

    /// Leaves the file so that it can be played, whatever happened.
    fn end(&mut self, recorded: Result<(), Failure>) -> Result<(), Failure> {
        match recorded {
            Err(failure @ (Failure::Output { .. } | Failure::Encoder { .. })) => {
                if let Some(segment) = self.segment.take() {
                    segment.abandon()?;
                }
                Err(failure)
            }
            recorded => self.finish().and(recorded),
        }
    }
}
