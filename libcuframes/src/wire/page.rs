//! The subscriber page: what one subscriber and its publisher tell each other in memory.

use super::{ConsumerName, MAX_SLOTS, Mode, PAGE_SIZE, WireError};
use zerocopy::{FromBytes, FromZeros, Immutable, IntoBytes, KnownLayout};

/// Offset of the i32 `evicted`: 0, or the error code that ended the subscription.
pub const EVICTED: usize = 0x0C;
/// Offset of the u32 `pid`, written by the subscriber for display.
pub const PID: usize = 0x30;
/// Offset of the u32 `mode`, written by the subscriber for display.
pub const MODE: usize = 0x34;
/// Offset of the u32 `held_mask`: bit i says that slot i is leased.
pub const HELD_MASK: usize = 0x40;
/// Offset of the u32 `waiting`: who sleeps on `publish_futex`.
pub const WAITING: usize = 0x44;
/// Offset of the u64 `consumed_seq`: everything up to it is released or skipped.
pub const CONSUMED_SEQ: usize = 0x48;
/// Offset of the u64 `received`: leases granted.
pub const RECEIVED: usize = 0x50;
/// Offset of the u64 `missed`: sequences passed over.
pub const MISSED: usize = 0x58;
/// Offset of the u64 `last_active_ns`, CLOCK_MONOTONIC.
pub const LAST_ACTIVE_NS: usize = 0x60;
/// Offset of the u32 `packet_waiting`: who sleeps on `packet_futex`.
pub const PACKET_WAITING: usize = 0x68;
/// Offset of the first of 16 u64 `ack_seq`.
pub const ACK_SEQ: usize = 0x080;
/// Offset of the first of 16 ACK event handles of 64 bytes.
pub const ACK_EVENTS: usize = 0x100;
/// Offset of the first of 16 u64 `lease_seq`.
pub const LEASE_SEQ: usize = 0x500;
/// First byte behind everything that this version uses.
pub const END: usize = 0x580;

/// Bit of `waiting`: a byte on the notify socket is wanted.
pub const WAITING_NOTIFY: u32 = 1 << 31;
/// Bits of `waiting`: number of threads asleep.
pub const WAITING_THREADS: u32 = 0xFFFF;
/// Bytes of the slot at the start of a page.
pub const SUBSCRIBER_SLOT_SIZE: usize = 128;
/// Bytes of one ACK event handle.
pub const EVENT_HANDLE_SIZE: usize = 64;

const _: () = {
    assert!(ACK_SEQ == SUBSCRIBER_SLOT_SIZE);
    assert!(ACK_EVENTS == ACK_SEQ + MAX_SLOTS * 8);
    assert!(LEASE_SEQ == ACK_EVENTS + MAX_SLOTS * EVENT_HANDLE_SIZE);
    assert!(END == LEASE_SEQ + MAX_SLOTS * 8 && END <= PAGE_SIZE);
};

/// Offset of `lease_seq[slot]`.
#[must_use]
pub const fn lease_seq(slot: usize) -> usize {
    LEASE_SEQ + slot * 8
}

/// Offset of `ack_seq[slot]`.
#[must_use]
pub const fn ack_seq(slot: usize) -> usize {
    ACK_SEQ + slot * 8
}

/// A copy of the first 128 bytes of a subscriber page; also a row of STATS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct SubscriberSlot {
    /// The epoch that the page was made for.
    pub epoch: u64,
    /// Number of the subscriber, 1 to 255.
    pub index: u32,
    /// See [`EVICTED`].
    pub evicted: i32,
    /// Consumer name, NUL-padded.
    pub name: [u8; 32],
    /// Process of the subscriber, for display.
    pub pid: u32,
    /// A [`Mode`], for display.
    pub mode: u32,
    /// User of the subscriber as the kernel told the publisher.
    pub uid: u32,
    /// Written 0, ignored.
    pub reserved0: u32,
    /// See [`HELD_MASK`].
    pub held_mask: u32,
    /// See [`WAITING`].
    pub waiting: u32,
    /// See [`CONSUMED_SEQ`].
    pub consumed_seq: u64,
    /// See [`RECEIVED`].
    pub received: u64,
    /// See [`MISSED`].
    pub missed: u64,
    /// See [`LAST_ACTIVE_NS`].
    pub last_active_ns: u64,
    /// See [`PACKET_WAITING`].
    pub packet_waiting: u32,
    /// Written 0, ignored.
    pub reserved1: [u8; 20],
}

layout!(SubscriberSlot, SUBSCRIBER_SLOT_SIZE, {
    epoch: 0x00,
    index: 0x08,
    evicted: EVICTED,
    name: 0x10,
    pid: PID,
    mode: MODE,
    uid: 0x38,
    reserved0: 0x3C,
    held_mask: HELD_MASK,
    waiting: WAITING,
    consumed_seq: CONSUMED_SEQ,
    received: RECEIVED,
    missed: MISSED,
    last_active_ns: LAST_ACTIVE_NS,
    packet_waiting: PACKET_WAITING,
    reserved1: 0x6C,
});

impl SubscriberSlot {
    /// The publisher's part of a new page; what belongs to the subscriber is 0.
    #[must_use]
    pub fn new(epoch: u64, index: u32, name: &ConsumerName, uid: u32) -> SubscriberSlot {
        SubscriberSlot {
            epoch,
            index,
            name: name.to_wire(),
            uid,
            ..SubscriberSlot::new_zeroed()
        }
    }

    /// Checks, on the subscriber's side, that the page is the one of HELLO_RESP.
    pub fn validate(&self, epoch: u64, index: u32) -> Result<(), WireError> {
        let wrong = |what, found, expected| {
            Err(WireError::WrongPage {
                what,
                found,
                expected,
            })
        };
        if self.epoch != epoch {
            return wrong("epoch", self.epoch, epoch);
        }
        if self.index != index {
            return wrong("index", self.index.into(), index.into());
        }
        Ok(())
    }

    /// The consumer's name as far as it is one, for display; empty where the bytes are none.
    #[must_use]
    pub fn display_name(&self) -> String {
        ConsumerName::from_wire(&self.name).map_or_else(|_| String::new(), |name| name.to_string())
    }

    /// The mode for display, `None` where the number is none.
    #[must_use]
    pub fn display_mode(&self) -> Option<Mode> {
        Mode::from_u32(self.mode).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arrays_lie_where_the_document_says() {
        assert_eq!((lease_seq(0), lease_seq(15)), (0x500, 0x578));
        assert_eq!((ack_seq(0), ack_seq(15)), (0x080, 0x0F8));
    }

    #[test]
    fn a_page_of_another_epoch_or_index_is_refused() {
        let name = ConsumerName::new("viewer").expect("valid");
        let slot = SubscriberSlot::new(7, 3, &name, 1000);
        assert_eq!(slot.validate(7, 3), Ok(()));
        let epoch = slot.validate(8, 3).expect_err("epoch");
        assert!(epoch.to_string().contains("epoch 7"), "{epoch}");
        let index = slot.validate(7, 4).expect_err("index");
        assert!(index.to_string().contains("index 3"), "{index}");
    }

    #[test]
    fn what_a_subscriber_scribbles_is_displayed_as_nothing() {
        let name = ConsumerName::new("viewer").expect("valid");
        let mut slot = SubscriberSlot::new(7, 3, &name, 1000);
        assert_eq!(
            (slot.display_name(), slot.display_mode()),
            ("viewer".to_owned(), None)
        );
        slot.name = [0x1B; 32];
        slot.mode = 2;
        assert_eq!(
            (slot.display_name(), slot.display_mode()),
            (String::new(), Some(Mode::StrictOrder))
        );
    }
}
