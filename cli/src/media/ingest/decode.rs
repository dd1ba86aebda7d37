//! From packets to published frames.

use std::time::Instant;

use ffmpeg_next::error::EAGAIN;
use ffmpeg_next::frame::Video;
use ffmpeg_next::{Error, Packet};

use cuframes_cli::exit::Failure;

use super::clock::nanoseconds;
use super::ffmpeg::{self, Decoder};
use super::meta;
use super::play::{Ended, Player};
use super::source::Source;

/// Errors in a row for which a decoder is asked once more.
const PATIENCE: u32 = 64;

impl Player<'_> {
    /// Publishes the packets of `source`, and what they decode to.
    pub(super) fn decode(&mut self, source: &mut Source) -> Result<Ended, Failure> {
        let Some(stream) = &self.stream else {
            return Ok(Ended::Input);
        };
        let mut decoder = stream.decoder(source)?;
        self.pictured = Instant::now();
        let ended = loop {
            match source.next() {
                Ok(Some(_)) if self.is_blind() => break Err(self.blind(source)),
                Ok(Some(mut packet)) => {
                    let times = self.times(&packet, source);
                    let seq = self.publish_packet(&packet, times)?;
                    if self.feed(&mut decoder, &mut packet, seq, source)? {
                        return Ok(Ended::Limit);
                    }
                }
                Ok(None) => break Ok(Ended::Input),
                Err(failure @ Failure::Input { .. }) => break Err(failure),
                Err(failure) => return Err(failure),
            }
        };
        // What was read before the end, or before it went wrong, is as good as ever.
        let _ = decoder.send_eof();
        match self.show_all(&mut decoder, source)? {
            true => Ok(Ended::Limit),
            false => ended,
        }
    }

    /// Whether packets come and nothing can be made of them, for as long as nothing may come.
    fn is_blind(&self) -> bool {
        let limit = self.watch.limit();
        limit.is_some_and(|limit| self.pictured.elapsed() > limit)
    }

    fn blind(&self, source: &Source) -> Failure {
        let limit = self.watch.limit().unwrap_or_default();
        source.broken(format!("nothing that came for {limit:?} can be decoded"))
    }

    /// Decodes a packet. True when there are as many frames as were asked for.
    fn feed(
        &mut self,
        decoder: &mut Decoder,
        packet: &mut Packet,
        seq: u64,
        source: &Source,
    ) -> Result<bool, Failure> {
        let mut sent = decoder.send(packet, seq);
        if self.show_all(decoder, source)? {
            return Ok(true);
        }
        if sent == Err(Error::Other { errno: EAGAIN }) {
            sent = decoder.send(packet, seq);
            if self.show_all(decoder, source)? {
                return Ok(true);
            }
        }
        self.errors += u64::from(sent.is_err());
        Ok(false)
    }

    /// Publishes whatever is decoded. True when there are as many as were asked for.
    fn show_all(&mut self, decoder: &mut Decoder, source: &Source) -> Result<bool, Failure> {
        let mut errors = 0;
        loop {
            // A new one each time: a frame refers to its slot as long as it is there.
            let mut frame = Video::empty();
            match decoder.receive(&mut frame) {
                Ok(()) => {
                    self.show(&frame, source)?;
                    // Whoever was waited for meanwhile, it was not the input.
                    self.pictured = Instant::now();
                }
                Err(Error::Eof | Error::Other { errno: EAGAIN }) => return Ok(false),
                Err(_) => {
                    self.errors += 1;
                    errors += 1;
                    if errors >= PATIENCE {
                        return Ok(false);
                    }
                }
            }
            if self.is_enough() {
                return Ok(true);
            }
        }
    }

    fn show(&mut self, frame: &Video, source: &Source) -> Result<(), Failure> {
        let base = source.clock_base();
        let told = nanoseconds(frame.packet().duration, base).filter(|&told| told > 0);
        let duration = told.unwrap_or_else(|| source.frame_duration());
        let times = self.timeline.place(frame.timestamp(), duration, base);
        let thinner = self.thinner.as_mut();
        if !thinner.is_none_or(|thinner| thinner.is_due(times.pts)) {
            return Ok(());
        }
        self.pace
            .wait(times.pts, times.discontinuity, &self.watch)?;
        if let Some(stream) = &mut self.stream {
            let meta = meta::of(frame, times, ffmpeg::packet_of(frame));
            stream.outlet.publish(frame, &meta)?;
            self.offered += 1;
        }
        self.show_status()
    }
}
