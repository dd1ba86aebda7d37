//! Headers of a stream whose publisher tells none: they stand in its key packets.

use ffmpeg_next::codec::Id;

const START: [u8; 3] = [0, 0, 1];

/// The parameter sets in a packet of Annex B, each with a start code; empty if there are none.
pub fn of(id: Id, packet: &[u8]) -> Vec<u8> {
    let is_header = |unit: &&[u8]| match (id, unit.first()) {
        (Id::H264, Some(first)) => matches!(first & 0x1F, 7 | 8),
        (Id::HEVC, Some(first)) => matches!(first >> 1 & 0x3F, 32..=34),
        _ => false,
    };
    units(packet)
        .filter(is_header)
        .flat_map(|unit| [&[0], &START[..], unit].concat())
        .collect()
}

/// The units between start codes, without the zeros behind them.
fn units(packet: &[u8]) -> impl Iterator<Item = &[u8]> {
    let starts: Vec<usize> = packet
        .windows(START.len())
        .enumerate()
        .filter(|(_, bytes)| *bytes == START)
        .map(|(at, _)| at)
        .collect();
    let ends = starts.iter().copied().skip(1).chain([packet.len()]);
    let ends: Vec<usize> = ends.collect();
    starts.into_iter().zip(ends).map(|(start, end)| {
        let unit = &packet[start + START.len()..end];
        let zeros = unit.iter().rev().take_while(|&&byte| byte == 0).count();
        &unit[..unit.len() - zeros]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameter_sets_are_found() {
        let packet = [
            0, 0, 0, 1, 0x09, 0xF0, 0, 0, 0, 1, 0x67, 1, 2, 0, 0, 1, 0x68, 3, 0, 0, 1, 0x65, 9, 9,
        ];
        let expected = [0, 0, 0, 1, 0x67, 1, 2, 0, 0, 0, 1, 0x68, 3];
        assert_eq!(of(Id::H264, &packet), expected);
        let packet = [
            0, 0, 1, 0x40, 1, 7, 0, 0, 1, 0x42, 1, 8, 0, 0, 1, 0x26, 1, 5,
        ];
        let expected = [0, 0, 0, 1, 0x40, 1, 7, 0, 0, 0, 1, 0x42, 1, 8];
        assert_eq!(of(Id::HEVC, &packet), expected);
        for other in [&[][..], &[0, 0, 1], &[1, 2, 3], &[0, 0, 0, 2, 0x67]] {
            assert!(of(Id::H264, other).is_empty());
        }
    }
}
