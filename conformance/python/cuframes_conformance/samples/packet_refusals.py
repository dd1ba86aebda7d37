"""Packets that must be refused: headers of their segment, and answers that grant them."""

from __future__ import annotations

from typing import Any

from .. import wire
from .base import EPOCH, hello_resp
from .packets import BYTES, H264, SIZE, SLOTS, header

CAP = wire.CAPABILITY
ASKED = CAP["FD_PASSING"] | CAP["HOST"] | CAP["NOTIFY"]
WANT, FROM_KEY = wire.PACKET_REQUEST["WANT_PACKETS"], wire.PACKET_REQUEST["FROM_KEYFRAME"]
PACKET_EPOCH = EPOCH + 7


def granted(**changes: Any) -> dict[str, Any]:
    """The answer of a publisher with packets, who has published three of each."""
    fds = wire.FD["CONTROL"] | wire.FD["PAGE"] | wire.FD["POOL"] | wire.FD["PACKETS"]
    return hello_resp(**{
        "proto_version": 2, "fd_mask": fds | wire.FD["NOTIFY"], "packet_flags": WANT | FROM_KEY,
        "codec": H264, "initial_packet_seq": 1, "packet_slot_count": SLOTS, "extradata_size": 6,
        "packet_data_size": BYTES, "packet_epoch": PACKET_EPOCH, **changes})


def refusals() -> list[dict[str, Any]]:
    """All of them."""
    return [*_headers(), *_answers()]


def _headers() -> list[dict[str, Any]]:
    def bad(name: str, note: str, size: int = SIZE, **changes: Any) -> dict[str, Any]:
        raw = wire.PACKET_HEADER.pack(header(**changes))
        context = {"size": size, "packet_epoch": EPOCH, "packet_slot_count": SLOTS,
                   "packet_data_size": BYTES}
        return {"name": "packet_" + name, "struct": "packet_header", "hex": raw.hex(),
                "error": "PROTOCOL", "basis": "derived", "context": context, "note": note}
    larger = SIZE - BYTES + 2 * BYTES
    return [
        bad("magic", "the control segment's magic", magic=wire.MAGIC),
        bad("magic_zero", "not finished yet", magic=0),
        bad("version_one", "there is no such segment", version=1),
        bad("version_three", "another layout", version=3),
        bad("slots_few", "4 slots", slot_count=4),
        bad("slots_odd", "9 slots, no power of two", slot_count=9),
        bad("slots_many", "8192 slots", slot_count=8192),
        bad("data_small", "2048 bytes", data_size=2048),
        bad("data_odd", "4097 bytes, no power of two", data_size=4097),
        bad("data_huge", "2^63 bytes", data_size=1 << 63),
        bad("size_short", "a byte too few", SIZE - 1),
        bad("size_long", "a byte too many", SIZE + 1),
        bad("extradata", "4033 bytes of extradata", extradata_size=4033),
        bad("state_zero", "state 0", state=0),
        bad("state_reconfigured", "state 3 is for frames", state=3),
        bad("epoch", "epoch is not that of HELLO_RESP", epoch=EPOCH + 1),
        bad("data_size", "data_size is not that of HELLO_RESP", larger, data_size=2 * BYTES),
    ]


def _answers() -> list[dict[str, Any]]:
    def bad(name: str, note: str, asked: int = WANT | FROM_KEY,
            **changes: Any) -> dict[str, Any]:
        raw = wire.HELLO_RESP.pack(granted(**changes))
        context = {"lowest": 1, "highest": 2, "capabilities": ASKED, "packet_flags": asked}
        return {"name": "hello_resp_packets_" + name, "struct": "hello_resp", "hex": raw.hex(),
                "error": "PROTOCOL", "basis": "derived", "context": context, "note": note}
    return [
        bad("not_asked", "packets for nobody", 0),
        bad("from_keyframe_not_asked", "FROM_KEYFRAME was not asked for", WANT),
        bad("flags", "FROM_KEYFRAME without WANT_PACKETS", packet_flags=FROM_KEY),
        bad("initial", "a packet to begin with, without FROM_KEYFRAME", packet_flags=WANT),
        bad("slots", "9 slots", packet_slot_count=9),
        bad("data", "no data", packet_data_size=0),
        bad("extradata", "4033 bytes of extradata", extradata_size=4033),
    ]
