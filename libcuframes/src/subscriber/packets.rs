//! Reading encoded packets: copies, in their order, of what the ring still has.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::format::FormatError;
use crate::packets::{Codec, CodecParams, Packet, PacketInfo, PacketStart};
use crate::ring::packets::{Next, PacketReader, Params, Unread, read_params};
use crate::session::{LinkState, PacketsJoined};
use crate::sys::{self, ReadMap};
use crate::wire::packets::PACKET_FUTEX;
use crate::wire::{CloseReason, Mode, StreamState, packet_request};

use super::Subscriber;
use super::attachment::Attachment;
use super::awaiting::Awaited;
use super::looking::Look;

/// How long codec parameters may be half written before their writer is given up.
const UNSETTLED_TIME: Duration = Duration::from_millis(10);
/// Between two looks at them.
const UNSETTLED_TURN: Duration = Duration::from_micros(100);
/// What the library's own buffer begins with; it grows with the packets.
const FIRST_BUFFER: usize = 64 << 10;

/// Bits of HELLO that ask for packets from `start` on.
pub(super) fn request(start: PacketStart) -> u32 {
    match start {
        PacketStart::Keyframe => packet_request::WANT_PACKETS | packet_request::FROM_KEYFRAME,
        PacketStart::Next => packet_request::WANT_PACKETS,
    }
}

/// The packets of a subscription.
#[derive(Debug)]
pub(super) struct PacketStream {
    reader: PacketReader<ReadMap>,
    epoch: u64,
    largest: u64,
    /// The packet delivered last, 0 none.
    last: u64,
    unsettled: Option<Instant>,
    buffer: Vec<u8>,
}

/// One look at the packets: a packet in the caller's buffer, or how large that must be.
enum Found {
    Packet(PacketInfo),
    TooSmall(usize),
}

impl PacketStream {
    pub fn new(joined: PacketsJoined) -> Self {
        PacketStream {
            epoch: joined.epoch,
            largest: joined.shape.bytes / 4,
            reader: joined.reader,
            last: 0,
            unsettled: None,
            buffer: Vec::new(),
        }
    }

    pub fn futex_value(&self) -> u32 {
        self.reader.futex_value()
    }

    /// Sleeps until something happens after `seen`, at most `limit`; false if the time was over
    /// first.
    pub fn sleep(&self, attachment: &Attachment, seen: u32, limit: Duration) -> bool {
        let page = &attachment.reader.page;
        let woken = !self.reader.begin_sleep(page, seen)
            || sys::futex_wait(&self.reader.segment, PACKET_FUTEX, seen, limit);
        self.reader.end_sleep(page);
        woken
    }

    /// Asks to be poked with the next packet; true if there is one already.
    pub fn ask_notify(&self, attachment: &Attachment) -> bool {
        self.reader.ask_notify(&attachment.reader.page);
        self.reader.is_behind()
    }
}

impl Subscriber {
    /// The next packet, in a buffer that is used again with the next call. Time-outs are as with
    /// [`next`](Subscriber::next).
    ///
    /// The first one is a key packet. Packets that were overwritten before they were read are
    /// told once by [`PacketOverrun`](Error::PacketOverrun); call again: the next one is a key
    /// packet with a discontinuity. So is the first one of the key's next publisher.
    ///
    /// ```no_run
    /// use cuframes::{Error, PacketStart, Subscriber};
    ///
    /// let mut subscriber = Subscriber::builder("cam1").packets_only(PacketStart::Keyframe).connect()?;
    /// loop {
    ///     match subscriber.next_packet(None) {
    ///         Ok(packet) => println!("{} has {} bytes", packet.info().seq, packet.data().len()),
    ///         Err(Error::PacketOverrun { .. }) => continue,
    ///         Err(Error::EndOfStream { .. }) => break,
    ///         Err(error) => return Err(error),
    ///     }
    /// }
    /// # Ok::<(), Error>(())
    /// ```
    pub fn next_packet(&mut self, timeout: Option<Duration>) -> Result<Packet<'_>> {
        let mut buffer = match &mut self.packets {
            Some(packets) => std::mem::take(&mut packets.buffer),
            None => return Err(no_packets()),
        };
        if buffer.is_empty() {
            buffer.resize(FIRST_BUFFER, 0);
        }
        let found = loop {
            match self.find_packet(&mut buffer, timeout) {
                Ok(Found::TooSmall(size)) => buffer.resize(size.next_power_of_two(), 0),
                Ok(Found::Packet(info)) => break Ok(info),
                Err(error) => break Err(error),
            }
        };
        let Some(packets) = &mut self.packets else {
            return Err(no_packets());
        };
        packets.buffer = buffer;
        found.map(|info| Packet {
            data: &packets.buffer[..info.size],
            info,
        })
    }

    /// The next packet, in the caller's buffer. One that does not fit is
    /// [`PacketOversized`](Error::PacketOversized), says how many bytes it has, and is the next
    /// one still; [`largest_packet`](Subscriber::largest_packet) bytes are always enough.
    pub fn next_packet_into(
        &mut self,
        buffer: &mut [u8],
        timeout: Option<Duration>,
    ) -> Result<PacketInfo> {
        match self.find_packet(buffer, timeout)? {
            Found::Packet(info) => Ok(info),
            Found::TooSmall(size) => Err(Error::PacketOversized {
                key: self.request.key.clone(),
                size,
                largest: buffer.len() as u64,
            }),
        }
    }

    fn find_packet(&mut self, buffer: &mut [u8], timeout: Option<Duration>) -> Result<Found> {
        self.wait_for(timeout, Awaited::Packet, |subscriber| {
            subscriber.look_for_packet(buffer)
        })
    }

    /// Bytes of the largest packet that the publisher may send; 0 without packets.
    pub fn largest_packet(&self) -> u64 {
        self.packets.as_ref().map_or(0, |packets| packets.largest)
    }

    /// Codec and extradata: of the packet delivered last, or before the first one those that the
    /// publisher has set last. [`NoCodecParams`](Error::NoCodecParams) while it has set none, which
    /// it does with a key packet.
    pub fn codec_params(&self) -> Result<CodecParams> {
        let Some(packets) = &self.packets else {
            return Err(no_packets());
        };
        let params = match packets.reader.params() {
            Some(params) => params.clone(),
            None => self.settled_params(&packets.reader)?,
        };
        let codec = Codec::from_fourcc(params.codec).ok_or_else(|| self.no_params())?;
        Ok(CodecParams {
            codec,
            extradata: params.extradata,
            generation: params.generation,
        })
    }

    /// The ring's own, waiting a little for them to be written.
    fn settled_params(&self, reader: &PacketReader<ReadMap>) -> Result<Params> {
        let deadline = Instant::now() + UNSETTLED_TIME;
        loop {
            match read_params(&reader.segment) {
                Ok(params) => return Ok(params),
                Err(Unread::Unsettled | Unread::Moved) if Instant::now() < deadline => {
                    std::thread::sleep(UNSETTLED_TURN);
                }
                Err(_) => return Err(self.no_params()),
            }
        }
    }

    /// One look, in the order that loses no last packet: what the socket said before, the state,
    /// a packet, and only then the reasons to stop.
    fn look_for_packet(&mut self, buffer: &mut [u8]) -> Result<Look<Found>> {
        if !self.come_back()? {
            return Ok(Look::Away);
        }
        let attachment = Arc::clone(&self.attachment);
        if attachment.reader.evicted() != 0 {
            return Err(self.evicted(attachment.reader.evicted()));
        }
        let link_state = self.link_state;
        if link_state == LinkState::Refused
            && let Some(refusal) = self.link.refusal()
        {
            return Err(refusal);
        }
        let state = attachment.state();
        let Some(packets) = &mut self.packets else {
            return Err(no_packets());
        };
        let seen = packets.reader.futex_value();
        let next = packets.reader.next(buffer)?;
        if next != Next::Unsettled {
            packets.unsettled = None;
        }
        match next {
            Next::Packet(slot) => {
                let info = PacketInfo::from_wire(&slot);
                self.account(&info);
                return Ok(Look::Found(Found::Packet(info)));
            }
            Next::TooSmall(size) => return Ok(Look::Found(Found::TooSmall(size))),
            Next::Overrun(seq) => {
                self.counters.packet_overruns += 1;
                let key = self.request.key.clone();
                return Err(Error::PacketOverrun { key, seq });
            }
            Next::Unsettled => {
                let since = *packets.unsettled.get_or_insert_with(Instant::now);
                if since.elapsed() >= UNSETTLED_TIME {
                    return Err(self.no_params());
                }
                return Ok(Look::Busy);
            }
            Next::Ended => return Ok(Look::Ended),
            Next::Nothing => {}
        }
        if !self.may_leave_frames() {
            return Ok(Look::Nothing { seen });
        }
        Ok(match (state, link_state) {
            (StreamState::Reconfigured, _) | (_, LinkState::Reconfigured(_)) => Look::Rejoin,
            (_, LinkState::Closing(CloseReason::Evicted)) => {
                return Err(self.evicted(attachment.reader.evicted()));
            }
            (_, LinkState::Closing(_) | LinkState::Refused | LinkState::Gone) => {
                match attachment.reader.evicted() {
                    0 => Look::Gone,
                    code => return Err(self.evicted(code)),
                }
            }
            (_, LinkState::Open) => Look::Nothing { seen },
        })
    }

    /// True if to join again would pass over no frame that is wanted.
    fn may_leave_frames(&self) -> bool {
        self.request.packets_only
            || self.request.mode == Mode::NewestOnly
            || self.attachment.reader.latest() < self.position.wanted
    }

    fn account(&mut self, info: &PacketInfo) {
        let counters = &mut self.counters;
        counters.packets += 1;
        counters.last_packet_seq = info.seq;
        if let Some(packets) = &mut self.packets {
            if packets.last != 0 {
                counters.packets_missed += info.seq.saturating_sub(packets.last + 1);
            }
            packets.last = info.seq;
        }
    }

    /// Goes on after joining again: the same publisher's packets where they were, another one's
    /// from their beginning.
    pub(super) fn go_on_with_packets(&mut self, joined: Option<PacketsJoined>) {
        if let (Some(packets), Some(joined)) = (&mut self.packets, joined)
            && packets.epoch != joined.epoch
        {
            let buffer = std::mem::take(&mut packets.buffer);
            *packets = PacketStream {
                buffer,
                ..PacketStream::new(joined)
            };
            packets.reader.interrupt();
        }
    }

    pub(super) fn no_frames(&self) -> Error {
        FormatError::NoFrames.into()
    }

    fn no_params(&self) -> Error {
        Error::NoCodecParams {
            key: self.request.key.clone(),
        }
    }
}

fn no_packets() -> Error {
    let what =
        "packets of a subscriber that did not ask for them; call packets() before it connects";
    Error::InvalidArgument(what.to_owned())
}
