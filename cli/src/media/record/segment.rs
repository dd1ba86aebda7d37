//! One file of a recording.

use std::path::{Path, PathBuf};

use cuframes::{Error, PacketFlags, PacketInfo};
use ffmpeg_next::codec::packet::Flags;
use ffmpeg_next::codec::{Id, Parameters};
use ffmpeg_next::format;
use ffmpeg_next::format::context::{self, StreamIo};
use ffmpeg_next::{Dictionary, Packet, Rational, encoder};

use cuframes_cli::args::SyncPolicy;
use cuframes_cli::exit::Failure;

use super::format::Format;
use super::names::{Container, Names};
use super::sink::{self, Sink, Target};
use super::stamps::{CLOCK, Stamps};

const SET_UP: &str = "set up a recording";

/// A file that is being written.
pub struct Segment {
    output: context::Output,
    target: Target,
    stamps: Stamps,
    sync: SyncPolicy,
    time_base: Rational,
    /// First and last time of the stream in it, in nanoseconds.
    times: (i64, i64),
    packets: u64,
}

/// What became of a file.
#[derive(Clone, Debug)]
pub struct Finished {
    pub path: PathBuf,
    pub packets: u64,
    pub bytes: u64,
    pub seconds: f64,
}

/// The time by which a packet is ordered.
pub fn time_of(info: &PacketInfo) -> i64 {
    info.dts.or(info.pts).unwrap_or(0)
}

impl Segment {
    /// Makes a file for packets from `time` on, and writes what stands before the first one.
    pub fn begin(
        names: &Names,
        format: &Format,
        time: i64,
        sync: SyncPolicy,
    ) -> Result<Segment, Failure> {
        let container = names.container;
        if matches!((format.id, container), (Id::AV1 | Id::MJPEG, Container::Ts)) {
            return Err(Failure::Library(Error::Unsupported(format!(
                "{} in MPEG-TS; record it as .mkv or .mp4",
                format.id.name()
            ))));
        }
        let parameters = format.parameters().ok_or_else(|| Failure::Encoder {
            what: SET_UP.to_owned(),
            reason: "no memory".to_owned(),
        })?;
        let (sink, mut target) = sink::create(names)?;
        let opened = open(sink, parameters, container);
        let (output, time_base) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                target.cut_back()?;
                target.check()?;
                return Err(error);
            }
        };
        if sync != SyncPolicy::Never {
            target.sync_name()?;
        }
        target.mark_whole();
        Ok(Segment {
            output,
            target,
            stamps: Stamps::new(time),
            sync,
            time_base,
            times: (time, time),
            packets: 0,
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.target.path
    }

    /// Writes the next packet.
    pub fn write(&mut self, data: &[u8], info: &PacketInfo) -> Result<(), Failure> {
        let time = time_of(info);
        let stamp = self.stamps.next(time, info.pts, info.duration);
        let mut packet = Packet::copy(data);
        packet.set_stream(0);
        packet.set_pts(Some(stamp.pts));
        packet.set_dts(Some(stamp.dts));
        packet.set_duration(stamp.duration);
        packet.rescale_ts((1, CLOCK), self.time_base);
        let mut flags = Flags::empty();
        flags.set(Flags::KEY, info.is_key());
        flags.set(Flags::CORRUPT, info.flags.contains(PacketFlags::CORRUPT));
        packet.set_flags(flags);
        let written = packet.write_interleaved(&mut self.output);
        self.target.check()?;
        written.map_err(failed("write a packet"))?;
        self.target.mark_whole();
        if self.sync == SyncPolicy::Fragment && info.is_key() {
            self.target.sync()?;
        }
        self.times.1 = time.saturating_add(info.duration);
        self.packets += 1;
        Ok(())
    }

    /// Writes what stands behind the last packet. After a failure the file has what was whole
    /// before.
    pub fn finish(mut self) -> Result<Finished, Failure> {
        let written = self.output.write_trailer();
        let Segment { output, target, .. } = self;
        // It gives its last bytes to the file.
        drop(output);
        let done = target
            .check()
            .and_then(|()| written.map_err(failed("finish a recording")))
            .and_then(|()| match self.sync {
                SyncPolicy::Never => Ok(()),
                SyncPolicy::Segment | SyncPolicy::Fragment => target.sync(),
            });
        if let Err(failure) = done {
            target.cut_back()?;
            return Err(failure);
        }
        let (first, last) = self.times;
        Ok(Finished {
            packets: self.packets,
            bytes: target.length(),
            seconds: last.saturating_sub(first) as f64 / 1e9,
            path: target.path,
        })
    }

    /// Leaves the file with what is whole, after a failure.
    pub fn abandon(self) -> Result<(), Failure> {
        let Segment { output, target, .. } = self;
        target.give_up();
        drop(output);
        target.cut_back()
    }
}

fn open(
    sink: Sink,
    parameters: Parameters,
    container: Container,
) -> Result<(context::Output, Rational), Failure> {
    let io = StreamIo::from_write_seek(sink).map_err(failed(SET_UP))?;
    let mut output =
        format::output_to_stream(io, None, Some(container.muxer())).map_err(failed(SET_UP))?;
    let mut stream = output
        .add_stream(encoder::find(Id::None))
        .map_err(failed(SET_UP))?;
    stream.set_parameters(parameters);
    stream.set_time_base((1, CLOCK));
    let mut options = Dictionary::new();
    // Whole fragments go to the kernel at once.
    options.set("flush_packets", "1");
    if container == Container::Mp4 {
        options.set("movflags", "frag_keyframe+empty_moov+default_base_moof");
    }
    output.write_header_with(options).map_err(failed(SET_UP))?;
    let time_base = output
        .stream(0)
        .map_or(Rational(1, CLOCK), |stream| stream.time_base());
    Ok((output, time_base))
}

fn failed(what: &'static str) -> impl FnOnce(ffmpeg_next::Error) -> Failure {
    move |error| Failure::Encoder {
        what: what.to_owned(),
        reason: error.to_string(),
    }
}
