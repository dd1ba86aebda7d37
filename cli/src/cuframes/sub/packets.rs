//! `cuframes sub --packets`.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use cuframes::{
    CodecParams, Error, PacketFlags, PacketInfo, PacketStart, Subscriber, SubscriberStats,
};
use md5::{Digest, Md5};
use program::output::to_json;
use program::signals::Signals;
use serde::Serialize;

use cuframes_cli::args::SubArguments;
use cuframes_cli::connecting::connect;
use cuframes_cli::exit::Failure;
use cuframes_cli::terminal::say;

/// How long a signal may go unnoticed.
const TURN: Duration = Duration::from_millis(100);

/// Reads until the end of the stream, the wanted number of packets, a failure or a signal.
pub fn run(arguments: &SubArguments) -> Result<(), Failure> {
    let signals = Signals::catch()?;
    let mut dump = Dump::open(arguments)?;
    let builder = || {
        let builder = Subscriber::builder(&arguments.key)
            .packets_only(PacketStart::Keyframe)
            .reattach(!arguments.no_reattach)
            .allow_uids(&arguments.trust.allow_uids);
        match &arguments.name {
            Some(name) => builder.name(name),
            None => builder,
        }
    };
    let mut subscriber = connect(builder, arguments.connect_timeout.0, &signals)?;
    subscriber.set_connect_timeout(arguments.connect_timeout.0);
    let ended = dump.read(&mut subscriber, &signals);
    dump.end(&subscriber.stats(), &ended)?;
    ended
}

/// Where the packets go.
struct Dump<'a> {
    arguments: &'a SubArguments,
    /// Their bytes; without it they are told in lines.
    raw: Option<BufWriter<File>>,
    name: String,
    packets: u64,
    bytes: u64,
}

/// A line for programs.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Line<'a> {
    Params {
        codec: String,
        extradata: String,
        generation: u32,
    },
    Packet {
        seq: u64,
        pts: Option<i64>,
        dts: Option<i64>,
        duration: i64,
        publish_ns: u64,
        size: usize,
        key: bool,
        corrupt: bool,
        discontinuity: bool,
        new_extradata: bool,
        stream_index: u32,
        md5: String,
    },
    Overrun {
        seq: u64,
    },
    Ended {
        key: &'a str,
        why: String,
        packets: u64,
        bytes: u64,
        overruns: u64,
        missed: u64,
        reattached: u64,
    },
}

impl<'a> Dump<'a> {
    fn open(arguments: &'a SubArguments) -> Result<Dump<'a>, Failure> {
        let (raw, name) = match arguments.output.as_deref() {
            Some(path) if path != Path::new("-") => {
                let name = path.display().to_string();
                let file = File::create(path).map_err(Failure::writing(path))?;
                (Some(file), name)
            }
            Some(_) => (Some(super::output::stdout()?), "standard output".to_owned()),
            None => (None, String::new()),
        };
        Ok(Dump {
            arguments,
            raw: raw.map(BufWriter::new),
            name,
            packets: 0,
            bytes: 0,
        })
    }

    fn read(&mut self, subscriber: &mut Subscriber, signals: &Signals) -> Result<(), Failure> {
        let mut params = None;
        let wanted = self.arguments.frames.unwrap_or(u64::MAX);
        let mut quiet_since = Instant::now();
        while self.packets < wanted {
            signals.check()?;
            match subscriber.next_packet(Some(TURN)) {
                Ok(packet) => {
                    let (info, data) = (*packet.info(), packet.data());
                    let told = info.flags.contains(PacketFlags::NEW_EXTRADATA) || params.is_none();
                    let lines = self.lines(&info, data);
                    self.write_raw(data)?;
                    if told {
                        params = Some(subscriber.codec_params()?);
                        params
                            .iter()
                            .try_for_each(|params| self.tell_params(params))?;
                    }
                    self.print(&lines)?;
                    self.packets += 1;
                    self.bytes += info.size as u64;
                    quiet_since = Instant::now();
                }
                Err(Error::EndOfStream { .. }) => return Ok(()),
                Err(Error::PacketOverrun { seq, .. }) => self.tell_overrun(seq)?,
                Err(Error::Timeout { .. } | Error::WouldBlock) => {
                    let limit = self.arguments.timeout.0;
                    let over = limit.filter(|&limit| quiet_since.elapsed() >= limit);
                    if let Some(limit) = over {
                        let what = "new packet";
                        return Err(Error::Timeout { what, limit }.into());
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn write_raw(&mut self, data: &[u8]) -> Result<(), Failure> {
        let Some(raw) = &mut self.raw else {
            return Ok(());
        };
        // Nobody waits for a packet because there was room behind the one before.
        let written = raw.write_all(data).and_then(|()| raw.flush());
        written.map_err(Failure::io(format!("write to {}", self.name)))
    }

    /// What is told of a packet; nothing where the bytes go to standard output.
    fn lines(&self, info: &PacketInfo, data: &[u8]) -> String {
        if self.raw.is_some() {
            return String::new();
        }
        let has = |flag| info.flags.contains(flag);
        let md5 = hexadecimal(&Md5::digest(data));
        let (key, corrupt) = (has(PacketFlags::KEY), has(PacketFlags::CORRUPT));
        let discontinuity = has(PacketFlags::DISCONTINUITY);
        let new_extradata = has(PacketFlags::NEW_EXTRADATA);
        if self.arguments.json {
            return to_json(&Line::Packet {
                seq: info.seq,
                pts: info.pts,
                dts: info.dts,
                duration: info.duration,
                publish_ns: info.publish_ns,
                size: info.size,
                key,
                corrupt,
                discontinuity,
                new_extradata,
                stream_index: info.stream_index,
                md5,
            });
        }
        let letters = [
            (key, 'K'),
            (corrupt, 'C'),
            (discontinuity, 'D'),
            (new_extradata, 'X'),
        ];
        let flags: String = letters
            .map(|(set, letter)| if set { letter } else { '_' })
            .iter()
            .collect();
        let time = |time: Option<i64>| time.map_or("-".to_owned(), |time| time.to_string());
        let (pts, dts) = (time(info.pts), time(info.dts));
        let (seq, duration, size) = (info.seq, info.duration, info.size);
        format!("{seq} {pts} {dts} {duration} {size} {flags} {md5}")
    }

    fn tell_params(&self, params: &CodecParams) -> Result<(), Failure> {
        if self.raw.is_some() {
            return Ok(());
        }
        let (codec, generation) = (params.codec.to_string(), params.generation);
        let extradata = hexadecimal(&params.extradata);
        self.print(&match self.arguments.json {
            true => to_json(&Line::Params {
                codec,
                extradata,
                generation,
            }),
            false => format!("# {codec} {extradata}"),
        })
    }

    fn tell_overrun(&self, seq: u64) -> Result<(), Failure> {
        if self.arguments.json && self.raw.is_none() {
            return self.print(&to_json(&Line::Overrun { seq }));
        }
        if !self.arguments.quiet {
            let key = &self.arguments.key;
            say(&format!(
                "{key}: packet {seq} was overwritten before it was read"
            ));
        }
        Ok(())
    }

    fn print(&self, line: &str) -> Result<(), Failure> {
        if line.is_empty() {
            return Ok(());
        }
        let mut stdout = io::stdout().lock();
        writeln!(stdout, "{line}").map_err(Failure::io("write to standard output"))
    }

    fn end(&self, stats: &SubscriberStats, ended: &Result<(), Failure>) -> Result<(), Failure> {
        let (packets, bytes) = (self.packets, self.bytes);
        let (overruns, missed) = (stats.packet_overruns, stats.packets_missed);
        let key = &self.arguments.key;
        if self.arguments.json {
            let line = to_json(&Line::Ended {
                key,
                why: match ended {
                    Ok(()) => "ok".to_owned(),
                    Err(failure) => failure.name(),
                },
                packets,
                bytes,
                overruns,
                missed,
                reattached: stats.reattached,
            });
            match self.arguments.fills_stdout() {
                true => say(&line),
                false => return self.print(&line),
            }
        } else if self.arguments.stats {
            say(&format!(
                "{key}: {packets} packets, {bytes} bytes, {missed} missed in {overruns} overruns"
            ));
        }
        Ok(())
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
