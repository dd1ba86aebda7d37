"""Golden messages (protocol 3): TLV header and payload of each."""

from __future__ import annotations

import struct
from typing import Any

from .. import wire
from ..layout import Struct
from .base import EPOCH, NEXT_EPOCH, hello_req, hello_resp, message_vector, struct_vector
from .segments import subscriber


def stats_payload(rows: list[dict[str, Any]]) -> bytes:
    """A STATS answer of these subscriber slots."""
    head = wire.STATS_HEAD.pack({"count": len(rows), "row_size": wire.SUBSCRIBER_SLOT.size})
    return head + b"".join(wire.SUBSCRIBER_SLOT.pack(row) for row in rows)


def error_payload(code: int, text: str) -> bytes:
    """An ERROR: the code and the sentence, without a NUL."""
    return struct.pack("<i", code) + text.encode("utf-8")


def tlv_headers() -> list[dict[str, Any]]:
    """TLV headers alone."""
    more = {"type": wire.MESSAGE["STATS"], "flags": wire.TLV_FLAG["MORE"], "length": 3976}
    return [
        struct_vector("hello_req", wire.TLV_HEADER, {"type": 1, "length": 128}),
        struct_vector("empty_stats_request", wire.TLV_HEADER, {"type": 5}),
        struct_vector("stats_more", wire.TLV_HEADER, more),
        struct_vector("longest", wire.TLV_HEADER, {"type": 7, "length": wire.MAX_PAYLOAD}),
        struct_vector("unknown_optional", wire.TLV_HEADER,
                      {"type": 0x7F01, "flags": 1, "length": 3}),
    ]


def messages() -> list[dict[str, Any]]:
    """Every message that frames over HOST memory need."""
    return _hellos() + _others()


def _hellos() -> list[dict[str, Any]]:
    capability, fd = wire.CAPABILITY, wire.FD

    def req(vector: str, note: str = "", **changes: Any) -> dict[str, Any]:
        raw = wire.HELLO_REQ.pack(hello_req(**changes))
        return message_vector(vector, "HELLO_REQ", "hello_req", raw, note=note)

    def resp(vector: str, note: str = "", **changes: Any) -> dict[str, Any]:
        raw = wire.HELLO_RESP.pack(hello_resp(**changes))
        return message_vector(vector, "HELLO_RESP", "hello_resp", raw, note=note)

    observer = capability["FD_PASSING"] | capability["HOST"] | capability["OBSERVER"]
    packets: dict[str, Any] = {"packet_flags": 3, "codec": int.from_bytes(b"H264", "little"),
               "initial_packet_seq": 100, "packet_slot_count": 64, "extradata_size": 39,
               "packet_data_size": 8 << 20, "packet_epoch": NEXT_EPOCH}
    seen: dict[str, Any] = {"mode": wire.MODE["STRICT_ORDER"], "last_epoch": NEXT_EPOCH,
            "name": "Recorder_1.main"}
    return [
        req("hello_req_v1"),
        req("hello_req_v1_strict_again", "joined NEXT_EPOCH before", **seen),
        req("hello_req_v2", proto_highest=2),
        req("hello_req_v2_packets", proto_highest=2, packet_flags=3),
        req("hello_req_observer", capabilities=observer, name="cuframes-top"),
        req("hello_req_every_capability", capabilities=sum(capability.values()),
            device_uuid=bytes(range(1, 17)).hex()),
        resp("hello_resp_v1"),
        resp("hello_resp_v2", "v2 without packets", proto_version=2),
        resp("hello_resp_v2_packets", proto_version=2, **packets,
             fd_mask=fd["CONTROL"] | fd["PAGE"] | fd["POOL"] | fd["PACKETS"] | fd["NOTIFY"]),
        resp("hello_resp_observer", index=0, capabilities=observer, max_leases=0,
             fd_mask=fd["CONTROL"] | fd["POOL"]),
    ]


def _others() -> list[dict[str, Any]]:
    def one(vector: str, kind: str, layout: Struct, **values: int) -> dict[str, Any]:
        return message_vector(vector, kind, layout.name, layout.pack(values))

    second = subscriber(index=2, name="recorder", mode=2, held_mask=0, pid=4243)
    many = [subscriber(index=i, name=f"reader-{i}") for i in range(1, 32)]
    more = wire.TLV_FLAG["MORE"]
    return [
        one("attached", "ATTACHED", wire.ATTACHED, index=1,
            capabilities=hello_resp()["capabilities"]),
        one("attached_observer", "ATTACHED", wire.ATTACHED, index=0, capabilities=137),
        one("detach_normal", "DETACH", wire.DETACH, reason=0),
        one("detach_error", "DETACH", wire.DETACH, reason=1),
        message_vector("stats_request", "STATS", "empty", b""),
        message_vector("stats_none", "STATS", "stats", stats_payload([])),
        message_vector("stats_two", "STATS", "stats", stats_payload([subscriber(), second])),
        message_vector("stats_full_more", "STATS", "stats", stats_payload(many), more,
                       "31 rows fill a message; another follows"),
        one("reconfigure", "RECONFIGURE", wire.RECONFIGURE, epoch=NEXT_EPOCH),
        message_vector("error_unsupported", "ERROR", "error",
                       error_payload(-13, "no memory kind in common")),
        message_vector("error_utf8", "ERROR", "error", error_payload(-3, "Name «Tür» vergeben")),
        message_vector("error_no_text", "ERROR", "error", error_payload(-6, "")),
        one("close_end_of_stream", "CLOSE", wire.CLOSE, reason=1),
        one("close_shutdown", "CLOSE", wire.CLOSE, reason=2),
        one("close_evicted", "CLOSE", wire.CLOSE, reason=3),
        one("reconfigure_back", "RECONFIGURE", wire.RECONFIGURE, epoch=EPOCH),
    ]
