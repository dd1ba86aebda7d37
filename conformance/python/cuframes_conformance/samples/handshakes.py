"""Handshakes byte by byte (protocol 3, 4, 6): who sends what, and how it ends."""

from __future__ import annotations

from typing import Any

from .. import wire
from ..errors import ErrorCode
from . import packet_refusals
from .base import EPOCH, NEXT_EPOCH, hello_req, hello_resp
from .messages import error_payload

Step = dict[str, Any]
CAP = wire.CAPABILITY
HOST = CAP["FD_PASSING"] | CAP["HOST"]
UNKNOWN = 0x7F01
RESP_VARIES = ["epoch", "index", "latest_seq", "pool_size", "lib_version", "lease_timeout_ms",
               "max_leases"]
PACKETS = ("the publisher has a packet ring of 8 slots and 4096 bytes, and in it a key packet with "
           "codec parameters of 6 bytes, and two more")
V1, V2 = {"lowest": 1, "highest": 1}, {"lowest": 1, "highest": 2}


def step(sender: str, kind: str | int, layout: str, payload: bytes, flags: int = 0,
         fds: list[str] | None = None, varies: list[str] | None = None, note: str = "") -> Step:
    """One message on the socket; ``hex`` is the TLV header and the payload."""
    name = kind if isinstance(kind, str) else f"{kind:#06x}"
    entry: Step = {"from": sender, "message": name, "struct": layout,
                   "hex": wire.message(kind, payload, flags).hex(),
                   "fds": fds or [], "varies": varies or []}
    return {**entry, "note": note} if note else entry


def req(note: str = "", **changes: Any) -> Step:
    """The subscriber says HELLO_REQ."""
    return step("subscriber", "HELLO_REQ", "hello_req", wire.HELLO_REQ.pack(hello_req(**changes)),
                note=note)


def resp(**changes: Any) -> Step:
    """The publisher answers HELLO_RESP with the fds of its fd_mask, lowest bit first."""
    values = hello_resp(**changes)
    fds = [name for name, bit in wire.FD.items() if values["fd_mask"] & bit]
    return step("publisher", "HELLO_RESP", "hello_resp", wire.HELLO_RESP.pack(values), fds=fds,
                varies=RESP_VARIES)


def granted(**changes: Any) -> Step:
    """The publisher answers with packets as well."""
    values = packet_refusals.granted(**changes)
    fds = [name for name, bit in wire.FD.items() if values["fd_mask"] & bit]
    return step("publisher", "HELLO_RESP", "hello_resp", wire.HELLO_RESP.pack(values), fds=fds,
                varies=[*RESP_VARIES, "packet_epoch"])


def attached(**changes: Any) -> Step:
    """The subscriber has mapped everything."""
    values = {"index": 1, "capabilities": HOST | CAP["NOTIFY"], **changes}
    return step("subscriber", "ATTACHED", "attached", wire.ATTACHED.pack(values),
                varies=["index"], note="the index is that of HELLO_RESP")


def error(code: str) -> Step:
    """The publisher refuses; the sentence is its own affair."""
    return step("publisher", "ERROR", "error", error_payload(ErrorCode[code], "why"),
                varies=["text"])


def closed(sender: str) -> Step:
    """End of file on the socket."""
    return {"from": sender, "event": "close"}


def live(name: str, publisher: dict[str, int], version: int, steps: list[Step],
         note: str = "", setup: str = "") -> dict[str, Any]:
    """A handshake that leaves the peer LIVE."""
    return {"name": name, "publisher": publisher, "setup": setup, "note": note, "steps": steps,
            "outcome": {"state": "LIVE", "proto_version": version}}


def gone(name: str, steps: list[Step], code: str, basis: str, note: str = "", setup: str = "",
         publisher: dict[str, int] | None = None) -> dict[str, Any]:
    """A handshake that the publisher ends with an ERROR; ``basis`` as in refusals.json."""
    steps = [*steps, error(code), closed("publisher")]
    return {"name": name, "publisher": publisher or V1, "setup": setup, "note": note,
            "steps": steps, "outcome": {"state": "GONE", "error": code, "basis": basis}}


def accepted() -> list[dict[str, Any]]:
    """Versions both ways, observers, unknown optional messages, reconfiguration, the end."""
    observer = HOST | CAP["OBSERVER"]
    fd = wire.FD
    optional = step("subscriber", UNKNOWN, "opaque", b"\1\2\3", wire.TLV_FLAG["OPTIONAL"],
                    note="an unknown type with OPTIONAL is skipped, payload and all")
    again = resp(epoch=NEXT_EPOCH, latest_seq=0)
    told = step("publisher", "RECONFIGURE", "reconfigure",
                wire.RECONFIGURE.pack({"epoch": NEXT_EPOCH}), varies=["epoch"])
    detach = step("subscriber", "DETACH", "detach", wire.DETACH.pack({"reason": 0}))
    return [
        live("v1_publisher_v1_subscriber", V1, 1, [req(), resp(), attached()]),
        live("v1_publisher_v2_subscriber", V1, 1,
             [req(proto_highest=2), resp(), attached()], "agreed is min(both highest)"),
        live("v1_publisher_packets_wanted", V1, 1,
             [req(proto_highest=2, packet_flags=3), resp(), attached()],
             "the answer's fields of version 2 are reserved, and 0"),
        live("v2_publisher_v1_subscriber", V2, 1, [req(), resp(), attached()], setup=PACKETS),
        live("v2_publisher_v2_subscriber", V2, 2,
             [req(proto_highest=2, packet_flags=3), granted(), attached()],
             "WANT_PACKETS and FROM_KEYFRAME", PACKETS),
        live("v2_next_key_packet", V2, 2,
             [req(proto_highest=2, packet_flags=1),
              granted(packet_flags=1, initial_packet_seq=0), attached()],
             "WANT_PACKETS", PACKETS),
        live("v2_no_packets_wanted", V2, 2,
             [req(proto_highest=2), resp(proto_version=2), attached()], setup=PACKETS),
        live("future_subscriber", V1, 1, [req(proto_highest=2**32 - 1), resp(), attached()]),
        live("without_notify", V1, 1, [
            req(capabilities=HOST),
            resp(capabilities=HOST, fd_mask=fd["CONTROL"] | fd["PAGE"] | fd["POOL"]),
            attached(capabilities=HOST)]),
        live("every_capability_asked", V1, 1, [
            req(capabilities=sum(CAP.values()) & ~CAP["OBSERVER"]), resp(), attached()],
            "a HOST publisher grants FD_PASSING, HOST and NOTIFY of them"),
        live("observer", V1, 1, [
            req(capabilities=observer),
            resp(index=0, capabilities=observer, max_leases=0,
                 fd_mask=fd["CONTROL"] | fd["POOL"]),
            attached(index=0, capabilities=observer)], "no index, no page, no lease"),
        live("unknown_optional_before_hello", V1, 1, [optional, req(), resp(), attached()]),
        live("unknown_optional_while_attaching", V1, 1, [req(), resp(), optional, attached()]),
        live("reconfigured", V1, 1, [
            req(), resp(), attached(), told, req(last_epoch=EPOCH), again, attached()],
            "the same index and name on the same socket",
            "the publisher is reconfigured after ATTACHED"),
        {**live("detach", V1, 1, [req(), resp(), attached(), detach, closed("publisher")]),
         "outcome": {"state": "GONE", "error": None}},
        {**live("end_of_stream", V1, 1, [
            req(), resp(), attached(),
            step("publisher", "CLOSE", "close", wire.CLOSE.pack({"reason": 1})),
            {**detach, "note": "after the last frames are read"}, closed("publisher")],
            setup="the publisher finishes after ATTACHED"),
         "outcome": {"state": "GONE", "error": None}},
    ]


def refused() -> list[dict[str, Any]]:
    """Each refusal with its ERROR code."""
    def raw(kind: str | int, layout: str, payload: bytes, note: str = "") -> Step:
        return step("subscriber", kind, layout, payload, note=note)

    hello = wire.HELLO_REQ.pack(hello_req())
    no_memory = CAP["FD_PASSING"] | CAP["CUDA_IPC"] | CAP["CUDA_VMM"]
    oversize = {**raw("HELLO_REQ", "opaque", b""), "note": "only the header: its length is 4097",
                "hex": wire.TLV_HEADER.pack({"type": 1, "length": 4097}).hex()}
    unknown = raw(UNKNOWN, "opaque", b"\1\2\3", note="without OPTIONAL")
    bad_name = hello[:0x28] + b"a" * 32 + hello[0x48:]
    return [
        gone("magic", [req(magic=0xCC7C1DCD)], "PROTOCOL", "derived"),
        gone("hello_too_short", [raw("HELLO_REQ", "opaque", hello[:127])], "PROTOCOL", "derived"),
        gone("hello_too_long", [raw("HELLO_REQ", "opaque", hello + b"\0")], "PROTOCOL", "derived"),
        gone("oversized", [oversize], "PROTOCOL", "derived"),
        gone("subscriber_too_new", [req(proto_highest=2, proto_lowest=2)], "PROTOCOL", "stated"),
        gone("subscriber_too_old", [req(proto_highest=0, proto_lowest=0)], "PROTOCOL", "stated"),
        gone("publisher_too_new", [req()], "PROTOCOL", "stated",
             publisher={"lowest": 2, "highest": 2}),
        gone("unknown_not_optional", [unknown], "PROTOCOL", "derived"),
        gone("unknown_not_optional_live", [req(), resp(), attached(), unknown], "PROTOCOL",
             "derived"),
        gone("attached_before_hello", [attached()], "PROTOCOL", "derived", "wrong state"),
        gone("hello_twice", [req(), resp(), req()], "PROTOCOL", "derived", "wrong state"),
        gone("hello_while_live", [req(), resp(), attached(), req()], "PROTOCOL", "derived",
             "wrong state: no RECONFIGURE was sent"),
        gone("attached_twice", [req(), resp(), attached(), attached()], "PROTOCOL", "derived"),
        gone("attached_wrong_index", [req(), resp(), {**attached(index=200), "varies": []}],
             "PROTOCOL", "derived"),
        gone("message_of_the_publisher", [
            raw("HELLO_RESP", "hello_resp", wire.HELLO_RESP.pack(hello_resp()))],
            "PROTOCOL", "derived", "wrong direction"),
        gone("mode", [req(mode=3)], "INVALID_ARGUMENT", "derived"),
        gone("name_empty", [req(name="")], "INVALID_ARGUMENT", "derived"),
        gone("name_byte", [req(name="a/b")], "INVALID_ARGUMENT", "derived"),
        gone("name_without_nul", [raw("HELLO_REQ", "hello_req", bad_name)], "INVALID_ARGUMENT",
             "derived", "32 bytes, 31 at most"),
        gone("name_taken", [req()], "ALREADY_EXISTS", "stated",
             setup="a subscriber of the same uid has this name"),
        gone("no_memory_in_common", [req(capabilities=no_memory)], "UNSUPPORTED", "stated"),
        gone("no_fd_passing", [req(capabilities=CAP["HOST"])], "UNSUPPORTED", "derived",
             "a HOST pool is an fd"),
        gone("recently_evicted", [req()], "EVICTED", "derived",
             setup="this uid and name were evicted less than 1 s ago"),
        gone("too_many", [req()], "TOO_MANY_SUBSCRIBERS", "stated",
             setup="the publisher's limit of peers is reached"),
    ]
