"""Bytes that must be refused, with the error code.

``basis`` says where the code comes from: "stated" when the document names it
for this case, "derived" when the document only says that the bytes are wrong.
"""

from __future__ import annotations

from typing import Any

from .. import wire
from .base import EPOCH, hello_req, hello_resp, hex_of
from .messages import error_payload, stats_payload
from .segments import header, meta, segment, slots, subscriber

CAP = wire.CAPABILITY
ASKED = CAP["FD_PASSING"] | CAP["HOST"] | CAP["NOTIFY"]


def refusal(name: str, layout: str, raw: bytes, error: str, note: str, basis: str = "derived",
            **context: Any) -> dict[str, Any]:
    """One negative vector; ``context`` is what the reader knows besides the bytes."""
    return {"name": name, "struct": layout, **hex_of(raw), "error": error, "basis": basis,
            "context": context, "note": note}


def tlv_headers() -> list[dict[str, Any]]:
    """TLV headers that close the connection."""
    over = wire.TLV_HEADER.pack({"type": 1, "length": wire.MAX_PAYLOAD + 1})
    most = wire.TLV_HEADER.pack({"type": 1, "length": 2**32 - 1})
    return [
        refusal("tlv_oversized", "tlv_header", over, "PROTOCOL", "length 4097"),
        refusal("tlv_oversized_most", "tlv_header", most, "PROTOCOL", "length 2^32 - 1"),
    ]


def hello_reqs() -> list[dict[str, Any]]:
    """HELLO_REQs that a version 1 HOST publisher refuses."""
    offer = {"lowest": 1, "highest": 1, "capabilities": ASKED}

    def bad(vector: str, error: str, note: str, basis: str = "derived",
            **changes: Any) -> dict[str, Any]:
        return raw(vector, wire.HELLO_REQ.pack(hello_req(**changes)), error, note, basis)

    def raw(vector: str, payload: bytes, error: str, note: str,
            basis: str = "derived") -> dict[str, Any]:
        return refusal("hello_req_" + vector, "hello_req", payload, error, note, basis, **offer)

    good = wire.HELLO_REQ.pack(hello_req())
    unterminated = good[:0x28] + b"n" * 32 + good[0x48:]
    behind_nul = good[:0x28] + b"name\0x".ljust(32, b"\0") + good[0x48:]
    return [
        raw("empty", b"", "PROTOCOL", "no payload"),
        raw("short", good[:127], "PROTOCOL", "127 bytes"),
        raw("long", good + b"\0", "PROTOCOL", "129 bytes"),
        bad("magic", "PROTOCOL", "the packet ring's magic", magic=0xCC7C1DCD),
        bad("magic_swapped", "PROTOCOL", "big-endian", magic=0xCC1D7CCC),
        bad("too_new", "PROTOCOL", "speaks 2 only", "stated", proto_highest=2, proto_lowest=2),
        bad("too_old", "PROTOCOL", "speaks 0 only", "stated", proto_highest=0, proto_lowest=0),
        bad("versions_crossed", "PROTOCOL", "lowest above highest", proto_highest=1,
            proto_lowest=2),
        bad("mode_zero", "INVALID_ARGUMENT", "mode 0", mode=0),
        bad("mode_three", "INVALID_ARGUMENT", "mode 3", mode=3),
        bad("name_empty", "INVALID_ARGUMENT", "no name", name=""),
        bad("name_slash", "INVALID_ARGUMENT", "a byte outside the set", name="a/b"),
        bad("name_utf8", "INVALID_ARGUMENT", "a byte outside the set", name="é"),
        raw("name_unterminated", unterminated, "INVALID_ARGUMENT", "32 bytes, 31 at most"),
        raw("name_padding", behind_nul, "INVALID_ARGUMENT", "NUL-padded: nothing after the NUL"),
        bad("no_memory", "UNSUPPORTED", "FD_PASSING alone", capabilities=1),
        bad("cuda_only", "UNSUPPORTED", "CUDA kinds only", "stated", capabilities=1 | 2 | 4),
        bad("no_fd_passing", "UNSUPPORTED", "a HOST pool is an fd", capabilities=CAP["HOST"]),
    ]


def hello_resps() -> list[dict[str, Any]]:
    """HELLO_RESPs that a version 1 subscriber refuses."""
    asked: dict[str, Any] = {
        "lowest": 1, "highest": 1,
        "capabilities": ASKED | CAP["CUDA_VMM"] | CAP["CUDA_EVENT"] | CAP["CUDA_TIMELINE"]}

    def bad(vector: str, note: str, **changes: Any) -> dict[str, Any]:
        raw = wire.HELLO_RESP.pack(hello_resp(**changes))
        return refusal("hello_resp_" + vector, "hello_resp", raw, "PROTOCOL", note, **asked)

    good = wire.HELLO_RESP.pack(hello_resp())
    sync = ASKED | CAP["CUDA_EVENT"] | CAP["CUDA_TIMELINE"]
    return [
        refusal("hello_resp_short", "hello_resp", good[:191], "PROTOCOL", "191 bytes", **asked),
        refusal("hello_resp_long", "hello_resp", good + b"\0", "PROTOCOL", "193 bytes", **asked),
        bad("magic", "magic 0", magic=0),
        bad("version_above", "2 was not offered", proto_version=2),
        bad("version_zero", "0 was not offered", proto_version=0),
        bad("two_memories", "exactly one memory bit", capabilities=ASKED | CAP["CUDA_VMM"]),
        bad("no_memory", "exactly one memory bit", capabilities=ASKED & ~CAP["HOST"]),
        bad("two_syncs", "at most one of EVENT, TIMELINE", capabilities=sync),
        bad("not_asked", "DMABUF was not asked for", capabilities=CAP["FD_PASSING"]
            | CAP["DMABUF"] | CAP["NOTIFY"], memory_kind=4),
        bad("memory_kind", "VMM, but HOST is granted", memory_kind=2),
        bad("sync_kind", "CUDA_TIMELINE, but no such bit is granted", sync_kind=2),
        bad("index_zero", "0 is for observers", index=0),
        bad("index_high", "index 256", index=256),
        bad("no_page", "fd_mask without the page", fd_mask=1 | 4 | 16),
        bad("no_pool", "fd_mask without the HOST pool", fd_mask=1 | 2 | 16),
        bad("unknown_fd", "fd_mask bit 64", fd_mask=1 | 2 | 4 | 16 | 64),
        bad("notify_without_grant", "notify fd, NOTIFY not granted",
            capabilities=ASKED & ~CAP["NOTIFY"]),
        bad("no_leases", "max_leases 0", max_leases=0),
    ]


def segments() -> list[dict[str, Any]]:
    """Control segments that a version 1 subscriber refuses."""

    def bad(vector: str, note: str, error: str = "PROTOCOL", basis: str = "derived",
            **changes: Any) -> dict[str, Any]:
        head = {**header(), **changes}
        raw = segment({**head, "header_size": 256, "slot_size": 192}, slots())
        raw = wire.CONTROL_HEADER.pack(head) + raw[wire.CONTROL_HEADER.size:]
        return refusal("segment_" + vector, "control_segment", raw, error, note, basis, agreed=1,
                       epoch=str(EPOCH), pool_size=4 * 417792)
    whole = segment(header(), slots())
    return [
        refusal("segment_short", "control_segment", whole[:4095], "PROTOCOL", "fstat says 4095",
                agreed=1, epoch=str(EPOCH), pool_size=4 * 417792),
        bad("magic", "magic is stored last: 0 while it is made", magic=0),
        bad("version", "below the agreed version", proto_version=0),
        bad("header_size", "header_size 248", header_size=248),
        bad("slot_size", "slot_size 184", slot_size=184),
        bad("slots_behind_end", "256 + 16 * 248 > 4096", basis="stated", slot_count=16,
            slot_size=248),
        bad("strides_overflow", "header_size 2^32 - 8", basis="stated", header_size=2**32 - 8),
        bad("stride_unaligned", "slot_size 196: the u64s would not be aligned", slot_size=196),
        bad("one_slot", "slot_count 1", slot_count=1),
        bad("seventeen_slots", "slot_count 17", slot_count=17),
        bad("memory_kind", "memory_kind 0", memory_kind=0),
        bad("memory_vmm", "not the kind of HELLO_RESP", "UNSUPPORTED", memory_kind=2),
        bad("sync_kind", "CUDA_EVENT with HOST", sync_kind=1),
        bad("state", "state 0", state=0),
        bad("format", "fourcc 0", format=0),
        bad("width_zero", "width 0", width=0),
        bad("height_zero", "height 0", height=0),
        bad("planes", "NV12 with one plane", plane_count=1),
        bad("no_plane", "plane_count 0", plane_count=0),
        bad("five_planes", "plane_count 5", plane_count=5),
        bad("pitch", "pitch 639 under a row of 640", plane_pitch=[639, 768, 0, 0]),
        bad("plane_end", "the chroma plane ends behind the frame",
            plane_offset=[0, 280000, 0, 0]),
        bad("plane_overflow", "offset 2^32 - 1", plane_offset=[0, 2**32 - 1, 0, 0]),
        bad("pitch_overflow", "pitch 2^32 - 1", plane_pitch=[768, 2**32 - 1, 0, 0]),
        bad("frame_zero", "frame_size 0", frame_size=0),
        bad("frame_over_pool", "frame_size above pool_size", frame_size=4 * 417792 + 1),
        bad("pool", "pool_size is not that of HELLO_RESP", pool_size=5 * 417792),
        bad("epoch", "epoch is not that of HELLO_RESP", epoch=EPOCH + 1),
    ]


def frame_metas() -> list[dict[str, Any]]:
    """Metas whose frame is not in the pool: the lease is refused."""
    def bad(vector: str, offset: int) -> dict[str, Any]:
        raw = wire.FRAME_META.pack(meta(0, 1, data_offset=offset))
        return refusal("meta_" + vector, "frame_meta", raw, "PROTOCOL", f"data_offset {offset}",
                       frame_size=414720, pool_size=4 * 417792)

    return [bad("one_past", 4 * 417792 - 414720 + 1), bad("at_end", 4 * 417792),
            bad("overflow", 2**64 - 1), bad("overflow_to_zero", 2**64 - 414720)]


def other_messages() -> list[dict[str, Any]]:
    """Payloads of a wrong length or with rows that do not fit."""
    rows = stats_payload([subscriber()])

    def bad(vector: str, layout: str, raw: bytes, note: str) -> dict[str, Any]:
        return refusal(vector, layout, raw, "PROTOCOL", note)

    many = wire.STATS_HEAD.pack({"count": 32, "row_size": 128})
    wide = wire.STATS_HEAD.pack({"count": 1, "row_size": 136}) + bytes(136)
    return [
        bad("attached_short", "attached", bytes(7), "7 bytes"),
        bad("attached_long", "attached", bytes(9), "9 bytes"),
        bad("detach_empty", "detach", b"", "no payload"),
        bad("reconfigure_short", "reconfigure", bytes(4), "4 bytes"),
        bad("close_long", "close", bytes(8), "8 bytes"),
        bad("error_short", "error", error_payload(-6, "")[:3], "3 bytes"),
        bad("stats_short", "stats", rows[:4], "half a head"),
        bad("stats_row_cut", "stats", rows[:-1], "the last row is cut"),
        bad("stats_row_extra", "stats", rows + bytes(128), "two rows, count 1"),
        bad("stats_32_rows", "stats", many, "more than 31 rows"),
        bad("stats_row_size", "stats", wide, "row_size 136"),
    ]


def refusals() -> list[dict[str, Any]]:
    """All of them."""
    return [*tlv_headers(), *hello_reqs(), *hello_resps(), *segments(), *frame_metas(),
            *other_messages()]
