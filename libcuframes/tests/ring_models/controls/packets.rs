//! The rules of the packet ring.

use cuframes::ring::Rule;

use super::{ASLEEP, Control, Exempt};

const SLOT: &str = "packets::copied_while_its_slot_is_overwritten";
const DATA: &str = "packets::copied_while_its_data_is_overwritten";
const FOUND: &str = "packets::just_published_is_found";
const WHOLE: &str = "packets::just_published_is_whole";
const KEY: &str = "packets::a_key_packet_is_not_passed_over";
const END: &str = "packets::the_end_comes_after_the_last_packet";
const SLEEP: &str = "packets::sleep_misses_no_packet";
const EXTRADATA: &str = "packets::extradata_is_that_of_the_packet";
const PARAMS: &str = "packets::parameters_of_the_ring_are_of_one_generation";

const TORN: &str = "torn packet";
const NOT_FOUND: &str = "published packet not found";
const MIXED: &str = "extradata of another packet";
const TWO: &str = "extradata of two generations";

pub const CONTROLS: &[Control] = &[
    (Rule::PacketWritingFence, SLOT, TORN),
    (Rule::PacketWritingFence, DATA, TORN),
    (Rule::PacketHeadRelease, FOUND, NOT_FOUND),
    (Rule::PacketHeadRelease, KEY, "key packet passed over"),
    (Rule::PacketHeadBound, FOUND, NOT_FOUND),
    (Rule::PacketFence, DATA, TORN),
    (Rule::PacketSlotRecheck, SLOT, TORN),
    (Rule::PacketDataRecheck, DATA, TORN),
    (
        Rule::PacketCloseRelease,
        END,
        "ended before its last packet",
    ),
    (Rule::PacketStateFirst, END, "ended before its last packet"),
    (Rule::PacketFutexRelease, SLEEP, ASLEEP),
    (Rule::PacketPublishFence, SLEEP, ASLEEP),
    (Rule::PacketSleepFence, SLEEP, ASLEEP),
    (Rule::PacketSleepRecheck, SLEEP, ASLEEP),
    (Rule::ExtradataFence, PARAMS, TWO),
    (Rule::ExtradataRelease, PARAMS, TWO),
    (Rule::ExtradataReadFence, PARAMS, TWO),
    (Rule::ExtradataEven, PARAMS, TWO),
    (Rule::ExtradataRecheck, PARAMS, TWO),
    (Rule::ExtradataOfPacket, EXTRADATA, MIXED),
];

pub const EXEMPT: &[Exempt] = &[
    Exempt {
        rule: Rule::PacketSeqRelease,
        model: WHOLE,
        other: Some((Rule::PacketHeadRelease, TORN)),
        because: "no packet is looked at beyond the newest number that was seen, and its \
                  release comes after the packet; the order is for who looks at a slot alone",
    },
    Exempt {
        rule: Rule::PacketKeyRelease,
        model: KEY,
        other: None,
        because: "nobody is led to a key packet beyond the newest number that was seen, and \
                  its release comes after the packet; the order is for who reads this word \
                  alone",
    },
    Exempt {
        rule: Rule::PacketFirstLook,
        model: SLOT,
        other: None,
        because: "a slot up to the newest number has had its packet, so the last look finds \
                  another sequence wherever the first would have; the first saves the copy",
    },
    Exempt {
        rule: Rule::PacketDataLook,
        model: DATA,
        other: None,
        because: "what is reserved only grows, so the last look refuses whatever the first \
                  would have; the first saves the copy",
    },
];
