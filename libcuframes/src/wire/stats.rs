//! The answer to STATS: the publisher's record of each subscriber, a row each.

use super::message::MORE;
use super::page::SUBSCRIBER_SLOT_SIZE;
use super::{MAX_PAYLOAD, MessageType, SubscriberSlot, WireError, frame_message};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Most rows of one message.
pub const MAX_STATS_ROWS: usize = 31;

/// The 8 bytes before the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct StatsHeader {
    /// Rows of this message, at most 31.
    pub count: u32,
    /// Bytes of a row, 128.
    pub row_size: u32,
}

layout!(StatsHeader, 8, { count: 0x00, row_size: 0x04 });

const _: () = assert!(
    size_of::<StatsHeader>() + MAX_STATS_ROWS * SUBSCRIBER_SLOT_SIZE <= MAX_PAYLOAD,
    "the longest answer fits a message"
);

/// The whole answer: one message or more, MORE on all but the last.
#[must_use]
pub fn encode_stats(rows: &[SubscriberSlot]) -> Vec<Vec<u8>> {
    if rows.is_empty() {
        return vec![encode_one(rows, 0)];
    }
    let messages = rows.len().div_ceil(MAX_STATS_ROWS);
    let flags = |place: usize| if place + 1 < messages { MORE } else { 0 };
    let parts = rows.chunks(MAX_STATS_ROWS).enumerate();
    parts
        .map(|(place, part)| encode_one(part, flags(place)))
        .collect()
}

fn encode_one(rows: &[SubscriberSlot], flags: u16) -> Vec<u8> {
    let row_size = SUBSCRIBER_SLOT_SIZE as u32;
    let header = StatsHeader {
        count: rows.len() as u32,
        row_size,
    };
    let payload = [header.as_bytes(), rows.as_bytes()].concat();
    frame_message(MessageType::Stats, flags, &payload)
}

/// Takes one message's payload apart; count, row size and length must agree.
pub fn parse_stats(payload: &[u8]) -> Result<Vec<SubscriberSlot>, WireError> {
    let actual = payload.len() as u64;
    let length = |expected| WireError::Length {
        what: "STATS",
        expected,
        actual,
    };
    let (header, rows) =
        StatsHeader::read_from_prefix(payload).map_err(|_| length("8 and its rows"))?;
    let (count, row_size) = (header.count as usize, header.row_size as usize);
    if count > MAX_STATS_ROWS {
        let value = header.count.into();
        return Err(WireError::Field {
            field: "STATS.count",
            value,
            allowed: "0 to 31",
        });
    }
    if row_size != SUBSCRIBER_SLOT_SIZE {
        let value = header.row_size.into();
        return Err(WireError::Field {
            field: "STATS.row_size",
            value,
            allowed: "128",
        });
    }
    if row_size.checked_mul(count) != Some(rows.len()) {
        return Err(length("8 + count * row_size"));
    }
    let read = |row| SubscriberSlot::read_from_prefix(row).map(|(slot, _)| slot);
    let slots: Result<_, _> = rows.chunks_exact(row_size).map(read).collect();
    slots.map_err(|_| length("8 + count * row_size"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{ConsumerName, MESSAGE_HEADER_SIZE, MessageHeader};

    fn rows(count: u32) -> Vec<SubscriberSlot> {
        let name = ConsumerName::new("viewer").expect("valid");
        (1..=count)
            .map(|index| SubscriberSlot::new(9, index, &name, 1000))
            .collect()
    }

    #[test]
    fn any_number_of_rows_goes_there_and_back() {
        for (count, messages) in [(0, 1), (1, 1), (31, 1), (32, 2), (62, 2), (255, 9)] {
            let sent = encode_stats(&rows(count));
            assert_eq!(sent.len(), messages);
            let mut back = Vec::new();
            for (place, message) in sent.iter().enumerate() {
                let (header, payload) = message
                    .split_first_chunk::<MESSAGE_HEADER_SIZE>()
                    .expect("header");
                let incoming = MessageHeader::parse(header).expect("header");
                assert_eq!(incoming.more, place + 1 < messages);
                assert_eq!(incoming.length, payload.len());
                back.extend(parse_stats(payload).expect("rows"));
            }
            assert_eq!(back, rows(count));
        }
    }

    #[test]
    fn counts_that_do_not_fit_the_payload_are_refused() {
        let payload = |count: u32, row_size: u32, bytes: usize| {
            let mut payload = StatsHeader { count, row_size }.as_bytes().to_vec();
            payload.resize(8 + bytes, 0);
            parse_stats(&payload)
        };
        assert_eq!(payload(2, 128, 256).map(|rows| rows.len()), Ok(2));
        assert_eq!(payload(0, 128, 0).map(|rows| rows.len()), Ok(0));
        assert!(payload(32, 128, 4088).is_err(), "count");
        assert!(payload(1, 127, 127).is_err(), "row size");
        assert!(payload(1, 136, 136).is_err(), "longer rows");
        assert!(payload(1, 0, 0).is_err(), "row size 0");
        assert!(payload(1, 128, 127).is_err(), "short");
        assert!(payload(1, 128, 129).is_err(), "long");
        assert!(payload(31, u32::MAX, 4088).is_err(), "product");
        assert!(parse_stats(&[0; 7]).is_err(), "no header");
    }
}
