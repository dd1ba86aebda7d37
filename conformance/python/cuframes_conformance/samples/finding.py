"""Finding, protocol 5.1: segments in which nothing moves, and what must be found in them."""

from __future__ import annotations

from typing import Any

from .. import wire

CLAIMED, WRITING = wire.SEQ_CLAIMED, wire.SEQ_WRITING
HIGHEST = (1 << 63) - 2


def case(name: str, seqs: list[int], latest: int, wanted: int, found: tuple[int, int] | None,
         hints: dict[int, int] | None = None, note: str = "") -> dict[str, Any]:
    """``hints`` are entries of slot_of that differ from the true slot of a sequence."""
    slot_of = [255] * 16
    for slot, seq in enumerate(seqs):
        if 0 < seq < wire.SEQ_LIMIT:
            slot_of[seq % 16] = slot
    for index, slot in (hints or {}).items():
        slot_of[index] = slot
    place = None if found is None else {"slot": found[0], "seq": found[1]}
    return {"name": name, "slots": seqs, "slot_of": slot_of, "latest_seq": latest,
            "wanted": wanted, "found": place, "note": note}


def finding() -> list[dict[str, Any]]:
    """All cases."""
    ring = [9, 6, 7, 8]
    return [
        case("empty", [0, 0], 0, 1, None),
        case("by_hint", ring, 9, 7, (2, 7)),
        case("newest", ring, 9, 9, (0, 9)),
        case("first_frame", [1, 0], 1, 1, (0, 1)),
        case("overwritten", ring, 9, 2, (1, 6), note="2 to 5 are gone: the smallest not below"),
        case("above_latest", ring, 9, 10, None),
        case("stored_but_not_latest", [9, 6, 7, 10], 9, 10, None,
             note="nothing is searched unless latest_seq >= wanted"),
        case("behind_latest_is_found", [9, 6, 7, 10], 9, 8, (0, 9)),
        case("hint_of_another_sequence", ring, 9, 7, (2, 7), {7: 1}),
        case("hint_out_of_range", ring, 9, 7, (2, 7), {7: 4}),
        case("hint_highest", ring, 9, 7, (2, 7), {7: 255}),
        case("hint_into_the_past", [17, 18, 3, 16], 18, 16, (3, 16), {0: 0}),
        case("hint_sixteen_too_low", [1, 17], 17, 17, (1, 17), {1: 0}),
        case("writing_is_no_frame", [9, WRITING, 7, 8], 9, 6, (2, 7)),
        case("claimed_is_no_frame", [9, CLAIMED, 7, 8], 9, 6, (2, 7),
             note="after the re-reads that the protocol allows"),
        case("empty_slot_is_no_frame", [9, 0, 7, 8], 9, 6, (2, 7)),
        case("nothing_readable", [WRITING, CLAIMED], 9, 9, None),
        case("beyond_the_highest", [1 << 63, 5], 5, 5, (1, 5), {5: 0}),
        case("only_beyond_the_highest", [1 << 63, 3], 5, 5, None),
        case("highest", [HIGHEST, HIGHEST - 1], HIGHEST, HIGHEST - 5, (1, HIGHEST - 1)),
        case("sixteen_slots", [17, *range(2, 17)], 17, 1, (1, 2)),
    ]
