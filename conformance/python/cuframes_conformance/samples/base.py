"""How a vector is written down: hex for the bytes, JSON for what they mean."""

from __future__ import annotations

from typing import Any

from .. import validate, wire
from ..layout import Struct

EXACT = 1 << 53

EPOCH = 0x1122334455667788
NEXT_EPOCH = 0xCAFEF00DDEADBEEF
LIB_VERSION = 0x00000100  # 0.1.0
FOURCC_NV12 = 0x3231564E


def jsonable(value: Any) -> Any:
    """Numbers that a double cannot hold become decimal strings."""
    if isinstance(value, dict):
        return {name: jsonable(item) for name, item in value.items()}
    if isinstance(value, list):
        return [jsonable(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool) and not -EXACT < value < EXACT:
        return str(value)
    return value


def hex_of(raw: bytes) -> dict[str, Any]:
    """The bytes of a vector: of the large ones the zeros at the end are left out.

    Then ``size`` is there, and the reader fills up with zeros to it.
    """
    if len(raw) < 1024:
        return {"hex": raw.hex()}
    return {"hex": raw.rstrip(b"\0").hex(), "size": len(raw)}


def bytes_of(vector: dict[str, Any]) -> bytes:
    """The bytes that `hex_of` wrote down."""
    raw = bytes.fromhex(vector["hex"])
    return raw.ljust(vector.get("size", len(raw)), b"\0")


def struct_vector(name: str, layout: Struct, values: dict[str, Any],
                  note: str = "") -> dict[str, Any]:
    """A vector of one fixed struct; ``fields`` holds every field that is not reserved."""
    raw = layout.pack(values)
    vector = {"name": name, "struct": layout.name, **hex_of(raw), "fields": layout.unpack(raw)}
    return {**vector, "note": note} if note else vector


def decode(layout: str, raw: bytes) -> dict[str, Any]:
    """The ``fields`` of a vector's ``hex``: fixed structs and the three that have a tail."""
    if layout == "control_segment":
        return segment_fields(raw)
    if layout == "stats":
        return validate.stats(raw)
    if layout == "error":
        return validate.error(raw)
    if layout == "empty":
        return {}
    if layout == "packet_segment":
        return packet_segment_fields(raw)
    return next(entry for entry in wire.STRUCTS if entry.name == layout).unpack(raw)


def segment_fields(raw: bytes) -> dict[str, Any]:
    """Header and slots of a control segment, found by the header's own strides."""
    header = wire.CONTROL_HEADER.unpack(raw)
    starts = [header["header_size"] + i * header["slot_size"] for i in range(header["slot_count"])]
    return {"header": header,
            "slots": [wire.SLOT_DESCRIPTOR.unpack(raw[at:at + 192]) for at in starts]}


def packet_segment_fields(raw: bytes) -> dict[str, Any]:
    """Header, extradata and slots of a packet segment; the data is not taken apart."""
    head = wire.PACKET_HEADER.unpack(raw)
    at, size = wire.EXTRADATA_AT, wire.PACKET_SLOT.size
    starts = [wire.PACKET_SLOTS_AT + i * size for i in range(head["slot_count"])]
    return {"header": head, "extradata": raw[at:at + head["extradata_size"]].hex(),
            "slots": [wire.PACKET_SLOT.unpack(raw[start:start + size]) for start in starts]}


def message_vector(name: str, kind: str | int, layout: str, payload: bytes, flags: int = 0,
                   note: str = "") -> dict[str, Any]:
    """A vector of a whole message: ``header`` is the TLV header, ``hex`` the payload."""
    raw = wire.message(kind, payload, flags)
    head = raw[:wire.TLV_HEADER.size]
    vector = {"name": name, "struct": layout,
              "header": {"hex": head.hex(), **wire.TLV_HEADER.unpack(head)},
              **hex_of(payload), "fields": decode(layout, payload)}
    return {**vector, "note": note} if note else vector


def hello_req(**changes: Any) -> dict[str, Any]:
    """A HELLO_REQ that a HOST publisher of any version accepts."""
    capability = wire.CAPABILITY
    return {
        "magic": wire.MAGIC, "proto_highest": 1, "proto_lowest": 1,
        "capabilities": capability["FD_PASSING"] | capability["HOST"] | capability["NOTIFY"],
        "mode": wire.MODE["NEWEST_ONLY"], "pid": 4242, "name": "viewer-4242", **changes,
    }


def hello_resp(**changes: Any) -> dict[str, Any]:
    """The answer of a HOST publisher at version 1 with three frames out."""
    capability, fd = wire.CAPABILITY, wire.FD
    return {
        "magic": wire.MAGIC, "proto_version": 1, "index": 1,
        "capabilities": capability["FD_PASSING"] | capability["HOST"] | capability["NOTIFY"],
        "epoch": EPOCH, "fd_mask": fd["CONTROL"] | fd["PAGE"] | fd["POOL"] | fd["NOTIFY"],
        "sync_kind": wire.SYNC_KIND["CPU"], "memory_kind": wire.MEMORY_KIND["HOST"],
        "max_leases": 1, "latest_seq": 3, "pool_size": 4 * 417792, "lease_timeout_ms": 5000,
        "lib_version": LIB_VERSION, **changes,
    }
