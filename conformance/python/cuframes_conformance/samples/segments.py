"""Golden shared memory: frame meta, slot descriptors, control segments, subscriber pages."""

from __future__ import annotations

from typing import Any

from .. import wire
from .base import EPOCH, FOURCC_NV12, LIB_VERSION, hex_of, segment_fields, struct_vector

STRIDE = 417792
INTERVAL_NS = 33333333


def header(**changes: Any) -> dict[str, Any]:
    """The header of a HOST publisher: 640x360 NV12, four slots, pitch 768."""
    return {
        "magic": wire.MAGIC, "proto_version": 1, "header_size": 256, "slot_size": 192,
        "slot_count": 4, "memory_kind": wire.MEMORY_KIND["HOST"],
        "sync_kind": wire.SYNC_KIND["CPU"], "width": 640, "height": 360, "format": FOURCC_NV12,
        "plane_count": 2, "frame_size": 414720, "plane_offset": [0, 276480, 0, 0],
        "plane_pitch": [768, 768, 0, 0], "epoch": EPOCH, "pool_size": 4 * STRIDE,
        "publisher_pid": 4711, "lib_version": LIB_VERSION, "publisher_start": 123456789,
        "fps_num": 30, "fps_den": 1, "sar_num": 1, "sar_den": 1, "latest_seq": 3,
        "publish_futex": 3, "state": wire.STATE["LIVE"], "heartbeat_ns": 5_000_000_000,
        "slot_of": [255, 0, 1, 2] + [255] * 12, **changes,
    }


def meta(slot: int, number: int, **changes: Any) -> dict[str, Any]:
    """The meta of the frame ``number``, counted from 1, in ``slot``."""
    return {
        "seq": number, "pts_ns": (number - 1) * INTERVAL_NS, "duration_ns": INTERVAL_NS,
        "publish_ns": 4_000_000_000 + number * INTERVAL_NS, "flags": 0, "colour": [1, 1, 1, 1],
        "data_offset": slot * STRIDE, "packet_seq": 0, "crop": [0, 0, 0, 0], **changes,
    }


def slots() -> list[dict[str, Any]]:
    """Sequences 1 to 3 published, slot 3 still empty."""
    key = {"flags": wire.FRAME_FLAG["KEY"]}
    return [meta(0, 1, **key), meta(1, 2), meta(2, 3), {}]


def segment(head: dict[str, Any], descriptors: list[dict[str, Any]]) -> bytes:
    """A control segment's 4096 bytes, the slots at the header's strides."""
    raw = bytearray(wire.SEGMENT_SIZE)
    raw[:wire.CONTROL_HEADER.size] = wire.CONTROL_HEADER.pack(head)
    for index, values in enumerate(descriptors):
        at = head["header_size"] + index * head["slot_size"]
        raw[at:at + wire.SLOT_DESCRIPTOR.size] = wire.SLOT_DESCRIPTOR.pack(values)
    return bytes(raw)


def segment_vector(name: str, head: dict[str, Any], descriptors: list[dict[str, Any]],
                   note: str) -> dict[str, Any]:
    """A vector of a whole control segment."""
    raw = segment(head, descriptors)
    return {"name": name, "struct": "control_segment", **hex_of(raw),
            "fields": segment_fields(raw), "note": note}


def control_segments() -> list[dict[str, Any]]:
    """Segments that a subscriber must accept."""
    claimed = [meta(0, 5), {"seq": wire.SEQ_CLAIMED}, meta(2, 3), meta(3, 4)]
    writing = [meta(0, 5), meta(1, 6, seq=wire.SEQ_WRITING), meta(2, 3), meta(3, 4)]
    later = {"latest_seq": 5, "publish_futex": 5, "dropped": 2,
             "slot_of": [255, 255, 1, 2, 3, 0] + [255] * 10}
    empty = {"latest_seq": 0, "publish_futex": 0, "slot_of": [255] * 16}
    hdr = {
        "format": 0x30313050, "plane_pitch": [1280, 1280, 0, 0],
        "plane_offset": [0, 460800, 0, 0], "frame_size": 691200, "pool_size": 16 * 692224,
        "slot_count": 16, "flags": wire.SEGMENT_FLAG["ANONYMOUS"],
        "mastering_display": [34000, 16000, 13250, 34500, 7500, 3000, 15635, 16450],
        "mastering_max_luminance": 10_000_000, "mastering_min_luminance": 50,
        "max_cll": 1000, "max_fall": 400,
    }
    return [
        segment_vector("host_nv12", header(), slots(), "sequences 1 to 3 in slots 0 to 2"),
        segment_vector("no_frame_yet", header(**empty), [{}] * 4, "a publisher just started"),
        segment_vector("claimed", header(**later), claimed, "slot 1 (sequence 2) is being claimed"),
        segment_vector("writing", header(**later), writing, "slot 1 is being written"),
        segment_vector("closed", header(state=wire.STATE["CLOSED"], publish_futex=4), slots(),
                       "end of stream: the frames stay readable"),
        segment_vector("reconfigured", header(state=wire.STATE["RECONFIGURED"], publish_futex=4),
                       slots(), "join again"),
        segment_vector("newer_version", header(proto_version=3, header_size=512, slot_size=256),
                       slots(), "sizes are strides, higher versions are accepted (protocol 6)"),
        segment_vector("hdr_p010", header(**hdr, **empty), [{}] * 16, "all sixteen slots, HDR10"),
    ]


def frame_metas() -> list[dict[str, Any]]:
    """Frame meta, the extreme values included."""
    flags = sum(wire.FRAME_FLAG.values())
    odd = {"seq": (1 << 63) - 2, "pts_ns": -1, "duration_ns": 0, "flags": flags,
           "colour": [9, 16, 9, 2], "packet_seq": (1 << 63) - 2, "crop": [1, 2, 3, 65535]}
    return [
        struct_vector("empty", wire.FRAME_META, {}),
        struct_vector("plain", wire.FRAME_META, meta(1, 2)),
        struct_vector("every_flag", wire.FRAME_META, meta(2, 9, **odd),
                      "the highest sequence"),
        struct_vector("no_pts", wire.FRAME_META, meta(0, 1, pts_ns=wire.NO_PTS)),
        struct_vector("writing", wire.FRAME_META, {"seq": wire.SEQ_WRITING}),
        struct_vector("claimed", wire.FRAME_META, {"seq": wire.SEQ_CLAIMED}),
    ]


def slot_descriptors() -> list[dict[str, Any]]:
    """Slot descriptors; with HOST both handles are zero."""
    handles = {"memory_handle": bytes(range(64)).hex(), "ready_event": bytes(range(64, 128)).hex()}
    return [
        struct_vector("host", wire.SLOT_DESCRIPTOR, meta(1, 2)),
        struct_vector("cuda_ipc_event", wire.SLOT_DESCRIPTOR, {**meta(1, 2), **handles}),
    ]


def subscriber(**changes: Any) -> dict[str, Any]:
    """The subscriber slot of a reader that holds sequence 3 in slot 2."""
    return {
        "epoch": EPOCH, "index": 1, "name": "viewer-4242", "pid": 4242,
        "mode": wire.MODE["NEWEST_ONLY"], "uid": 1000, "held_mask": 1 << 2, "consumed_seq": 2,
        "received": 2, "missed": 1, "last_active_ns": 4_100_000_000, **changes,
    }


def subscriber_pages() -> list[dict[str, Any]]:
    """Pages as the publisher makes them and as a reader fills them in."""
    fresh = {"epoch": EPOCH, "index": 255, "name": "a" * 31, "uid": 4294967294}
    leased = [0] * 16
    leased[1], leased[2] = 2, 3
    waiting = wire.WAITING_NOTIFY | 2
    return [
        struct_vector("fresh", wire.SUBSCRIBER_PAGE, fresh, "the longest name, the last index"),
        struct_vector("leasing", wire.SUBSCRIBER_PAGE, {**subscriber(), "lease_seq": leased},
                      "slot 1 was released, slot 2 is held"),
        struct_vector("asleep", wire.SUBSCRIBER_PAGE,
                      {**subscriber(held_mask=0, waiting=waiting), "lease_seq": leased},
                      "two threads asleep and a notify byte wanted"),
        struct_vector("evicted", wire.SUBSCRIBER_PAGE,
                      {**subscriber(evicted=-12), "lease_seq": leased}),
        struct_vector("timeline", wire.SUBSCRIBER_PAGE,
                      {**subscriber(held_mask=0), "lease_seq": leased, "ack_seq": leased}),
    ]
