"""What a peer must check before it uses bytes that another process wrote (protocol 2, 3, 6)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from . import wire
from .errors import CuframesError, ErrorCode
from .formats import geometry_problem
from .layout import Struct

_KEY = re.compile(rb"[A-Za-z0-9._-]{1,63}")
_NAME = re.compile(rb"[A-Za-z0-9._-]{1,31}")


def refuse(code: ErrorCode, text: str) -> CuframesError:
    """The exception for bytes that must not be used."""
    return CuframesError(code, text)


def require(condition: bool, text: str, code: ErrorCode = ErrorCode.PROTOCOL) -> None:
    """Raise unless ``condition``."""
    if not condition:
        raise refuse(code, text)


def key(text: str) -> None:
    """A key (protocol 1): 1..63 bytes of the set, no leading dot, not ``-packets``."""
    raw = text.encode("utf-8", "surrogateescape")
    good = _KEY.fullmatch(raw) and not raw.startswith(b".") and not raw.endswith(b"-packets")
    require(bool(good), f"{text!r} is not a key", ErrorCode.INVALID_ARGUMENT)


def consumer_name(raw: bytes) -> str:
    """A consumer name (protocol 1) out of its 32 bytes, NUL-padded."""
    name, padding = raw.rstrip(b"\0"), raw[len(raw.rstrip(b"\0")):]
    require(bool(padding) and bool(_NAME.fullmatch(name)), f"{name!r} is not a consumer name",
            ErrorCode.INVALID_ARGUMENT)
    return name.decode("ascii")


def parse(layout: Struct, payload: bytes) -> dict[str, Any]:
    """The fields of a payload that must have exactly the struct's length."""
    require(len(payload) == layout.size,
            f"{layout.name} of {len(payload)} bytes, not {layout.size}")
    return layout.unpack(payload)


def tlv_header(raw: bytes) -> dict[str, Any]:
    """A TLV header: the payload may be 4096 bytes at most."""
    header = parse(wire.TLV_HEADER, raw)
    require(header["length"] <= wire.MAX_PAYLOAD, f"a payload of {header['length']} bytes")
    return header


@dataclass(frozen=True)
class Versions:
    """The protocol versions that one side speaks."""

    lowest: int = 1
    highest: int = 1


def agreed_version(ours: Versions, theirs: Versions) -> int:
    """min(both highest); below either side's lowest is PROTOCOL (protocol 6)."""
    require(theirs.lowest <= theirs.highest, "lowest version above the highest")
    agreed = min(ours.highest, theirs.highest)
    require(agreed >= max(ours.lowest, theirs.lowest),
            f"no common version: {theirs.lowest}..{theirs.highest} and "
            f"{ours.lowest}..{ours.highest}")
    return agreed


def hello_req(payload: bytes, ours: Versions, capabilities: int) -> dict[str, Any]:
    """What a publisher that offers ``capabilities`` (its memory bit in them) demands.

    The result has the field ``agreed`` besides those of the struct.
    """
    hello = parse(wire.HELLO_REQ, payload)
    require(hello["magic"] == wire.MAGIC, f"magic {hello['magic']:#010x}")
    hello["agreed"] = agreed_version(
        ours, Versions(hello["proto_lowest"], hello["proto_highest"]))
    require(hello["mode"] in wire.MODE.values(), f"mode {hello['mode']}",
            ErrorCode.INVALID_ARGUMENT)
    field = wire.HELLO_REQ["name"]
    consumer_name(payload[field.offset:field.offset + field.size])
    memory = hello["capabilities"] & capabilities & wire.MEMORY_CAPABILITIES
    require(memory != 0, "no memory kind in common", ErrorCode.UNSUPPORTED)
    if memory == wire.CAPABILITY["HOST"]:
        require(bool(hello["capabilities"] & wire.CAPABILITY["FD_PASSING"]),
                "a HOST pool is an fd, FD_PASSING is needed", ErrorCode.UNSUPPORTED)
    return hello


def hello_resp(payload: bytes, ours: Versions, asked: int,
               asked_packets: int = 0) -> dict[str, Any]:
    """What a subscriber that asked for ``asked`` demands of the answer."""
    resp = parse(wire.HELLO_RESP, payload)
    granted, bit = resp["capabilities"], wire.CAPABILITY
    require(resp["magic"] == wire.MAGIC, f"magic {resp['magic']:#010x}")
    require(ours.lowest <= resp["proto_version"] <= ours.highest,
            f"version {resp['proto_version']} was not offered")
    require(granted & ~asked == 0, f"capabilities {granted & ~asked:#x} were not asked for")
    memory = [name for name in wire.MEMORY_KIND if granted & bit[name]]
    require(len(memory) == 1, f"{len(memory)} memory kinds granted")
    require(resp["memory_kind"] == wire.MEMORY_KIND[memory[0]],
            f"memory_kind {resp['memory_kind']} is not {memory[0]}")
    sync = [name for name in ("CUDA_EVENT", "CUDA_TIMELINE") if granted & bit[name]]
    require(len(sync) <= 1, "CUDA_EVENT and CUDA_TIMELINE granted")
    require(resp["sync_kind"] == wire.SYNC_KIND[sync[0] if sync else "CPU"],
            f"sync_kind {resp['sync_kind']} does not fit the capabilities")
    observer = bool(asked & bit["OBSERVER"])
    require(resp["index"] == 0 if observer else 1 <= resp["index"] <= 255,
            f"index {resp['index']}")
    _packets_granted(resp, asked_packets)
    _fd_mask(resp, observer)
    require(observer or resp["max_leases"] >= 1, "no lease is allowed")
    return resp


def _packets_granted(resp: dict[str, Any], asked: int) -> None:
    """The fields of version 2; those of version 1 are reserved there, and read as 0."""
    if resp["proto_version"] < 2:
        names = ("packet_flags", "codec", "initial_packet_seq", "packet_slot_count",
                 "extradata_size", "packet_data_size", "packet_epoch")
        resp.update({name: 0 for name in names})
    granted = resp["packet_flags"]
    require(granted & ~asked == 0, f"packet flags {granted & ~asked:#x} were not asked for")
    if not granted:
        return
    require(bool(granted & wire.PACKET_REQUEST["WANT_PACKETS"]), f"packet flags {granted:#x}")
    packet_sizes(resp["packet_slot_count"], resp["packet_data_size"])
    require(resp["extradata_size"] <= wire.MAX_EXTRADATA,
            f"extradata_size {resp['extradata_size']}")
    key_first = granted & wire.PACKET_REQUEST["FROM_KEYFRAME"]
    require(bool(key_first) or resp["initial_packet_seq"] == 0,
            "an initial packet without FROM_KEYFRAME")


def _fd_mask(resp: dict[str, Any], observer: bool) -> None:
    """The fds that must and must not come (protocol 3, HELLO_RESP)."""
    mask, granted, bit = resp["fd_mask"], resp["capabilities"], wire.CAPABILITY
    require(mask & ~sum(wire.FD.values()) == 0, f"fd_mask {mask:#x}")
    require(bool(mask & wire.FD["PAGE"]) != observer, "a page is for subscribers, and only them")
    passed = wire.FD["CONTROL"] | wire.FD["POOL"]
    if granted & bit["HOST"] and resp["pool_size"]:
        require(mask & passed == passed, "control segment and HOST pool must come as fds")
    require(bool(mask & wire.FD["PACKETS"]) <= bool(resp["packet_flags"]),
            "a packet segment that was not granted")
    require(bool(mask & wire.FD["NOTIFY"]) == bool(granted & bit["NOTIFY"]),
            "the notify fd comes exactly when NOTIFY is granted")


def control_header(raw: bytes, agreed: int, resp: dict[str, Any] | None) -> dict[str, Any]:
    """A control segment of a HOST publisher, as a subscriber at version ``agreed`` reads it."""
    require(len(raw) == wire.SEGMENT_SIZE, f"a control segment of {len(raw)} bytes")
    header = wire.CONTROL_HEADER.unpack(raw)
    require(header["magic"] == wire.MAGIC, f"magic {header['magic']:#010x}")
    require(header["proto_version"] >= agreed, f"segment version {header['proto_version']}")
    strides(header)
    require(header["memory_kind"] in wire.MEMORY_KIND.values(),
            f"memory_kind {header['memory_kind']}")
    require(header["memory_kind"] == wire.MEMORY_KIND["HOST"],
            f"memory_kind {header['memory_kind']} is not HOST", ErrorCode.UNSUPPORTED)
    require(header["sync_kind"] == wire.SYNC_KIND["CPU"],
            f"sync_kind {header['sync_kind']} with HOST")
    require(header["state"] in wire.STATE.values(), f"state {header['state']}")
    if header["flags"] & wire.SEGMENT_FLAG["PACKETS_ONLY"]:
        require(header["frame_size"] == 0 == header["pool_size"], "a pool with PACKETS_ONLY")
    else:
        problem = geometry_problem(header)
        require(problem is None, problem or "")
    if resp is not None:
        for name in ("epoch", "pool_size", "memory_kind", "sync_kind"):
            require(header[name] == resp[name], f"{name} is not that of HELLO_RESP")
    return header


def packet_header(raw: bytes, size: int, resp: dict[str, Any] | None) -> dict[str, Any]:
    """The header of a packet segment of ``size`` bytes (protocol 10)."""
    require(len(raw) == wire.PACKET_HEADER.size <= size, f"a packet segment of {size} bytes")
    header = wire.PACKET_HEADER.unpack(raw)
    require(header["magic"] == wire.PACKET_MAGIC, f"magic {header['magic']:#010x}")
    require(header["version"] == wire.PACKET_VERSION, f"version {header['version']}")
    packet_sizes(header["slot_count"], header["data_size"])
    whole = wire.PACKET_SLOTS_AT + header["slot_count"] * wire.PACKET_SLOT.size
    require(size == whole + header["data_size"], f"a packet segment of {size} bytes")
    require(header["extradata_size"] <= wire.MAX_EXTRADATA,
            f"extradata_size {header['extradata_size']}")
    require(header["state"] in (wire.STATE["LIVE"], wire.STATE["CLOSED"]),
            f"state {header['state']}")
    if resp is not None:
        for name, told in (("epoch", "packet_epoch"), ("slot_count", "packet_slot_count"),
                           ("data_size", "packet_data_size")):
            require(header[name] == resp[told], f"{name} is not that of HELLO_RESP")
    return header


def packet_sizes(slots: int, data: int) -> None:
    """Powers of two, so that a place is found by the low bits (protocol 10)."""
    require(wire.MIN_PACKET_SLOTS <= slots <= wire.MAX_PACKET_SLOTS and slots & (slots - 1) == 0,
            f"{slots} packet slots")
    require(data >= wire.MIN_PACKET_DATA and data & (data - 1) == 0, f"{data} bytes of packets")


def strides(header: dict[str, Any]) -> None:
    """header_size and slot_size as strides (protocol 6); 8 keeps the u64s aligned."""
    require(wire.MIN_SLOTS <= header["slot_count"] <= wire.MAX_SLOTS,
            f"slot_count {header['slot_count']}")
    for name, least in (("header_size", 256), ("slot_size", 192)):
        require(header[name] >= least and header[name] % 8 == 0, f"{name} {header[name]}")
    end = header["header_size"] + header["slot_count"] * header["slot_size"]
    require(end <= wire.SEGMENT_SIZE, f"the slots end at {end}")


def frame_meta(meta: dict[str, Any], frame_size: int, pool_size: int) -> None:
    """Checked at every lease: the frame lies in the pool (protocol 2.1, data_offset)."""
    require(meta["data_offset"] + frame_size <= pool_size,
            f"frame at {meta['data_offset']} ends behind the pool")


def stats(payload: bytes) -> dict[str, Any]:
    """A STATS answer: as many rows as it says, each a subscriber slot."""
    require(len(payload) >= wire.STATS_HEAD.size, f"a STATS answer of {len(payload)} bytes")
    head = wire.STATS_HEAD.unpack(payload[:wire.STATS_HEAD.size])
    size = wire.SUBSCRIBER_SLOT.size
    require(head["row_size"] == size, f"rows of {head['row_size']} bytes")
    require(head["count"] <= wire.MAX_STATS_ROWS, f"{head['count']} rows in one message")
    require(len(payload) == wire.STATS_HEAD.size + head["count"] * size,
            f"{head['count']} rows in {len(payload)} bytes")
    starts = range(wire.STATS_HEAD.size, len(payload), size)
    return {**head, "rows": [wire.SUBSCRIBER_SLOT.unpack(payload[at:at + size]) for at in starts]}


def error(payload: bytes) -> dict[str, Any]:
    """An ERROR: a code and a sentence in UTF-8, which may be empty."""
    require(len(payload) >= wire.ERROR_HEAD.size, f"an ERROR of {len(payload)} bytes")
    code = wire.ERROR_HEAD.unpack(payload[:4])["code"]
    return {"code": code, "text": payload[4:].decode("utf-8", "replace")}
