//! How much of a stream the packet ring has to hold: who joins late begins with the newest key
//! packet, and all that followed it has to be there still.

use cuframes::PacketRing;

use cuframes_cli::args::PacketArguments;

use super::source::Source;
use super::voice::Voice;

/// A group of pictures of so many seconds fits, and as much again for who reads slowly.
const SECONDS: u64 = 2 * 2;
/// Frames per second of a stream that does not tell it.
const USUAL_RATE: u64 = 30;
/// Most slots of a ring.
const MOST_SLOTS: u64 = 4096;
/// The largest packet is a quarter of the ring: a key picture of 4 bits a pixel has room.
const BYTES_PER_PIXEL: u64 = 4 / 2;

/// A ring for the packets of `source`.
pub fn ring(arguments: &PacketArguments, source: &Source) -> PacketRing {
    let usual = PacketRing::default();
    let (num, den) = source.rate();
    let rate = match den {
        0 => USUAL_RATE,
        den => u64::from(num).div_ceil(u64::from(den)),
    };
    let slots = rate
        .saturating_mul(SECONDS)
        .clamp(u64::from(usual.slots), MOST_SLOTS);
    let (width, height) = source.size();
    let picture = BYTES_PER_PIXEL * u64::from(width) * u64::from(height);
    let bytes = (source.bit_rate() / 8).saturating_mul(SECONDS);
    PacketRing {
        slots: arguments
            .packet_slots
            .unwrap_or(u32::try_from(slots).unwrap_or(usual.slots)),
        bytes: arguments
            .packet_bytes
            .map_or(bytes.max(picture).max(usual.bytes), |given| given.0),
        largest: None,
    }
}

/// What came since the last key packet.
#[derive(Debug)]
pub struct Group {
    ring: PacketRing,
    voice: Voice,
    packets: u64,
    bytes: u64,
    told: bool,
}

impl Group {
    /// In a ring of this size.
    pub fn new(ring: PacketRing, voice: Voice) -> Group {
        Group {
            ring: PacketRing {
                slots: ring.slots.next_power_of_two(),
                bytes: ring.bytes.next_power_of_two(),
                ..ring
            },
            voice,
            packets: 0,
            bytes: 0,
            told: false,
        }
    }

    /// A packet was published. One group that does not fit is told.
    pub fn add(&mut self, bytes: usize, is_key: bool) {
        if is_key {
            (self.packets, self.bytes) = (0, 0);
        }
        self.packets += 1;
        self.bytes += (bytes as u64).next_multiple_of(64);
        if self.fits() || std::mem::replace(&mut self.told, true) {
            return;
        }
        let PacketRing { slots, bytes, .. } = self.ring;
        self.voice.say(&format!(
            "{} packets and {} KiB follow a key packet, and the packet ring holds {slots} packets \
             and {} KiB: who joins late waits for the next key packet. Use larger --packet-slots \
             and --packet-bytes, or more key frames",
            self.packets,
            self.bytes.div_ceil(1024),
            bytes / 1024
        ));
    }

    fn fits(&self) -> bool {
        self.packets <= u64::from(self.ring.slots) && self.bytes <= self.ring.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_that_is_too_long_or_too_large_is_told() {
        let ring = PacketRing {
            slots: 7,
            bytes: 4096,
            largest: None,
        };
        let group = || Group::new(ring, Voice::silent());
        let mut long = group();
        for number in 0..8 {
            long.add(1, number == 0);
        }
        assert!(!long.told);
        long.add(1, true);
        for _ in 0..7 {
            long.add(1, false);
        }
        assert!(!long.told);
        long.add(1, false);
        assert!(long.told);
        let mut large = group();
        // Each begins at a multiple of 64.
        large.add(4033, true);
        assert!(!large.told);
        large.add(1, false);
        assert!(large.told);
    }
}
