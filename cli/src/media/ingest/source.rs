//! An open input: the packets of its video stream.

use std::collections::VecDeque;

use ffmpeg_next::codec::Parameters;
use ffmpeg_next::format::context::Input;
use ffmpeg_next::{Error, Packet, Rational, media};

use cuframes_cli::args::InputOption;
use cuframes_cli::exit::Failure;

use super::address::Address;
use super::clock::{TimeBase, nanoseconds};
use super::ffmpeg;
use super::watch::Watch;

/// Errors of the network that say to try again, in a row.
const PATIENCE: u32 = 1000;

/// An input of which the best video stream is read.
pub struct Source {
    input: Input,
    index: usize,
    time_base: Rational,
    time_bits: u32,
    rate: (u32, u32),
    parameters: Parameters,
    watch: Watch,
    shown: String,
    live: bool,
    /// Read before, and given back.
    early: VecDeque<Packet>,
    ended: bool,
}

impl Source {
    /// Opens it, and finds its video.
    pub fn open(
        address: &Address,
        given: &[InputOption],
        watch: &Watch,
    ) -> Result<Source, Failure> {
        let shown = address.shown();
        watch.begin();
        let interrupt = watch.clone();
        let failed = |error| failure("open", &shown, error, watch);
        let (input, left) = ffmpeg::open(
            address.secret(),
            address.format(),
            address.options(given),
            move || interrupt.is_over(),
        )
        .map_err(failed)?;
        if let Some(name) = left.first() {
            return Err(Failure::Usage(format!(
                "FFmpeg knows no option '{name}' for {shown}"
            )));
        }
        let stream = input.streams().best(media::Type::Video);
        let stream = stream.ok_or_else(|| Failure::Input {
            what: format!("open {shown}"),
            reason: "there is no video in it".to_owned(),
        })?;
        let (index, time_base) = (stream.index(), stream.time_base());
        let rate = rate_of(stream.avg_frame_rate()).or_else(|| rate_of(stream.rate()));
        let parameters = stream.parameters();
        let time_bits = ffmpeg::time_bits(&stream);
        Ok(Source {
            index,
            time_base,
            time_bits,
            rate: rate.unwrap_or_default(),
            parameters,
            watch: watch.clone(),
            shown,
            live: address.is_live(),
            early: VecDeque::new(),
            ended: false,
            input,
        })
    }

    /// The next packet of the video; `None` at the end.
    pub fn next(&mut self) -> Result<Option<Packet>, Failure> {
        if let Some(packet) = self.early.pop_front() {
            return Ok(Some(packet));
        }
        let mut again = 0;
        self.watch.begin();
        while !self.ended {
            let mut packet = Packet::empty();
            match packet.read(&mut self.input) {
                Ok(()) if packet.stream() == self.index => {
                    self.check_codec()?;
                    return Ok(Some(packet));
                }
                // Sound that goes on does not mean that there are pictures.
                Ok(()) if self.watch.is_over() => return Err(self.failed(Error::Exit)),
                Ok(()) => {}
                Err(Error::Eof) => self.ended = true,
                Err(Error::Other { errno }) if errno == ffmpeg_next::error::EAGAIN => {
                    again += 1;
                    if again > PATIENCE {
                        return Err(self.failed(Error::Other { errno }));
                    }
                }
                Err(error) => return Err(self.failed(error)),
            }
        }
        Ok(None)
    }

    /// A decoder is for one codec.
    fn check_codec(&self) -> Result<(), Failure> {
        let stream = self.input.stream(self.index);
        let now = stream.map(|stream| stream.parameters().id());
        match now {
            Some(now) if now != self.parameters.id() => Err(self.broken(format!(
                "the codec is {} now, and was {}",
                now.name(),
                self.parameters.id().name()
            ))),
            _ => Ok(()),
        }
    }

    /// Gives packets back, to be read once more.
    pub fn give_back(&mut self, packets: Vec<Packet>) {
        self.early.extend(packets);
    }

    /// What a decoder needs to know.
    pub fn parameters(&self) -> Parameters {
        self.parameters.clone()
    }

    /// Seconds per unit of time.
    pub fn time_base(&self) -> Rational {
        self.time_base
    }

    /// The same, for the clock.
    pub fn clock_base(&self) -> TimeBase {
        TimeBase {
            num: self.time_base.0,
            den: self.time_base.1,
        }
    }

    /// Frames per second, (0, 0) unknown.
    pub fn rate(&self) -> (u32, u32) {
        self.rate
    }

    /// Width and height, as far as they are known before anything is decoded.
    pub fn size(&self) -> (u32, u32) {
        ffmpeg::size(&self.parameters)
    }

    /// Bits per second, 0 unknown.
    pub fn bit_rate(&self) -> u64 {
        let whole = u64::try_from(self.input.bit_rate()).unwrap_or(0);
        ffmpeg::bit_rate(&self.parameters).max(whole)
    }

    /// Pictures that may be shown later than they are decoded.
    pub fn delay(&self) -> u32 {
        ffmpeg::delay(&self.parameters)
    }

    /// How many bits its times have.
    pub fn time_bits(&self) -> u32 {
        self.time_bits
    }

    /// The time of one frame in nanoseconds, 0 unknown.
    pub fn frame_duration(&self) -> i64 {
        let number = |n: u32| i32::try_from(n).unwrap_or(0);
        let base = TimeBase {
            num: number(self.rate.1),
            den: number(self.rate.0),
        };
        nanoseconds(1, base).unwrap_or(0)
    }

    /// True for what is there to be read now or never.
    pub fn is_live(&self) -> bool {
        self.live
    }

    /// It cannot be read any more, and this is why.
    pub fn broken(&self, reason: String) -> Failure {
        Failure::Input {
            what: format!("read {}", self.shown),
            reason,
        }
    }

    /// What went wrong with it.
    pub fn failed(&self, error: Error) -> Failure {
        failure("read", &self.shown, error, &self.watch)
    }
}

fn rate_of(rate: Rational) -> Option<(u32, u32)> {
    let rate = (u32::try_from(rate.0).ok()?, u32::try_from(rate.1).ok()?);
    (rate.0 > 0 && rate.1 > 0).then_some(rate)
}

fn failure(what: &str, shown: &str, error: Error, watch: &Watch) -> Failure {
    if let Err(signal) = watch.check() {
        return signal.into();
    }
    let reason = match (error, watch.limit()) {
        (Error::Exit, Some(limit)) => format!("nothing came for {limit:?}"),
        (error, _) => error.to_string(),
    };
    Failure::Input {
        what: format!("{what} {shown}"),
        reason,
    }
}
